"""What a correction changes where there is nothing to correct, and what a user would see of it.

After the null test of Antonsson & Melsted (2025): cells of one batch are split at random, corrected,
and compared with themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse
from sklearn.metrics import adjusted_rand_score, pairwise_distances
from sklearn.neighbors import NearestNeighbors

from aif.evaluation.metric import GRAPH_ONLY, LeftOut
from aif.evaluation.sample import judged_part
from aif.evaluation.space import EMBEDDING, judged_cells, log_expression, spaces_of
from aif.evaluation.unlabelled import clusters

NEIGHBOURS = 30
MOST_CELLS = 2000  # whose neighbours are looked up; a sample of more
FDR = 0.05
COLUMNS = ("space", "cells", "measure", "value", "before", "status", "reason")


@dataclass(frozen=True)
class State:
    """Cells before or after a correction.

    Attributes
    ----------
    cells
        `aif.evaluation.space.judged_cells`.
    expression
        (n, G) logarithms in which genes are tested.
    seed
        Seeds clusters and samples.
    """

    cells: ad.AnnData
    expression: np.ndarray | sparse.spmatrix
    seed: int

    @cached_property
    def clusters(self) -> np.ndarray:
        """The Leiden cluster (n,) of every cell."""
        return clusters(self.cells, self.seed)

    @cached_property
    def batch_genes(self) -> float:
        """The share of genes that are called different between batches."""
        return share_of_genes(self.expression, self.cells.obs["batch"].to_numpy())

    @cached_property
    def cluster_genes(self) -> float:
        """The share of genes that are called different between its own clusters."""
        return share_of_genes(self.expression, self.clusters)


def null_measures(
    corrected: ad.AnnData, reference: ad.AnnData, options: dict[str, Any]
) -> pd.DataFrame:
    """Return COLUMNS: a row per space and measure, with the value of the uncorrected cells beside it.

    `rank` is the median rank, after the correction, of a cell's NEIGHBOURS nearest before it, and
    `overlap` the share of them that still are among the nearest; `ARI` compares Leiden clusters
    before and after; `batch_genes` and `cluster_genes` are the shares of genes that are called
    different between batches and between clusters (Wilcoxon, FDR 5 %). An embedding has no genes:
    between its clusters the uncorrected ones are tested.

    Parameters
    ----------
    corrected
        As the contract of corrected.h5ad says.
    reference
        The uncorrected norm_log data, with the same cells in the same order.
    options
        n_pcs and seed.
    """
    n_pcs, seed = options["n_pcs"], options["seed"]
    expression = log_expression(corrected)
    untouched = reference.copy()
    untouched.uns["aif"] = {"output": "expression", "transform": "norm_log"}
    uncorrected = judged_cells(untouched, "expression", reference.X, n_pcs, seed)
    before = State(uncorrected, reference.X, seed)
    rows = []
    for space in spaces_of(corrected):
        cells = judged_cells(corrected, space, expression, n_pcs, seed)
        tested = expression if space == "expression" else reference.X
        after = State(cells, tested, seed)
        for measure, (compute, value_before) in _measures(before, after, space).items():
            ids = {"space": space, "cells": corrected.n_obs, "measure": measure}
            rows.append({**ids, **_row(compute, value_before)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judged_measures(
    corrected: ad.AnnData, reference: ad.AnnData, options: dict[str, Any]
) -> pd.DataFrame:
    """Return `null_measures`, of more than max_cells those of a sample.

    Parameters
    ----------
    corrected, reference
        As in `null_measures`; either may lie on disk.
    options
        max_cells, n_pcs and seed.
    """
    everything, drawn = np.ones(corrected.n_obs, bool), (options["max_cells"], options["seed"])
    try:
        return null_measures(*judged_part(corrected, reference, everything, *drawn), options)
    except LeftOut as error:
        return no_measures({"status": "left_out", "reason": str(error)})


def no_measures(why: dict[str, Any]) -> pd.DataFrame:
    """Return the row of a method of which nothing is measured, with its status and reason."""
    row = {"space": "", "cells": 0, "measure": "all"}
    row |= {name: why[name] for name in ("status", "reason")}
    return pd.DataFrame([row], columns=list(COLUMNS))


def _measures(
    before: State, after: State, space: str
) -> dict[str, tuple[Callable[[], float], Callable[[], float]]]:
    """Return what computes each measure, after and before."""

    def ranks() -> np.ndarray:
        if EMBEDDING not in after.cells.obsm:
            raise LeftOut(GRAPH_ONLY)
        places = (state.cells.obsm[EMBEDDING] for state in (before, after))
        return neighbour_ranks(*places, before.seed)

    def batch_genes() -> float:
        if space != "expression":
            raise LeftOut("it has no genes")
        return after.batch_genes

    k = min(NEIGHBOURS, len(before.cells) - 1)
    return {
        "rank": (lambda: np.median(ranks()), lambda: (k + 1) / 2),
        "overlap": (lambda: (ranks() <= k).mean(), lambda: 1.0),
        "ARI": (lambda: adjusted_rand_score(before.clusters, after.clusters), lambda: 1.0),
        "batch_genes": (batch_genes, lambda: before.batch_genes),
        "cluster_genes": (lambda: after.cluster_genes, lambda: before.cluster_genes),
    }


def _row(compute: Callable[[], float], value_before: Callable[[], float]) -> dict[str, Any]:
    try:
        return {
            "value": float(compute()),
            "before": float(value_before()),
            "status": "ok",
            "reason": "",
        }
    except LeftOut as error:
        return {"status": "left_out", "reason": str(error)}
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return {"status": "failed", "reason": reason}


def neighbour_ranks(before: np.ndarray, after: np.ndarray, seed: int) -> np.ndarray:
    """Return the ranks after (cells, NEIGHBOURS), from 1, of each cell's nearest before.

    Parameters
    ----------
    before, after
        (n, d) and (n, e), the same cells in two spaces.
    seed
        Draws MOST_CELLS where there are more.
    """
    n, k = len(before), min(NEIGHBOURS, len(before) - 1)
    asked = np.sort(np.random.default_rng(seed).permutation(n)[:MOST_CELLS])
    nearest = NearestNeighbors(n_neighbors=k).fit(before).kneighbors(return_distance=False)[asked]
    distances = pairwise_distances(after[asked], after)
    distances[np.arange(len(asked)), asked] = np.inf  # a cell is no neighbour of its own
    ranks = distances.argsort(axis=1).argsort(axis=1) + 1
    return np.take_along_axis(ranks, nearest, axis=1)


def share_of_genes(expression: np.ndarray | sparse.spmatrix, groups: np.ndarray) -> float:
    """Return the share of genes that differ between some group and all other cells.

    Wilcoxon's rank sum test of each gene, Benjamini-Hochberg within each group, at FDR (scanpy).
    Groups of one cell are not tested; with less than two groups no gene differs.
    """
    names, sizes = np.unique(groups.astype(str), return_counts=True)
    tested = [str(name) for name in names[sizes > 1]]
    if len(names) < 2 or not tested:
        return 0.0
    obs = pd.DataFrame({"group": pd.Categorical(groups.astype(str))})
    obs.index = obs.index.astype(str)
    cells = ad.AnnData(expression, obs=obs)
    sc.tl.rank_genes_groups(cells, "group", groups=tested, method="wilcoxon")
    called = np.zeros(cells.n_vars, dtype=bool)
    for name in tested:
        table = sc.get.rank_genes_groups_df(cells, name).set_index("names")
        called |= (table["pvals_adj"].reindex(cells.var_names) < FDR).to_numpy()
    return float(called.mean())
