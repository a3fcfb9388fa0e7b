"""The scib suite (Luecken et al. 2022), computed by the scib package on one graph and embedding."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import cache, cached_property, partial

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
import scib
from scib.metrics.isolated_labels import get_isolated_labels
from scipy.sparse.csgraph import connected_components
from scipy.stats import chisquare
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import NearestNeighbors

from aif.errors import InputError
from aif.evaluation.lisi import graph_neighbours, neighbour_weights, simpson
from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut
from aif.evaluation.metrics import SCIB
from aif.evaluation.space import EMBEDDING

CLUSTERS = "cluster"
KEYS = {"batch_key": "batch", "label_key": "cell_type"}
RESOLUTIONS = {f"{CLUSTERS}_{r}": r for r in scib.metrics.clustering.get_resolutions(n=10, max=2)}
LISI_NEIGHBOURS = 90  # scib's default
ALPHA = 0.05  # of kBET's tests
OF_EMBEDDINGS = ("ASW_label", "isolated_labels_ASW", "ASW_batch", "PCR_comparison", "kBET")


def scib_rows(cells: ad.AnnData, reference: ad.AnnData, seed: int) -> list[dict[str, object]]:
    """Return the rows of all scib metrics.

    Parameters
    ----------
    cells
        obs batch (and cell_type), a neighbour graph, and obsm X_emb unless the method returns the
        graph alone. Clusterings are added to obs.
    reference
        The principal components of the uncorrected norm_log data in X.
    seed
        Seeds the clusterings.

    Raises
    ------
    InputError
        If scib's LISI program does not run.
    """
    groups = Groups.of(cells.obs)
    with contextlib.redirect_stdout(io.StringIO()):  # scib prints even when it is told not to
        if groups.types:
            cluster(cells, seed)
        calls = scib_calls(cells, reference)
        return [metric.row(calls[metric.name], groups) for metric in SCIB]


def scib_calls(cells: ad.AnnData, reference: ad.AnnData) -> dict[str, Callable[[], float]]:
    """Return the call behind every metric of the suite."""
    me, on_graph = scib.metrics, GraphLisi(cells)

    @cache
    def widths() -> np.ndarray:
        return silhouette_samples(cells.obsm[EMBEDDING], cells.obs["cell_type"])

    embedded = {**KEYS, "embed": EMBEDDING, "verbose": False}
    calls = {
        "NMI": partial(me.nmi, cells, CLUSTERS, "cell_type"),
        "ARI": partial(me.ari, cells, CLUSTERS, "cell_type"),
        "ASW_label": lambda: (widths().mean() + 1) / 2,
        "isolated_labels_F1": partial(_of_isolated, cells, partial(isolated_f1, cells)),
        "isolated_labels_ASW": partial(_of_isolated, cells, lambda: isolated_asw(cells, widths())),
        "cLISI": on_graph.of_types,
        "ASW_batch": partial(_asw_batch, cells, partial(me.silhouette_batch, cells, **embedded)),
        "PCR_comparison": partial(me.pcr_comparison, reference, cells, "batch", embed=EMBEDDING),
        "graph_connectivity": partial(me.graph_connectivity, cells, "cell_type"),
        "iLISI": on_graph.of_batches,
        "kBET": partial(kbet, cells),
    }
    if EMBEDDING not in cells.obsm:
        calls |= dict.fromkeys(OF_EMBEDDINGS, _no_embedding)
    return calls


def cluster(cells: ad.AnnData, seed: int) -> None:
    """Cluster at all of scib's resolutions, and keep the one with the best NMI as `CLUSTERS`.

    These columns of obs serve NMI, ARI and all isolated labels.
    """
    nmi = {}
    for name, resolution in RESOLUTIONS.items():
        sc.tl.leiden(
            cells,
            resolution=resolution,
            key_added=name,
            flavor="igraph",
            n_iterations=2,
            directed=False,
            random_state=seed,
        )
        nmi[name] = scib.metrics.nmi(cells, name, "cell_type")
    cells.obs[CLUSTERS] = cells.obs[max(nmi, key=nmi.get)]


def isolated(cells: ad.AnnData) -> list[str]:
    """Return scib's isolated labels: the types that are in the fewest batches."""
    return get_isolated_labels(cells, "cell_type", "batch", iso_threshold=None, verbose=False)


def isolated_asw(cells: ad.AnnData, widths: np.ndarray) -> float:
    """Return scib's isolated label silhouette from the widths (n,) of all cells, which ASW_label has, too."""
    by_type = pd.Series(widths).groupby(cells.obs["cell_type"].to_numpy(), observed=True).mean()
    return float((by_type[isolated(cells)].mean() + 1) / 2)


