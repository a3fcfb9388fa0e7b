"""Draw the variants of a data set by the best rows of their searches."""

import pandas as pd

from aif.job.files import atomic
from aif.job.log import rule_log
from aif.report.figures import save
from aif.report.search_figures import variants_figure
from aif.search.summary import rows_of

with rule_log(snakemake):
    rows = pd.concat([rows_of(path) for path in snakemake.input], ignore_index=True)
    with atomic(snakemake.output[0]) as path:
        save(variants_figure(rows), path)
