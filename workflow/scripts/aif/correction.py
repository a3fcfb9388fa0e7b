"""Correction of a data set by a trained model."""

from __future__ import annotations

import json
from typing import Any

import anndata as ad
import numpy as np

from aif.decoding import corrected_expression, correction_target
from aif.holdout import held_out
from aif.model_file import ModelInfo
from aif.networks import Networks
from aif.rule import measured
from aif.shift import Setting, shifted_expression


def correct_dataset(
    networks: Networks, info: ModelInfo, adata: ad.AnnData, options: dict[str, Any]
) -> ad.AnnData:
    """Return a data set with corrected expression, as the contract of corrected.h5ad says.

    Parameters
    ----------
    networks, info
        One trained model and what goes with it.
    adata
        The preprocessed data set that the model was trained on.
    options
        target and n_samplings, see `aif.config.Correction`.

    Raises
    ------
    FloatingPointError
        If a corrected value is not finite.
    """
    target = correction_target(options["target"], info.batches)
    scale = np.array(info.scale, dtype=np.float32)
    sampling = {"n_samplings": options["n_samplings"], "seed": info.seed}
    with measured() as cost:
        x = adata.X.toarray()
        if info.variant["shift"]:
            batch = adata.obs["batch"].cat.codes.to_numpy()
            setting = Setting.of(info.hyperparameters)
            expression, latent = shifted_expression(
                networks, x, scale, batch, target, setting, **sampling
            )
        else:
            expression, latent = corrected_expression(networks, x, scale, target, **sampling)
    if not np.isfinite(expression).all():
        raise FloatingPointError("the corrected expression is not finite")
    corrected = adata.copy()
    corrected.X = expression
    corrected.obsm["X_aif"] = latent
    if info.holdout:
        corrected.obs["held_out"] = held_out(adata.obs, info.holdout, info.seed)
    corrected.uns["aif"] = {
        "dataset": info.dataset,
        "method": info.method,
        "row": info.row,
        "seed": info.seed,
        "transform": info.transform,
        "output": "expression",
        "holdout": info.holdout,
        "seconds": info.seconds + cost["seconds"],
        "peak_memory_mb": max(info.peak_memory_mb, cost["peak_memory_mb"]),
        "peak_gpu_memory_mb": info.peak_gpu_memory_mb,
        "device": info.device,
        "versions": info.versions,
        "hyperparameters": json.dumps(info.hyperparameters),
        "correction": json.dumps(options),
    }
    return corrected