def isolated_f1(cells: ad.AnnData) -> float:
    """Return scib's isolated label F1 from the clusterings that `cluster` has left in obs.

    For every type that is in the fewest batches, the best F1 of any cluster of any resolution;
    their mean. scib's own function gives the same value, but clusters anew for each type and
    resolution, which took most of the time of a whole evaluation.
    """
    types = cells.obs["cell_type"]
    labels, best = isolated(cells), []
    for name in RESOLUTIONS:
        both = pd.crosstab(types, cells.obs[name]).loc[labels]
        of_type = types.value_counts()[labels].to_numpy()[:, None]
        of_cluster = cells.obs[name].value_counts()[both.columns].to_numpy()
        best.append((2 * both / (of_type + of_cluster)).max(axis=1))
    return pd.concat(best, axis=1).max(axis=1).mean()


def kbet(cells: ad.AnnData) -> float:
    """Return the mean over cell types of the share of cells that mix, as scib-metrics' kBET has it.

    A cell mixes if a chi-square test does not tell the batches of its neighbours from those of its
    type. The neighbours are those within the type, as many as Büttner et al. (2019) take: a quarter
    of the mean size of its batches, 10 to 70. Types of one batch or of less than 10 cells are left out.
    scib-metrics itself is compiled anew for every number of cells, which takes longer than all of this.
    """
    shares = []
    for rows in cells.obs.groupby("cell_type", observed=True).indices.values():
        batches, space = cells.obs["batch"].to_numpy()[rows], cells.obsm[EMBEDDING][rows]
        codes, sizes = np.unique(batches, return_inverse=True, return_counts=True)[1:]
        if len(sizes) < 2 or len(rows) < 10:
            continue
        k = min(len(rows), int(np.clip(sizes.mean() // 4, 10, 70)))
        around = codes[NearestNeighbors(n_neighbors=k).fit(space).kneighbors(space)[1]]
        observed = np.stack([(around == code).sum(axis=1) for code in range(len(sizes))], axis=1)
        shares.append(np.mean(chisquare(observed, k * sizes / len(rows), axis=1).pvalue >= ALPHA))
    if not shares:
        raise LeftOut("no cell type has 10 cells in more than one batch")
    return float(np.mean(shares))


def _no_embedding() -> float:
    raise LeftOut(GRAPH_ONLY)


def _batches_of_types(cells: ad.AnnData) -> np.ndarray:
    return cells.obs.groupby("cell_type", observed=True)["batch"].nunique().to_numpy()


def _of_isolated(cells: ad.AnnData, metric: Callable[[], float]) -> float:
    if (_batches_of_types(cells) == cells.obs["batch"].nunique()).all():
        raise LeftOut("every cell type is in every batch")
    return metric()


def _asw_batch(cells: ad.AnnData, metric: Callable[[], float]) -> float:
    if (_batches_of_types(cells) == 1).all():
        raise LeftOut("no cell type is in more than one batch")
    return metric()


class GraphLisi:
    """scib's LISI on the neighbour graph of cells, whose neighbours are found once for both columns."""

    def __init__(self, cells: ad.AnnData) -> None:
        self.cells = cells

    def of_batches(self) -> float:
        """Return iLISI."""
        return (self._median("batch") - 1) / (self.cells.obs["batch"].nunique() - 1)

    def of_types(self) -> float:
        """Return cLISI."""
        n_types = self.cells.obs["cell_type"].nunique()
        return (n_types - self._median("cell_type")) / (n_types - 1)

    def _median(self, column: str) -> float:
        """Return the median of LISI, in which a cell that reaches too few others is unmixed."""
        weights, neighbours, n_too_few = self._near
        codes = self.cells.obs[column].astype("category").cat.codes.to_numpy()
        index = simpson(weights, codes[neighbours])
        return float(np.median(np.append(1 / index, np.ones(n_too_few))))

    @cached_property
    def _near(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Weights and indices (m, LISI_NEIGHBOURS) of cells that reach so many others, and how many do not.

        Raises
        ------
        LeftOut
            If these are less than half of the cells: the median would say nothing.
        InputError
            If scib's program does not run.
        """
        graph = self.cells.obsp["connectivities"]
        _, part = connected_components(graph, directed=False)
        if np.mean(np.bincount(part)[part] <= LISI_NEIGHBOURS) > 0.5:
            raise LeftOut(
                f"most cells cannot reach {LISI_NEIGHBOURS} others on the neighbour graph"
            )
        try:
            distances, neighbours = graph_neighbours(graph, LISI_NEIGHBOURS)
        except OSError as error:
            raise InputError(
                "scib's LISI program did not run: install scib from its source distribution "
                "(pip install --no-binary scib scib; needs g++)"
            ) from error
        whole = ~np.isnan(neighbours).any(axis=1)
        weights = neighbour_weights(distances[whole], LISI_NEIGHBOURS // 3)
        return weights, neighbours[whole].astype(int), int((~whole).sum())
