"""Evaluation: the space a correction is judged in, all metrics, and a picture's coordinates."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scib.metrics import lisi
from scipy import sparse
from sklearn.manifold import TSNE
from umap import umap_

from aif.differential_expression import CURVE_COLUMNS, de_rows, true_changes
from aif.metrics import COST, DE, METRICS, Groups, LeftOut, tidy
from aif.original_metrics import Repetitions, original_rows
from aif.scib_suite import EMBEDDING, scib_rows

IDS = ("dataset", "method", "row", "seed")

# These functions are compiled anew in every process, 10 s of each evaluation, unless numba is told
# to keep them; it cannot where no folder is writable.
with contextlib.suppress(RuntimeError):
    for function in (
        *(umap_.smooth_knn_dist, umap_.compute_membership_strengths),
        *(lisi.Hbeta, lisi.convert_to_one_hot),
    ):
        function.enable_caching()


class Evaluation(NamedTuple):
    """The tables of an evaluation.

    Attributes
    ----------
    metrics
        The rows of metrics.tsv.
    coordinates
        The rows of embedding.tsv.
    expression
        The rows of expression.tsv: F1 of the genes found over the threshold, where the truth is known.
    """

    metrics: pd.DataFrame
    coordinates: pd.DataFrame
    expression: pd.DataFrame


def evaluate_apart(
    corrected: ad.AnnData,
    reference: ad.AnnData,
    options: dict[str, Any],
    groups: dict[str, np.ndarray],
) -> Evaluation:
    """Return all metrics of each group of cells on its own; the other tables are the first's.

    Parameters
    ----------
    corrected, reference, options
        As in `evaluate`.
    groups
        (n,) bool by name, the first being shown.
    """
    found = [
        evaluate(corrected[mask].copy(), reference[mask].copy(), options, name)
        for name, mask in groups.items()
    ]
    metrics = pd.concat([part.metrics for part in found], ignore_index=True)
    return found[0]._replace(metrics=metrics)


def evaluate(
    corrected: ad.AnnData, reference: ad.AnnData, options: dict[str, Any], cells_name: str = "all"
) -> Evaluation:
    """Return all metrics of a correction, and what its pictures show.

    Parameters
    ----------
    corrected
        As the contract of corrected.h5ad says.
    reference
        The uncorrected norm_log data, with the same cells in the same order.
    options
        n_pcs, embedding, repetitions, subsample and seed.
    cells_name
        What the column `cells` calls these cells.

    Raises
    ------
    ValueError
        If the cells are not the reference's, or a corrected value is NaN or infinite.
    InputError
        If scib's LISI program does not run.
    """
    if not corrected.obs_names.equals(reference.obs_names):
        raise ValueError("corrected.h5ad does not have the cells of norm_log.h5ad in their order")
    ids = {**{key: corrected.uns["aif"][key] for key in IDS}, "cells": cells_name}
    seed = options["seed"]
    expression = log_expression(corrected)
    cells = judged_cells(corrected, expression, options["n_pcs"], seed)
    obs, embedded = cells.obs, EMBEDDING in cells.obsm
    before = ad.AnnData(principal_components(reference.X, options["n_pcs"], seed), obs=obs)
    picture = embed(cells, options["embedding"], seed)
    repetitions = Repetitions(options["repetitions"], options["subsample"], seed)
    changed, curves = de_rows(expression, reference)
    rows = [
        *original_rows(obs, picture if embedded else None, repetitions),
        *scib_rows(cells, before, seed),
        *changed,
        *cost_rows(corrected.uns["aif"], Groups.of(obs)),
    ]
    return Evaluation(tidy(rows, ids), coordinate_table(obs, picture, ids), with_ids(curves, ids))


def not_judged(corrected: ad.AnnData) -> Evaluation:
    """Return the tables of a method that did not run or failed: all rows with its status and reason.

    Parameters
    ----------
    corrected
        What `aif.no_correction` returns.
    """
    info, groups = corrected.uns["aif"], Groups.of(group_columns(corrected.obs))
    ids = {**{key: info[key] for key in IDS}, "cells": "all"}
    metrics = METRICS if true_changes(corrected) is None else (*METRICS, *DE)
    rows = [metric.missing(info["status"], info["reason"], groups) for metric in metrics]
    nothing = np.full((corrected.n_obs, 2), np.nan)
    curves = pd.DataFrame(columns=list(CURVE_COLUMNS))
    coordinates = coordinate_table(group_columns(corrected.obs), nothing, ids)
    return Evaluation(tidy(rows, ids), coordinates, with_ids(curves, ids))


def coordinate_table(
    obs: pd.DataFrame, picture: np.ndarray, ids: dict[str, object]
) -> pd.DataFrame:
    """Return the rows of embedding.tsv: every cell's batch, cell type and place (n, 2)."""
    return pd.DataFrame(
        {
            "dataset": ids["dataset"],
            "method": ids["method"],
            "cell": obs.index,
            "batch": obs["batch"].to_numpy(),
            "cell_type": obs["cell_type"].to_numpy() if "cell_type" in obs else None,
            "x": picture[:, 0],
            "y": picture[:, 1],
        }
    )


