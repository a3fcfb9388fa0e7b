"""Draw what the null test found on one data set."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.figures import save
from aif.report.null_test import null_figure

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    table = read_table(snakemake.input[0])
    save(null_figure(table[table["dataset"] == snakemake.wildcards.dataset]), path)
