"""Write the report."""

import pandas as pd

from aif.report import render
from aif.rule import atomic, read_table, rule_log

with rule_log(snakemake):
    # The files as they are here: a workflow that imports this one may keep them elsewhere.
    figures = zip(snakemake.params.figures, snakemake.input.figures, strict=True)
    page = render(
        benchmark=read_table(snakemake.input.benchmark),
        table=read_table(snakemake.input.ranks),
        expression=pd.concat([read_table(path) for path in snakemake.input.expression]),
        losses=pd.concat([read_table(path) for path in snakemake.input.losses]),
        checks=pd.concat([read_table(path) for path in snakemake.input.checks]),
        figures=[{**figure, "path": path} for figure, path in figures],
        config=snakemake.params.config,
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
