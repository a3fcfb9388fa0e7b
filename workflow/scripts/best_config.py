"""Write the config that makes the best run of a search again."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.search.best import best_run, choice, run_yaml

with rule_log(snakemake):
    runs, rows = (read_table(snakemake.input[name]) for name in ("runs", "rows"))
    by = snakemake.params.best_by
    text = run_yaml(
        best_run(runs, rows, by), choice(rows, by), snakemake.params.run, snakemake.output[0]
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(text)
