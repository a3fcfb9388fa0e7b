"""Write a variant's sheet: the rows of hyperparameters that a search trains."""

import pandas as pd

from aif.rule import atomic, rule_log

with rule_log(snakemake):
    sheet = pd.DataFrame(snakemake.params.rows)
    for name in ("method", "dataset"):
        sheet.insert(0, name, snakemake.params.ids[name])
    with atomic(snakemake.output[0]) as path:
        sheet.to_csv(path, sep="\t", index=False)
