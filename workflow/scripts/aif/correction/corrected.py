"""Correction of a data set by a trained model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import torch

from aif import __version__
from aif.correction.decoding import CHUNK, correction_target, decoded_expression
from aif.correction.shift import Setting, shifted_expression
from aif.data.covariates import covariates_of
from aif.data.holdout import held_out
from aif.errors import InputError
from aif.job.costs import measured
from aif.model.cells import SparseCells
from aif.model.model_file import ModelInfo
from aif.model.networks import Networks


def corrected_chunks(
    networks: Networks, info: ModelInfo, adata: ad.AnnData, options: dict[str, Any]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield corrected expression (cells, G) and latent means (cells, d) in the order of the cells.

    Parameters
    ----------
    networks, info
        One trained model and what goes with it.
    adata
        The preprocessed data set that the model was trained on.
    options
        target and n_samplings, see `aif.config.schema.Correction`.

    Raises
    ------
    InputError
        If the model was trained on other genes or covariates.
    FloatingPointError
        If a corrected value is not finite.
    """
    covariates = covariates_of(adata)
    for what, of_model, of_cells in (
        ("genes", info.genes, adata.var_names),
        ("covariates (keep)", info.covariates, covariates.columns),
    ):
        if of_model != list(of_cells):
            raise InputError(
                f"the model of {info.dataset} {info.method} was trained on other {what} than those "
                "that are to be corrected; train it again with --forcerun train"
            )
    scale = np.array(info.scale, dtype=np.float32)
    cells = SparseCells(adata.X, scale, torch.from_numpy(covariates.to_numpy(np.float32)))
    target = correction_target(options["target"], info.batches)
    sampling = {"n_samplings": options["n_samplings"], "seed": info.seed}
    if info.variant["shift"]:
        batch = adata.obs["batch"].cat.codes.to_numpy()
        known = ~held_out(adata.obs, info.holdout, info.seed)
        setting = Setting.of(info.hyperparameters)
        chunks = shifted_expression(networks, cells, batch, known, target, setting, **sampling)
    else:
        chunks = decoded_expression(networks, cells, target, **sampling)
    for expression, latent in chunks:
        if not np.isfinite(expression).all():
            raise FloatingPointError("the corrected expression is not finite")
        yield np.maximum(expression, 0) if info.variant["nonnegative"] else expression, latent


def correct_dataset(
    networks: Networks, info: ModelInfo, adata: ad.AnnData, options: dict[str, Any]
) -> ad.AnnData:
    """Return a data set with corrected expression, as the contract of corrected.h5ad says.

    Parameters and errors as in `corrected_chunks`.
    """
    with measured() as cost:
        parts = zip(*corrected_chunks(networks, info, adata, options), strict=True)
        expression, latent = (np.concatenate(part) for part in parts)
    corrected = without_expression(adata, info)
    corrected.X = expression
    corrected.obsm["X_aif"] = corrected.obsm["X_corrected"] = latent
    corrected.uns["aif"] = provenance(info, options, cost)
    return corrected


def write_corrected(
    path: Path, networks: Networks, info: ModelInfo, adata: ad.AnnData, options: dict[str, Any]
) -> None:
    """Write what `correct_dataset` returns, with a chunk of the dense matrix in memory at a time."""
    without_expression(adata, info).write_h5ad(path)
    latent = []
    with h5py.File(path, "r+") as file:
        with measured() as cost:
            empty = np.empty((0, adata.n_vars), dtype=np.float32)
            rows = min(CHUNK, adata.n_obs)
            shape = {"maxshape": (None, adata.n_vars), "chunks": (rows, adata.n_vars)}
            ad.io.write_elem(file, "X", empty, dataset_kwargs=shape)
            for expression, means in corrected_chunks(networks, info, adata, options):
                done = len(file["X"])
                file["X"].resize(done + len(expression), axis=0)
                file["X"][done:] = expression
                latent.append(means)
        ad.io.write_elem(file["obsm"], "X_aif", np.concatenate(latent))
        # The key of every method's embedding: another name for the same values in the file.
        file["obsm"]["X_corrected"] = file["obsm"]["X_aif"]
        ad.io.write_elem(file["uns"], "aif", provenance(info, options, cost))


def without_expression(adata: ad.AnnData, info: ModelInfo) -> ad.AnnData:
    """Return a data set's cells, genes and counts, and which cells the model was not trained on."""
    rest = ad.AnnData(
        obs=adata.obs.copy(),
        var=adata.var,
        layers=dict(adata.layers),
        obsm=dict(adata.obsm),
        uns=dict(adata.uns),
    )
    if info.holdout:
        rest.obs["held_out"] = held_out(adata.obs, info.holdout, info.seed)
    return rest


def provenance(info: ModelInfo, options: dict[str, Any], cost: dict[str, float]) -> dict[str, Any]:
    """Return what uns["aif"] says: ids, what was asked, and what training and correction cost."""
    return {
        **info.ids(),
        "version": __version__,
        "output": "expression",
        "holdout": info.holdout,
        "seconds": info.seconds + cost["seconds"],
        "peak_memory_mb": max(info.peak_memory_mb, cost["peak_memory_mb"]),
        "peak_gpu_memory_mb": info.peak_gpu_memory_mb,
        "device": info.device,
        "versions": info.versions,
        "variant": json.dumps(info.variant),
        "hyperparameters": json.dumps(info.hyperparameters),
        "correction": json.dumps(options),
    }
