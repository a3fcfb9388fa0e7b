"""Put the runs of a variant's search into one table; every expected run must be there."""

from aif.job.files import read_table, read_tables, write_table
from aif.job.log import rule_log
from aif.search.summary import numbered_runs

with rule_log(snakemake):
    sheet = read_table(snakemake.input.sheet)
    runs = read_tables(snakemake.input.runs)
    write_table(snakemake.output[0], numbered_runs(runs, sheet, snakemake.params.rungs))
