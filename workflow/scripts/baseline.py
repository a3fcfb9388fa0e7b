"""Correct a data set with a method AIF is compared with."""

import anndata as ad

from aif.job.files import atomic
from aif.job.log import rule_log
from aif.job.memory import machine_memory_mb
from aif.methods.baselines import BASELINES, corrected_or_reason

with rule_log(snakemake) as log:
    ids = snakemake.params.ids
    adata = ad.read_h5ad(snakemake.input[0])
    run = snakemake.params.run
    memory = machine_memory_mb()
    result = corrected_or_reason(BASELINES[run["method"]], adata, ids, run["parameters"], memory)
    if "reason" in result.uns["aif"]:
        log.warning(
            "warning: %s on %s: %s", ids["method"], ids["dataset"], result.uns["aif"]["reason"]
        )
    with atomic(snakemake.output[0]) as path:
        result.write_h5ad(path)
