"""Draw the variants of a data set by the best rows of their searches."""

import pandas as pd

from aif.figures import save
from aif.rule import atomic, rule_log
from aif.search import rows_of
from aif.search_figures import variants_figure

with rule_log(snakemake):
    rows = pd.concat([rows_of(path) for path in snakemake.input], ignore_index=True)
    with atomic(snakemake.output[0]) as path:
        save(variants_figure(rows), path)
