"""Correct a data set with a method AIF is compared with."""

import anndata as ad

from aif.baselines import BASELINES
from aif.rule import InputError, atomic, measured, rule_log, versions

with rule_log(snakemake) as log:
    ids, seed = snakemake.params.ids, snakemake.params.seed
    baseline = BASELINES[ids["method"]]
    adata = ad.read_h5ad(snakemake.input[0])
    if ids["method"] == "perfect_types" and "cell_type" not in adata.obs:
        raise InputError(
            f"config: baselines: perfect_types needs datasets.{ids['dataset']}.label_key"
        )
    with measured() as cost:
        result = baseline.run(adata, seed)
    result.uns["aif"] = {
        **ids,
        "seed": seed,
        "transform": "norm_log",
        "output": baseline.output,
        "device": "cpu",
        "versions": versions("scanpy", "harmonypy", "numpy", "anndata"),
        **cost,
    }
    with atomic(snakemake.output[0]) as path:
        result.write_h5ad(path)
