"""Draw the course of one training."""

from aif.figures import losses_figure, save
from aif.rule import atomic, read_table, rule_log

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    save(losses_figure(read_table(snakemake.input.losses)), path)
