"""Correct a data set with a trained model."""

import json

import anndata as ad
import numpy as np
import torch

from aif.correction import corrected_expression, correction_target
from aif.model_file import load_model
from aif.rule import atomic, measured, rule_log

with rule_log(snakemake) as log:
    torch.set_num_threads(snakemake.threads)
    networks, info = load_model(snakemake.input.model)
    adata = ad.read_h5ad(snakemake.input.cells)
    options = snakemake.params.correction
    target = correction_target(options["target"], info.batches)
    scale = np.array(info.scale, dtype=np.float32)
    with measured() as cost:
        adata.X, latent = corrected_expression(
            networks, adata.X.toarray(), scale, target, options["n_samplings"], info.seed
        )
    adata.obsm["X_aif"] = latent
    adata.uns["aif"] = {
        "dataset": info.dataset,
        "method": info.method,
        "row": info.row,
        "seed": info.seed,
        "transform": info.transform,
        "output": "expression",
        "seconds": info.seconds + cost["seconds"],
        "peak_memory_mb": max(info.peak_memory_mb, cost["peak_memory_mb"]),
        "device": info.device,
        "versions": info.versions,
        "hyperparameters": json.dumps(info.hyperparameters),
        "correction": json.dumps(options),
    }
    if not np.isfinite(adata.X).all():
        raise ValueError(f"the correction of {info.dataset} by {info.method} is not finite")
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path)
