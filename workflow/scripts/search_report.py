"""Write the page of a search."""

import pandas as pd

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.search_page import render_search
from aif.search.summary import rows_of

with rule_log(snakemake):
    # The files as they are here: a workflow that imports this one may keep them elsewhere.
    figures = zip(snakemake.params.figures, snakemake.input.figures, strict=True)
    page = render_search(
        search=snakemake.wildcards.search,
        runs=read_table(snakemake.input.runs),
        rows=pd.concat([rows_of(path) for path in snakemake.input.rows], ignore_index=True),
        references=pd.concat([read_table(path) for path in snakemake.input.references]),
        figures=[{**figure, "path": path} for figure, path in figures],
        config=snakemake.params.config,
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
