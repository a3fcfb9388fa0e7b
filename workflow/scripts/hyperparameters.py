"""Write a variant's sheet: the rows of hyperparameters that a search trains."""

import pandas as pd

from aif.job.files import write_table
from aif.job.log import rule_log

with rule_log(snakemake):
    sheet = pd.DataFrame(snakemake.params.rows)
    for name in ("method", "dataset"):
        sheet.insert(0, name, snakemake.params.ids[name])
    write_table(snakemake.output[0], sheet)
