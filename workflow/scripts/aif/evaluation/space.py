"""The spaces a correction is judged in, and their pictures."""

from __future__ import annotations

import contextlib

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse
from sklearn.manifold import TSNE
from umap import umap_

EMBEDDING = "X_emb"
CORRECTED = "X_corrected"  # in obsm of a correction: its embedding
FEW_TYPED = 3  # cells with a type; fewer are no data set
MANY = 10_000  # cells from which on a t-SNE is drawn less exactly, or it takes longer than all the rest
# Farther cells push together, the first phase ends where nothing moves any more, the second after 400 steps.
COARSE = {"angle": 0.8, "min_grad_norm": 5e-4, "max_iter": 400}
APART = 1e-4  # noise of cells at one place, as a share of the spread of all

# These functions are compiled anew in every process, 10 s of each evaluation, unless numba is told
# to keep them; it cannot where no folder is writable.
with contextlib.suppress(RuntimeError):
    for function in (umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        function.enable_caching()


def group_columns(obs: pd.DataFrame) -> pd.DataFrame:
    """Return batch and, where it is there, cell_type, without categories that no cell has.

    Cells without a type keep none. Where hardly any has one, or those of one batch only, there are none.
    """
    columns = obs[[column for column in ("batch", "cell_type") if column in obs]]
    if "cell_type" in columns and obs["cell_type"].isna().any() and untyped(obs):
        columns = columns[["batch"]]
    return columns.astype(str).where(columns.notna()).astype("category")


def typed(obs: pd.DataFrame) -> np.ndarray:
    """Return a mask (n,) of the cells that metrics of types are computed on: those that have one.

    If these are hardly any, or all of one batch, or if there are no labels, these are all cells; `untyped`
    tells whether the cells then have no types.
    """
    everything = np.ones(len(obs), bool)
    return everything if untyped(obs) else obs["cell_type"].notna().to_numpy()


def untyped(obs: pd.DataFrame) -> bool:
    """Return whether cells are judged as if they had no labels, as too few have, or those of one batch."""
    known = obs[obs["cell_type"].notna()] if "cell_type" in obs else obs.iloc[:0]
    return len(known) < FEW_TYPED or known["batch"].nunique() < 2


def with_neighbours(cells: ad.AnnData, seed: int) -> ad.AnnData:
    """Return cells with the neighbour graph of their space; a method's own graph stays."""
    if EMBEDDING in cells.obsm:
        # From 8,192 cells on scanpy would take pynndescent, whose approximate graphs it cannot read (0.7).
        sc.pp.neighbors(cells, use_rep=EMBEDDING, random_state=seed, transformer="sklearn")
    return cells


def log_expression(corrected: ad.AnnData) -> np.ndarray | sparse.spmatrix | None:
    """Return a correction's logarithms, None where it has no expression.

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


def spaces_of(corrected: ad.AnnData) -> list[str]:
    """Return what users take of a correction, each to be judged by itself.

    These are its `expression`, its `embedding`, or the neighbour `graph` that a method returns alone.
    """
    output = corrected.uns["aif"]["output"]
    if output == "graph":
        return ["graph"]
    there = {"expression": output != "embedding", "embedding": CORRECTED in corrected.obsm}
    return [space for space, is_there in there.items() if is_there]


def judged_cells(
    corrected: ad.AnnData,
    space: str,
    expression: np.ndarray | sparse.spmatrix | None,
    n_pcs: int,
    seed: int,
) -> ad.AnnData:
    """Return obs and neighbour graph, and in obsm X_emb the space the graph is of.

    Where a method returns the graph alone, there is no such space.

    Parameters
    ----------
    corrected, space
        A correction and which of its `spaces_of`.
    expression
        Its `log_expression`, (n, G).
    n_pcs, seed
        Components of expression, and what seeds them.
    """
    cells = ad.AnnData(obs=group_columns(corrected.obs))
    if space == "graph":
        cells.obsp = corrected.obsp
        cells.uns["neighbors"] = corrected.uns["neighbors"]
        cells.obsm["X_pca"] = corrected.obsm["X_pca"]
        return cells
    if space == "expression":
        cells.obsm[EMBEDDING] = principal_components(expression, n_pcs, seed)
    else:
        cells.obsm[EMBEDDING] = own_embedding(corrected)
    cells.obsm[EMBEDDING] = apart(cells.obsm[EMBEDDING], seed)
    return with_neighbours(cells, seed)


def apart(space: np.ndarray, seed: int) -> np.ndarray:
    """Return places (n, d) that differ: a little noise is added to those that several cells share.

    Which of the cells at one place are neighbours would be decided by their order in the file, where
    they often stand type by type. So is what has collapsed judged like cells placed by chance.
    """
    _, place, sizes = np.unique(space, axis=0, return_inverse=True, return_counts=True)
    shared = sizes[place.ravel()] > 1
    if not shared.any():
        return space
    noise = np.random.default_rng(seed).normal(0, APART * (space.std() or 1), space.shape)
    return np.where(shared[:, None], space + noise, space).astype(space.dtype)


def own_embedding(corrected: ad.AnnData) -> np.ndarray:
    """Return the embedding (n, d) of a correction.

    Raises
    ------
    ValueError
        If it has a value that is NaN or infinite.
    """
    space = np.asarray(corrected.obsm[CORRECTED], dtype=np.float32)
    if not np.isfinite(space).all():
        raise ValueError(f"corrected.h5ad: obsm {CORRECTED} has NaN or infinite values")
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
    """Return the coordinates (n, k), k of at least 2, that the original's metrics are computed on.

    tsne and umap have 2 dimensions, pca the first 20 of the evaluated space. A graph without such a
    space is drawn by umap in any case.
    """
    if name == "umap" or EMBEDDING not in cells.obsm:
        sc.tl.umap(cells, random_state=seed)
        return cells.obsm["X_umap"]
    space = cells.obsm[EMBEDDING]
    if space.shape[1] == 1:  # a picture has two dimensions
        space = np.column_stack([space, np.zeros_like(space)])
    if name == "pca":
        return space[:, :20]
    perplexity, shorter = min(30, (len(space) - 1) / 3), COARSE if len(space) > MANY else {}
    # Equal cells have no components to start from: sklearn would crash.
    init = "pca" if np.ptp(space, axis=0).any() else "random"
    tsne = TSNE(perplexity=perplexity, init=init, random_state=seed, n_jobs=1, **shorter)
    return tsne.fit_transform(space)
