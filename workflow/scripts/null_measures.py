"""Measure what a correction changed where there was nothing to correct."""

import anndata as ad
import numpy as np
import pandas as pd

from aif.evaluation.null_measures import no_measures, null_measures
from aif.evaluation.sample import sampled
from aif.job.files import write_table
from aif.job.log import rule_log
from aif.job.threads import limited_threads

with rule_log(snakemake) as log, limited_threads(snakemake.threads):
    params = snakemake.params
    corrected = ad.read_h5ad(snakemake.input.corrected, backed="r")
    if "reason" in corrected.uns["aif"]:
        found = no_measures(corrected)
    else:
        reference = ad.read_h5ad(snakemake.input.reference, backed="r")
        everything, options = np.ones(corrected.n_obs, dtype=bool), params.evaluation
        rows = sampled(corrected.obs, everything, options["max_cells"], options["seed"])
        parts = (cells[rows].to_memory() for cells in (corrected, reference))
        found = null_measures(*parts, options)
        for row in found[found["status"] == "failed"].itertuples():
            log.warning("warning: %s failed: %s", row.measure, row.reason)
    ids = pd.DataFrame([params.ids])
    write_table(snakemake.output[0], ids.merge(found, how="cross"))
