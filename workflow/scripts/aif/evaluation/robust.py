"""Metrics that strong batch effects and lost cell types cannot fool.

They look within cell types or at every cell's own neighbours, and see what silhouettes of whole types
and LISI of all cells hardly tell apart (Rautenstrauch & Ohler 2025; Andreatta et al. 2024).
"""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import scib_metrics
from harmonypy import compute_lisi
from sklearn.neighbors import NearestNeighbors

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
    """Return the batch removal adapted silhouette (Rautenstrauch & Ohler 2025; scib-metrics).

    Types of one batch, and those of which every batch has one cell, have no such silhouette.
    """
    groups = cells.obs.groupby("cell_type", observed=True)["batch"]
    n_batches, sizes = groups.nunique(), groups.size()
    if not ((n_batches > 1) & (n_batches < sizes)).any():
        raise LeftOut("no cell type has cells to compare in more than one batch")
    columns = (cells.obs[name].to_numpy() for name in ("cell_type", "batch"))
    return scib_metrics.bras(cells.obsm[EMBEDDING], *columns)


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
    perplexity = min(PERPLEXITY, (len(space) - 1) // 3)
    lisi = compute_lisi(space, batches.to_frame("batch"), ["batch"], perplexity)[:, 0]
    # harmonypy has less than 1 for a cell whose neighbours are too far to count: none mixes with it.
    return (lisi.clip(min=1) - 1) / (batches.nunique() - 1)
