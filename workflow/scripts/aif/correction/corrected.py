"""Correction of a data set by a trained model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import torch
from sklearn.decomposition import PCA

from aif import __version__
from aif.correction.decoding import CHUNK, Part, correction_target, decoded_expression
from aif.correction.shift import Setting, Shift
from aif.data.covariates import covariates_of
from aif.data.holdout import held_out
from aif.errors import InputError
from aif.job.costs import measured
from aif.model.cells import SparseCells
from aif.model.model_file import ModelInfo
from aif.model.networks import Networks

SHAPING = 20_000  # cells that are enough to find components
# Corrected logarithms below it are no expression. A shift that is next to nothing would put all zeros of a
# batch above or below those of the others, and a test by ranks would call the gene different.
TRACE = 0.05


def correct_dataset(
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    options: dict[str, Any],
    with_components: bool = True,
    learned: dict[str, torch.Tensor] | None = None,
) -> ad.AnnData:
    """Return a data set with corrected expression, as the contract of corrected.h5ad says.

    Without components the embedding is the latent space, whatever the variant says. Other parameters and
    errors as in `correct`.
    """
    expression: list[np.ndarray] = []
    if not with_components:
        info = replace(info, variant=info.variant | {"embedding": "latent"})
    embeddings, cost = correct(networks, info, adata, options, expression.append, learned)
    corrected = without_expression(adata, info)
    corrected.X = np.concatenate(expression)
    for key, values in embeddings.items():
        corrected.obsm[key] = values
    corrected.uns["aif"] = provenance(info, options, cost)
    return corrected


def write_corrected(
    path: Path, networks: Networks, info: ModelInfo, adata: ad.AnnData, options: dict[str, Any]
) -> dict[str, torch.Tensor]:
    """Write what `correct_dataset` returns, with a chunk of corrected expression in memory at a time.

    Where the embedding is of components, what these are of is in memory as well, (n, G) float32.

    Returns
    -------
    What the correction has learned of the cells and new cells take, by name (`aif.mapping.reference`)
    """
    learned: dict[str, torch.Tensor] = {}
    with in_chunks(path, without_expression(adata, info)) as (file, append):
        embeddings, cost = correct(networks, info, adata, options, append, learned)
        for key, values in embeddings.items():
            ad.io.write_elem(file["obsm"], key, values)
        ad.io.write_elem(file["uns"], "aif", provenance(info, options, cost))
    return learned


@contextmanager
def in_chunks(
    path: Path, rest: ad.AnnData
) -> Iterator[tuple[h5py.File, Callable[[np.ndarray], None]]]:
    """Write a data set without X; give the open file, and what appends a chunk of cells (cells, G) to X."""
    rest.write_h5ad(path)
    with h5py.File(path, "r+") as file:
        empty = np.empty((0, rest.n_vars), dtype=np.float32)
        shape = {"maxshape": (None, rest.n_vars), "chunks": (min(CHUNK, rest.n_obs), rest.n_vars)}
        ad.io.write_elem(file, "X", empty, dataset_kwargs=shape)

        def append(expression: np.ndarray) -> None:
            done = len(file["X"])
            file["X"].resize(done + len(expression), axis=0)
            file["X"][done:] = expression

        yield file, append


def correct(
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    options: dict[str, Any],
    keep: Callable[[np.ndarray], None],
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
        target and n_samplings, see `aif.config.schema.Correction`.
    keep
        Called with corrected expression (cells, G) of one chunk of cells after the other.
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
    with measured() as cost:
        known = ~held_out(adata.obs, info.holdout, info.seed)
        latent = []
        of_components = info.variant["embedding"] == "components"
        smooth = np.empty(adata.shape if of_components else 0, dtype=np.float32)
        for part in corrected_parts(networks, info, adata, known, options, learned):
            if not np.isfinite(part.expression).all():
                raise FloatingPointError("the corrected expression is not finite")
            keep(
                positive(part.expression, info) if info.variant["nonnegative"] else part.expression
            )
            if of_components:
                done = sum(map(len, latent))
                smooth[done : done + len(part.smooth)] = part.smooth
            latent.append(part.latent)
        embeddings = dict.fromkeys(("X_aif", "X_corrected"), np.concatenate(latent))
        if of_components:
            embeddings["X_corrected"] = components(smooth, known, info, learned)
    return embeddings, cost


def positive(expression: np.ndarray, info: ModelInfo) -> np.ndarray:
    """Return expression with 0 in place of negative values, and of logarithms below TRACE."""
    least = TRACE if info.variant["input"] == "norm_log" else 0
    return np.where(expression < least, 0, expression)


def components(
    smooth: np.ndarray, known: np.ndarray, info: ModelInfo, learned: dict[str, torch.Tensor]
) -> np.ndarray:
    """Return principal components (n, k) of cells (n, G), as many as there are latent dimensions.

    They are of known cells, SHAPING of them at most; there are no more than these and the genes.
    """
    rows = np.flatnonzero(known)
    if len(rows) > SHAPING:
        rows = np.random.default_rng(info.seed).choice(rows, SHAPING, replace=False)
    wanted = min(info.hyperparameters["latent"], len(rows), smooth.shape[1])
    pca = PCA(wanted, random_state=info.seed).fit(smooth[rows])
    learned["components"] = torch.from_numpy(pca.components_)
    learned["component_mean"] = torch.from_numpy(pca.mean_)
    chunks = np.split(smooth, range(CHUNK, len(smooth), CHUNK))
    return np.concatenate([pca.transform(part) for part in chunks])


def corrected_parts(
    networks: Networks,
    info: ModelInfo,
    adata: ad.AnnData,
    known: np.ndarray,
    options: dict[str, Any],
    learned: dict[str, torch.Tensor],
) -> Iterator[Part]:
    """Return the corrected cells, one chunk after the other.

    Parameters
    ----------
    known
        (n,) bool, the cells that the model was trained on.
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
    target = correction_target(options["target"], info.batches)
    sampling = {"n_samplings": options["n_samplings"], "seed": info.seed}
    if not info.variant["shift"]:
        return decoded_expression(networks, cells, target, **sampling)
    batch = adata.obs["batch"].cat.codes.to_numpy()
    setting = Setting.of(info.hyperparameters)
    shift = Shift(networks, cells, batch, known, target, setting, **sampling)
    learned |= shift.learned()
    return shift.parts()


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
