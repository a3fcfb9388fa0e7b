"""Draw the course of one training."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.figures import losses_figure, save

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    save(losses_figure(read_table(snakemake.input.losses)), path)
