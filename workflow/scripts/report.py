"""Write the report."""

import pandas as pd

from aif.report import render
from aif.rule import atomic, rule_log, versions

PACKAGES = ("snakemake", "torch", "scanpy", "anndata", "scib", "harmonypy", "pandas", "matplotlib")


def read(paths: list[str]) -> pd.DataFrame:
    """Return the tables under each other."""
    text = dict.fromkeys(("dataset", "method", "row", "reason", "message"), str)
    tables = [
        pd.read_csv(path, sep="\t", dtype=text, na_values=[""], keep_default_na=False)
        for path in paths
    ]
    return pd.concat(tables, ignore_index=True)


with rule_log(snakemake) as log:
    page = render(
        benchmark=read([snakemake.input.benchmark]),
        losses=read(snakemake.input.losses),
        checks=read(snakemake.input.checks),
        figures=snakemake.params.figures,
        config=snakemake.params.config,
        versions=versions(*PACKAGES),
    )
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
