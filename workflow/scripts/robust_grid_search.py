"""Summarise the runs of a variant's search over the seeds, and mark the best rows."""

from aif.rule import atomic, read_table, rule_log
from aif.search import summary

with rule_log(snakemake) as log:
    table = summary(read_table(snakemake.input[0]))
    if not table["best_by_loss"].any():
        log.warning("warning: no run finished, so there is no best row: %s", snakemake.input[0])
    with atomic(snakemake.output[0]) as path:
        table.to_csv(path, sep="\t", index=False)
