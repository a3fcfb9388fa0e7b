"""Write the page of a search."""

import pandas as pd

from aif.rule import atomic, read_table, rule_log
from aif.search import rows_of
from aif.search_page import render_search

with rule_log(snakemake):
    page = render_search(
        search=snakemake.wildcards.search,
        runs=read_table(snakemake.input.runs),
        rows=pd.concat([rows_of(path) for path in snakemake.input.rows], ignore_index=True),
        figures=snakemake.params.figures,
        config=snakemake.params.config,
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
