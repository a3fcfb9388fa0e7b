"""Draw one embedding by batch and by cell type."""

import pandas as pd

from aif.figures import embedding_figure, save
from aif.rule import atomic, rule_log

with rule_log(snakemake) as log:
    names = {"batch": str, "cell_type": str, "dataset": str, "method": str}
    cells = pd.read_csv(snakemake.input.embedding, sep="\t", dtype=names, na_values=[""],
                        keep_default_na=False)  # fmt: skip
    with atomic(snakemake.output[0]) as path:
        save(embedding_figure(cells), path)
