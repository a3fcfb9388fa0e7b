"""Draw the course of one training."""

import pandas as pd

from aif.figures import losses_figure, save
from aif.rule import atomic, rule_log

with rule_log(snakemake) as log:
    losses = pd.read_csv(snakemake.input.losses, sep="\t", dtype={"row": str})
    with atomic(snakemake.output[0]) as path:
        save(losses_figure(losses), path)
