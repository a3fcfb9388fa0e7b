"""Put what became of each cell type in all corrections of a data set into one table and one picture."""

import pandas as pd

from aif.evaluation.type_changes import type_changes
from aif.job.files import atomic, read_table, write_table
from aif.job.log import rule_log
from aif.report.figures import save
from aif.report.type_figure import type_figure

with rule_log(snakemake):
    tables = [read_table(path) for path in snakemake.input]
    parts = pd.concat([tables[0], *(table for table in tables[1:] if len(table))])
    changes = type_changes(parts)
    write_table(snakemake.output.table, changes)
    with atomic(snakemake.output.figure) as path:
        save(type_figure(changes, snakemake.wildcards.dataset), path)