def with_ids(curves: pd.DataFrame, ids: dict[str, object]) -> pd.DataFrame:
    """Return the rows of expression.tsv: F1 curves that carry the ids of their run."""
    return curves.assign(**{name: ids[name] for name in IDS})[[*IDS, *CURVE_COLUMNS]]


def group_columns(obs: pd.DataFrame) -> pd.DataFrame:
    """Return batch and, where it is there, cell_type, without categories that no cell has."""
    columns = obs[[column for column in ("batch", "cell_type") if column in obs]]
    return columns.astype(str).astype("category")


def log_expression(corrected: ad.AnnData) -> np.ndarray | sparse.spmatrix | None:
    """Return a correction's logarithms, None where a method returns no expression.

    Corrected raw and norm values are brought to norm_log: negative values as 0, every cell scaled
    to the median library of the counts, log1p. So all transforms are judged on one scale.
    """
    info = corrected.uns["aif"]
    if info["output"] in ("embedding", "graph"):
        return None
    x = corrected.X
    if not np.isfinite(x.data if sparse.issparse(x) else x).all():
        raise ValueError("corrected.h5ad: X has NaN or infinite values")
    if info["transform"] == "norm_log":
        return x
    positive = ad.AnnData(x.maximum(0) if sparse.issparse(x) else np.maximum(x, 0))
    libraries = np.asarray(corrected.layers["counts"].sum(axis=1))
    sc.pp.normalize_total(positive, target_sum=np.median(libraries))
    sc.pp.log1p(positive)
    return positive.X


def judged_cells(
    corrected: ad.AnnData, expression: np.ndarray | sparse.spmatrix | None, n_pcs: int, seed: int
) -> ad.AnnData:
    """Return obs and neighbour graph, and in obsm X_emb the space the graph is of.

    Where a method returns the graph alone, there is no such space.
    """
    cells = ad.AnnData(obs=group_columns(corrected.obs))
    if corrected.uns["aif"]["output"] == "graph":
        cells.obsp = corrected.obsp
        cells.uns["neighbors"] = corrected.uns["neighbors"]
        cells.obsm["X_pca"] = corrected.obsm["X_pca"]
        return cells
    cells.obsm[EMBEDDING] = evaluated_space(corrected, expression, n_pcs, seed)
    # From 8,192 cells on scanpy would take pynndescent, whose approximate graphs it cannot read (0.7).
    sc.pp.neighbors(cells, use_rep=EMBEDDING, random_state=seed, transformer="sklearn")
    return cells


def evaluated_space(
    corrected: ad.AnnData, expression: np.ndarray | sparse.spmatrix | None, n_pcs: int, seed: int
) -> np.ndarray:
    """Return what a correction is judged in: its embedding, or components of `log_expression`.

    The embedding, where a method returns both, is what its authors cluster and draw.
    """
    if "X_corrected" not in corrected.obsm:
        return principal_components(expression, n_pcs, seed)
    space = np.asarray(corrected.obsm["X_corrected"], dtype=np.float32)
    if not np.isfinite(space).all():
        raise ValueError("corrected.h5ad: obsm X_corrected has NaN or infinite values")
    return space


def principal_components(x: np.ndarray | sparse.spmatrix, n_pcs: int, seed: int) -> np.ndarray:
    """Return the first components of (n, G) expression, fewer where cells or genes are few.

    They are 0 where all cells are equal, as after a correction that collapsed.
    """
    n_pcs = min(n_pcs, min(x.shape) - 1)
    if not (x.max(axis=0) != x.min(axis=0)).sum():
        return np.zeros((x.shape[0], n_pcs), dtype=np.float32)
    return sc.pp.pca(x, n_comps=n_pcs, random_state=seed)


def embed(cells: ad.AnnData, name: str, seed: int) -> np.ndarray:
    """Return the coordinates (n, k) that the original's metrics are computed on.

    tsne and umap have 2 dimensions, pca the first 20 of the evaluated space. A graph without such a
    space is drawn by umap in any case.
    """
    if name == "umap" or EMBEDDING not in cells.obsm:
        sc.tl.umap(cells, random_state=seed)
        return cells.obsm["X_umap"]
    space = cells.obsm[EMBEDDING]
    if name == "pca":
        return space[:, :20]
    perplexity = min(30, (len(space) - 1) / 3)
    # Equal cells have no components to start from: sklearn would crash.
    init = "pca" if np.ptp(space, axis=0).any() else "random"
    return TSNE(perplexity=perplexity, init=init, random_state=seed, n_jobs=1).fit_transform(space)


def cost_rows(info: dict[str, Any], groups: Groups) -> list[dict[str, object]]:
    """Return the rows of what a correction cost, as noted by its rule."""

    def noted(name: str) -> float:
        if name not in info:
            raise LeftOut("not recorded")
        return info[name]

    return [metric.row(lambda name=metric.name: noted(name), groups) for metric in COST]
