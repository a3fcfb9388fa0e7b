"""Rank the methods of the benchmark, over its seeds."""

from aif.evaluation.ranks import ranks
from aif.job.files import read_table, write_table
from aif.job.log import rule_log

with rule_log(snakemake):
    table = ranks(read_table(snakemake.input[0]))
    write_table(snakemake.output[0], table)
