"""Put the F1 curves of a data set's methods into one table and one picture."""

import pandas as pd

from aif.figures import expression_figure, save
from aif.rule import atomic, read_table, rule_log

with rule_log(snakemake):
    tables = [read_table(path) for path in snakemake.input]
    curves = pd.concat([tables[0], *(table for table in tables[1:] if len(table))])
    with atomic(snakemake.output.table) as path:
        curves.to_csv(path, sep="\t", index=False)
    with atomic(snakemake.output.figure) as path:
        save(expression_figure(curves, snakemake.wildcards.dataset), path)
