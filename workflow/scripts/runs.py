"""Put the runs of a variant's search into one table; every expected run must be there."""

import pandas as pd

from aif.rule import atomic, read_table, rule_log
from aif.search import numbered_runs

with rule_log(snakemake):
    sheet = read_table(snakemake.input.sheet)
    runs = pd.concat([read_table(path) for path in snakemake.input.runs], ignore_index=True)
    with atomic(snakemake.output[0]) as path:
        numbered_runs(runs, sheet, snakemake.params.seeds).to_csv(path, sep="\t", index=False)
