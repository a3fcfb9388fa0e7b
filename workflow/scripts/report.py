"""Write the report."""

import pandas as pd

from aif.report import render
from aif.rule import atomic, read_table, rule_log

with rule_log(snakemake):
    page = render(
        benchmark=read_table(snakemake.input.benchmark),
        table=read_table(snakemake.input.ranks),
        expression=pd.concat([read_table(path) for path in snakemake.input.expression]),
        losses=pd.concat([read_table(path) for path in snakemake.input.losses]),
        checks=pd.concat([read_table(path) for path in snakemake.input.checks]),
        figures=snakemake.params.figures,
        config=snakemake.params.config,
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
