"""Rank the methods of the benchmark, over its seeds."""

from aif.ranks import ranks
from aif.rule import atomic, read_table, rule_log

with rule_log(snakemake):
    table = ranks(read_table(snakemake.input[0]))
    with atomic(snakemake.output[0]) as path:
        table.to_csv(path, sep="\t", index=False)
