"""Put the F1 curves of a data set's methods into one table and one picture."""

import pandas as pd

from aif.job.files import atomic, read_table, write_table
from aif.job.log import rule_log
from aif.report.figures import expression_figure, save

with rule_log(snakemake):
    tables = [read_table(path) for path in snakemake.input]
    curves = pd.concat([tables[0], *(table for table in tables[1:] if len(table))])
    write_table(snakemake.output.table, curves)
    with atomic(snakemake.output.figure) as path:
        save(expression_figure(curves, snakemake.wildcards.dataset), path)
