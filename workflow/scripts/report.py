"""Write the report."""

import pandas as pd

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.explorer import read_cells
from aif.report.recommendation import DECIDING
from aif.report.report_page import Tables, render

NONE = pd.DataFrame(columns=["dataset"])

with rule_log(snakemake):
    null_test = snakemake.input.get("null_test", [])
    # The files as they are here: a workflow that imports this one may keep them elsewhere.
    figures = zip(snakemake.params.figures, snakemake.input.figures, strict=True)
    page = render(
        Tables(
            *(read_table(snakemake.input[name]) for name in ("benchmark", "ranks")),
            *(
                pd.concat([read_table(path) for path in snakemake.input.get(name, [])] or [NONE])
                for name in (
                    *("expression", "losses", "checks", "composition"),
                    *("genes", "types", "provenance"),
                )
            ),
        ),
        null_test=read_table(null_test[0]) if null_test else None,
        figures=[{**figure, "path": path} for figure, path in figures],
        config=snakemake.params.config,
        by=snakemake.params.get("by", DECIDING),
        embeddings=pd.concat([read_table(path) for path in snakemake.input.embeddings]),
        cells=[
            read_cells(*paths)
            for paths in zip(snakemake.input.cells, snakemake.input.columns, strict=True)
        ],
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
