"""Write the config that makes the best run of a search again."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.search.best import best_run, run_yaml

with rule_log(snakemake):
    best = best_run(read_table(snakemake.input.runs), read_table(snakemake.input.rows))
    with atomic(snakemake.output[0]) as path:
        path.write_text(run_yaml(best, snakemake.params.run, snakemake.output[0]))
