"""Correction of a data set by a trained model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import torch
from sklearn.decomposition import PCA

from aif import __version__
from aif.correction.decoding import (
    Part,
    correction_target,
    decoded_expression,
    latent_parts,
)
from aif.correction.outputs import appender, expression_of, outputs_of
from aif.correction.shift import Setting, Shift
from aif.data.covariates import covariates_of
from aif.data.holdout import held_out
from aif.errors import InputError
from aif.job.costs import measured
from aif.model.cells import SparseCells
from aif.model.model_file import ModelInfo
from aif.model.networks import Networks

SHAPING = 20_000  # cells that are enough to find components


def correct_dataset(
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    options: dict[str, Any],
    rows: np.ndarray | None = None,
    learned: dict[str, torch.Tensor] | None = None,
) -> ad.AnnData:
    """Return a data set with corrected expression, as the contract of corrected.h5ad says.

    Parameters
    ----------
    networks, info, adata, options
        As in `correct`, and so are errors.
    rows
        (k,), increasing places of the cells that are corrected and returned; all where not given.
    learned
        As in `correct`.
    """
    expression: list[np.ndarray] = []
    embeddings, cost = correct(networks, info, adata, options, expression.append, rows, learned)
    corrected = without_expression(adata, info)
    corrected = corrected if rows is None else corrected[rows].copy()
    if expression:
        corrected.X = np.concatenate(expression)
    for key, values in embeddings.items():
        corrected.obsm[key] = values
    corrected.uns["aif"] = provenance(info, options, cost, adata.n_obs)
    return corrected


def write_corrected(
    path: Path,
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    options: dict[str, Any],
    source: Path | None = None,
) -> dict[str, torch.Tensor]:
    """Write what `correct_dataset` returns, with a chunk of corrected expression in memory at a time.

    Parameters
    ----------
    path
        The file.
    networks, info, adata, options
        As in `correct`.
    source
        A file to take the layers from, as they are there, where `adata` was read without.

    Returns
    -------
    What the correction has learned of the cells and new cells take, by name (`aif.mapping.reference`)
    """
    learned: dict[str, torch.Tensor] = {}
    without_expression(adata, info).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        if source is not None:
            del file["layers"]
            with h5py.File(source) as origin:
                origin.copy("layers", file)
        append = appender(file, *adata.shape, options)
        embeddings, cost = correct(networks, info, adata, options, append, learned=learned)
        for key, values in embeddings.items():
            ad.io.write_elem(file["obsm"], key, values)
        ad.io.write_elem(file["uns"], "aif", provenance(info, options, cost, adata.n_obs))
    return learned


def correct(
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    options: dict[str, Any],
    keep: Callable[[np.ndarray], None] | None,
    rows: np.ndarray | None = None,
    learned: dict[str, torch.Tensor] | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Correct a data set; return its embeddings by their key in obsm, and what it cost.

    Parameters
    ----------
    networks, info
        One trained model and what goes with it.
    adata
        The preprocessed data set that the model was trained on.
    options
        target, n_samplings and output, see `aif.config.schema.Correction`.
    keep
        Called with corrected expression (cells, G) of one chunk of cells after the other; of no use where
        options do not ask for expression.
    rows
        As in `correct_dataset`.
    learned
        Gets what is learned of the cells beside the model: `Shift.learned`, components and their mean.

    Raises
    ------
    InputError
        If the model was trained on other genes or covariates.
    FloatingPointError
        If a corrected value is not finite.
    """
    learned = {} if learned is None else learned
    outputs, n_cells = outputs_of(options, adata.n_obs), adata.n_obs
    chosen = None if rows is None or len(rows) == n_cells else mask_of(rows, n_cells)
    of_components = "embedding" in outputs and info.variant["embedding"] == "components"
    with measured() as cost:
        known = ~held_out(adata.obs, info.holdout, info.seed)
        decodes = of_components or "expression" in outputs
        parts = corrected_parts(networks, info, adata, known, options, decodes, learned)
        pca = None
        if of_components and (chosen is not None or n_cells > SHAPING):
            shaping = mask_of(shaping_cells(known, info), n_cells)
            smooth = [part.smooth for part in parts(chosen=shaping)]
            pca = components(np.concatenate(smooth), info)
        latent, placed = [], []
        for part in parts(chosen=chosen):
            expression = expression_of(part, info)
            if "expression" in outputs:
                keep(expression)
            if of_components:  # of few cells all are kept, which are decoded once then
                placed.append(part.smooth if pca is None else pca.transform(part.smooth))
            latent.append(part.latent)
        embeddings = {"X_aif": np.concatenate(latent)}
        if "embedding" in outputs:
            embeddings["X_corrected"] = embeddings["X_aif"]
        if of_components and pca is None:
            pca = components(np.concatenate(placed)[shaping_cells(known, info)], info)
            placed = [pca.transform(smooth) for smooth in placed]
        if pca is not None:
            embeddings["X_corrected"] = np.concatenate(placed)
            learned["components"] = torch.from_numpy(pca.components_)
            learned["component_mean"] = torch.from_numpy(pca.mean_)
    return embeddings, cost


def mask_of(rows: np.ndarray, n_cells: int) -> torch.Tensor:
    """Return a mask (n,) of places."""
    mask = torch.zeros(n_cells, dtype=torch.bool)
    mask[torch.from_numpy(rows)] = True
    return mask


def shaping_cells(known: np.ndarray, info: ModelInfo) -> np.ndarray:
    """Return the places of the cells that components are of: of those known, SHAPING at most."""
    rows = np.flatnonzero(known)
    if len(rows) <= SHAPING:
        return rows
    return np.sort(np.random.default_rng(info.seed).choice(rows, SHAPING, replace=False))


def components(smooth: np.ndarray, info: ModelInfo) -> PCA:
    """Return the principal components of cells (n, G), as many as there are latent dimensions.

    There are no more than the cells and the genes.
    """
    wanted = min(info.hyperparameters["latent"], *smooth.shape)
    return PCA(wanted, random_state=info.seed).fit(smooth)


def corrected_parts(
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    known: np.ndarray,
    options: dict[str, Any],
    decodes: bool,
    learned: dict[str, torch.Tensor],
) -> Callable[..., Iterator[Part]]:
    """Return what yields corrected cells, one chunk after the other, with a mask `chosen` (n,) those of it.

    Parameters
    ----------
    known
        (n,) bool, the cells that the model was trained on.
    decodes
        Whether more than latent means is asked for.
    networks, info, adata, options, learned
        As in `correct`.
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
    if not decodes:
        return partial(latent_parts, networks, cells)
    target = correction_target(options["target"], info.batches)
    sampling = {"n_samplings": options["n_samplings"], "seed": info.seed}
    if not info.variant["shift"]:
        return partial(decoded_expression, networks, cells, target, **sampling)
    batch = adata.obs["batch"].cat.codes.to_numpy()
    setting = Setting.of(info.hyperparameters)
    shift = Shift(networks, cells, batch, known, target, setting, **sampling)
    learned |= shift.learned()
    return shift.parts


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


def provenance(
    info: ModelInfo, options: dict[str, Any], cost: dict[str, float], n_cells: int
) -> dict[str, Any]:
    """Return what uns["aif"] says: ids, what was asked, and what training and correction cost."""
    with_expression = "expression" in outputs_of(options, n_cells)
    return {
        **info.ids(),
        "version": __version__,
        "output": "expression" if with_expression else "embedding",
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
