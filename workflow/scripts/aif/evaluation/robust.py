"""Metrics that strong batch effects and lost cell types cannot fool.

They look within cell types or at every cell's own neighbours, and see what silhouettes of whole types
and LISI of all cells hardly tell apart (Rautenstrauch & Ohler 2025; Andreatta et al. 2024).
"""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from aif.evaluation.lisi import lisi
from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut
from aif.evaluation.metrics import ROBUST
from aif.evaluation.space import EMBEDDING

NEIGHBOURS = 25  # of purity
PERPLEXITY = 30  # of LISI, as Korsunsky et al. and Andreatta et al. have it
FEWEST = 10  # cells of a type that CiLISI is computed of


def robust_rows(cells: ad.AnnData) -> list[dict[str, object]]:
    """Return the rows of purity, BRAS and CiLISI.

    Parameters
    ----------
    cells
        obs batch (and cell_type), and obsm X_emb unless a method returns a graph alone.
    """
    calls = {"purity": purity, "BRAS": bras, "CiLISI": cilisi}

    def value(name: str) -> float:
        if EMBEDDING not in cells.obsm:
            raise LeftOut(GRAPH_ONLY)
        return calls[name](cells)

    groups = Groups.of(cells.obs)
    return [metric.row(lambda n=metric.name: value(n), groups) for metric in ROBUST]


def purity(cells: ad.AnnData) -> float:
    """Return the mean share of a cell's NEIGHBOURS nearest neighbours that have its cell type."""
    types = cells.obs["cell_type"].cat.codes.to_numpy()
    return float((types[nearest(cells)] == types[:, None]).mean())


def nearest(cells: ad.AnnData) -> np.ndarray:
    """Return the indices (n, NEIGHBOURS) of every cell's nearest other cells, fewer of few cells."""
    space = cells.obsm[EMBEDDING]
    k = min(NEIGHBOURS, len(space) - 1)
    return NearestNeighbors(n_neighbors=k).fit(space).kneighbors(return_distance=False)


def bras(cells: ad.AnnData) -> float:
    """Return the batch removal adapted silhouette (Rautenstrauch & Ohler 2025), as scib-metrics has it.

    Types of one batch, and those of which every batch has one cell, have no such silhouette.
    """
    groups = cells.obs.groupby("cell_type", observed=True)["batch"]
    n_batches, sizes = groups.nunique(), groups.size()
    if not ((n_batches > 1) & (n_batches < sizes)).any():
        raise LeftOut("no cell type has cells to compare in more than one batch")
    types = n_batches.index[(n_batches > 1) & (n_batches < sizes)]
    return float(np.mean([_bras_of(cells[cells.obs["cell_type"] == name]) for name in types]))


def _bras_of(cells: ad.AnnData) -> float:
    """Return the mean of 1 − the silhouette of batches without its sign, of the cells of one type.

    Distances are those of angles, 1 − cosine, so the mean over a batch is that to the mean direction of its
    cells: no pair has to be looked at. A cell that is alone of its batch has the silhouette 0.
    """
    space = cells.obsm[EMBEDDING].astype(float)
    lengths = np.linalg.norm(space, axis=1, keepdims=True)
    directions = np.divide(space, lengths, out=np.zeros_like(space), where=lengths > 0)
    codes, sizes = np.unique(
        cells.obs["batch"].to_numpy(), return_inverse=True, return_counts=True
    )[1:]
    sums = sizes - directions @ (np.eye(len(sizes))[codes].T @ directions).T
    sums = sums.clip(min=0)  # of rounding errors
    own, n_own = sums[np.arange(len(codes)), codes], sizes[codes]
    within = own / np.maximum(n_own - 1, 1)
    between = (sums.sum(axis=1) - own) / (len(codes) - n_own)
    wider = np.maximum(within, between)
    compared = (n_own > 1) & (lengths[:, 0] > 0) & (wider > 0)
    widths = np.divide(between - within, wider, out=np.zeros(len(codes)), where=compared)
    return float(np.mean(1 - np.abs(widths)))


def cilisi(cells: ad.AnnData) -> float:
    """Return LISI of batches within each cell type, scaled to [0, 1], the mean over its cells.

    Types of one batch, or of less than FEWEST cells, are left out (Andreatta et al. 2024).
    """
    scaled = []
    for rows in cells.obs.groupby("cell_type", observed=True).indices.values():
        batches = cells.obs["batch"].iloc[rows]
        if batches.nunique() > 1 and len(rows) >= FEWEST:
            scaled.append(batch_lisi(cells.obsm[EMBEDDING][rows], batches))
    if not scaled:
        raise LeftOut(f"no cell type has {FEWEST} cells in more than one batch")
    return float(np.concatenate(scaled).mean())


def batch_lisi(space: np.ndarray, batches: pd.Series) -> np.ndarray:
    """Return LISI of the batches around each cell (n,), scaled to [0, 1] (Korsunsky et al. 2019).

    Parameters
    ----------
    space
        (n, k), places of the cells.
    batches
        (n,), of two batches at least.
    """
    found = lisi(space, batches, min(PERPLEXITY, (len(space) - 1) // 3))
    # Less than 1 is a cell whose neighbours are too far to count: none mixes with it.
    return (found.clip(min=1) - 1) / (batches.nunique() - 1)
