"""Summarise the runs of a variant's search over the seeds, and mark the best rows."""

from aif.job.files import read_table, write_table
from aif.job.log import rule_log
from aif.search.summary import summary

with rule_log(snakemake) as log:
    table = summary(read_table(snakemake.input[0]))
    if not table["n_finished"].any():
        log.warning("warning: no run finished, so there is no best row: %s", snakemake.input[0])
    write_table(snakemake.output[0], table)
