"""Say which rows of a search go on to a rung."""

from aif.job.files import read_table, read_tables, write_table
from aif.job.log import rule_log
from aif.search.halving import going_on, in_parts
from aif.search.summary import numbered_runs

with rule_log(snakemake) as log:
    params = snakemake.params
    sheet = read_table(snakemake.input.sheet)
    runs = numbered_runs(read_tables(snakemake.input.runs), sheet, params.rung["seeds"])
    models = going_on(runs, params.rung["models"], params.rung["n"], params.best_by)
    rows = in_parts(sheet, models, params.rung["models_per_job"])
    log.info("%d of %d rows go on", len(rows), len(sheet))
    write_table(snakemake.output[0], rows)
