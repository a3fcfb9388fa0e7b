"""Metrics that need no cell types: is each batch's own structure kept, and do batches mix?

Uncorrected cells keep all structure and do not mix, shuffled cells mix and keep none: a score of both
tells them from a correction. Batches mix if cells of others are among a cell's neighbours, and if their
means are alike: some corrections do the one without the other.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import NamedTuple

import anndata as ad
import numpy as np
import scanpy as sc
import scib
from sklearn.metrics import normalized_mutual_info_score

from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut
from aif.evaluation.metrics import UNLABELLED
from aif.evaluation.robust import batch_lisi
from aif.evaluation.space import EMBEDDING, principal_components

FEWEST = 10  # cells of a batch that has clusters of its own
COMPONENTS = 20  # of a batch alone
RESOLUTION = 1.0
NONE = ""  # the cluster of cells whose batch is too small


class Before(NamedTuple):
    """What is known of the uncorrected cells.

    Attributes
    ----------
    components
        X (n, k), their components, with obs batch (and cell_type).
    clusters
        (n,), their `own_clusters`.
    """

    components: ad.AnnData
    clusters: np.ndarray


def unlabelled_rows(cells: ad.AnnData, before: Before, seed: int) -> list[dict[str, object]]:
    """Return the rows of the suite, which never look at cell types.

    Parameters
    ----------
    cells
        obs batch and the neighbour graph of a correction, and obsm X_emb unless that is all.
    before
        The uncorrected cells.
    seed
        Seeds the clustering.
    """
    groups = Groups.of(cells.obs)
    calls = {
        "structure": partial(structure, cells, before.clusters, seed),
        "mixing": partial(mixing, cells),
        "variance_removed": partial(variance_removed, cells, before.components),
    }
    return [metric.row(calls[metric.name], groups) for metric in UNLABELLED]


def own_clusters(reference: ad.AnnData, seed: int) -> np.ndarray:
    """Return the cluster (n,) of every cell within its batch, found in that batch alone.

    Leiden clusters of the batch's own uncorrected cells, on the first COMPONENTS of that batch.
    Cells of batches of less than FEWEST have the cluster NONE.

    Parameters
    ----------
    reference
        The uncorrected norm_log data (n, G) with obs batch.
    seed
        Seeds components and clusters.
    """
    found = np.full(reference.n_obs, NONE, dtype=object)
    for rows in reference.obs.groupby("batch", observed=True).indices.values():
        if len(rows) < FEWEST:
            continue
        batch = ad.AnnData(principal_components(reference.X[rows], COMPONENTS, seed))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*n_neighbors.*")  # of few cells
            sc.pp.neighbors(batch, use_rep="X", random_state=seed, transformer="sklearn")
        found[rows] = clusters(batch, seed)
    return found


def structure(cells: ad.AnnData, before: np.ndarray, seed: int) -> float:
    """Return how well the clusters of a correction agree with those of each batch alone.

    The normalised mutual information of both within a batch, its mean over the batches weighted by
    their cells. `before` are the `own_clusters` (n,), which a few batches may not have.
    """
    after = clusters(cells, seed)
    batches = cells.obs["batch"].to_numpy()
    agreement, sizes = [], []
    for name in np.unique(batches[before != NONE]):
        own = batches == name
        agreement.append(normalized_mutual_info_score(before[own], after[own]))
        sizes.append(own.sum())
    if not sizes:
        raise LeftOut(f"no batch has {FEWEST} cells")
    return float(np.average(agreement, weights=sizes))


def mixing(cells: ad.AnnData) -> float:
    """Return LISI of the batches around a cell, scaled to [0, 1], the mean over all cells.

    It is of places and not of the neighbour graph: a method that returns a graph alone may have
    linked each cell to all batches, and a graph of few cells has parts from which too few can be
    reached.
    """
    if EMBEDDING not in cells.obsm:
        raise LeftOut(GRAPH_ONLY)
    return float(batch_lisi(cells.obsm[EMBEDDING], cells.obs["batch"]).mean())


def variance_removed(cells: ad.AnnData, components: ad.AnnData) -> float:
    """Return scib's PCR comparison: the share of the variance between batches that is gone."""
    if EMBEDDING not in cells.obsm:
        raise LeftOut(GRAPH_ONLY)
    return scib.metrics.pcr_comparison(components, cells, "batch", embed=EMBEDDING)


def clusters(cells: ad.AnnData, seed: int) -> np.ndarray:
    """Return the Leiden cluster (n,) of every cell by the neighbour graph."""
    found = sc.tl.leiden(
        cells,
        resolution=RESOLUTION,
        flavor="igraph",
        n_iterations=2,
        directed=False,
        random_state=seed,
        copy=True,
    )
    return found.obs["leiden"].to_numpy(dtype=object)
