"""Write the page of new cells on a trained model."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.map_page import render_map

with rule_log(snakemake):
    tables = ("places", "names", "confusion", "genes", "checks")
    page = render_map(
        **{name: read_table(snakemake.input[name]) for name in tables},
        model=snakemake.params.model,
        config=snakemake.params.config,
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
