"""Put the runs of a variant's search into one table; every expected run must be there."""

import pandas as pd

from aif.job.files import read_table, write_table
from aif.job.log import rule_log
from aif.search.summary import numbered_runs

with rule_log(snakemake):
    sheet = read_table(snakemake.input.sheet)
    runs = pd.concat([read_table(path) for path in snakemake.input.runs], ignore_index=True)
    write_table(snakemake.output[0], numbered_runs(runs, sheet, snakemake.params.seeds))
