"""The scib suite (Luecken et al. 2022), computed by the scib package on one graph and embedding."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial

import anndata as ad
import jax
import numpy as np
import pandas as pd
import platformdirs
import scanpy as sc
import scib
import scib_metrics
from scib.metrics.isolated_labels import get_isolated_labels
from scib_metrics.nearest_neighbors import NeighborsResults
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors

from aif.errors import InputError
from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut
from aif.evaluation.metrics import SCIB
from aif.evaluation.space import EMBEDDING

# jax need not look for other hardware and tell that there is none.
jax.config.update("jax_platforms", "cpu")
# scib-metrics' kBET is compiled anew for every number of cells, a second each, unless it is kept.
jax.config.update("jax_compilation_cache_dir", platformdirs.user_cache_dir("jax"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

CLUSTERS = "cluster"
KEYS = {"batch_key": "batch", "label_key": "cell_type"}
RESOLUTIONS = {f"{CLUSTERS}_{r}": r for r in scib.metrics.clustering.get_resolutions(n=10, max=2)}
LISI_NEIGHBOURS = 90  # scib's default
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
    me = scib.metrics
    embedded = {**KEYS, "embed": EMBEDDING, "verbose": False}
    calls = {
        "NMI": partial(me.nmi, cells, CLUSTERS, "cell_type"),
        "ARI": partial(me.ari, cells, CLUSTERS, "cell_type"),
        "ASW_label": partial(me.silhouette, cells, "cell_type", EMBEDDING),
        "isolated_labels_F1": partial(_of_isolated, cells, partial(isolated_f1, cells)),
        "isolated_labels_ASW": partial(
            _of_isolated, cells, partial(me.isolated_labels_asw, cells, **embedded)
        ),
        "cLISI": partial(_lisi, me.clisi_graph, cells, "cell_type"),
        "ASW_batch": partial(_asw_batch, cells, partial(me.silhouette_batch, cells, **embedded)),
        "PCR_comparison": partial(me.pcr_comparison, reference, cells, "batch", embed=EMBEDDING),
        "graph_connectivity": partial(me.graph_connectivity, cells, "cell_type"),
        "iLISI": partial(_lisi, me.ilisi_graph, cells, "batch"),
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


def isolated_f1(cells: ad.AnnData) -> float:
    """Return scib's isolated label F1 from the clusterings that `cluster` has left in obs.

    For every type that is in the fewest batches, the best F1 of any cluster of any resolution;
    their mean. scib's own function gives the same value, but clusters anew for each type and
    resolution, which took most of the time of a whole evaluation.
    """
    types = cells.obs["cell_type"]
    isolated = get_isolated_labels(cells, "cell_type", "batch", iso_threshold=None, verbose=False)
    best = []
    for name in RESOLUTIONS:
        both = pd.crosstab(types, cells.obs[name]).loc[isolated]
        of_type = types.value_counts()[isolated].to_numpy()[:, None]
        of_cluster = cells.obs[name].value_counts()[both.columns].to_numpy()
        best.append((2 * both / (of_type + of_cluster)).max(axis=1))
    return pd.concat(best, axis=1).max(axis=1).mean()


def kbet(cells: ad.AnnData) -> float:
    """Return the mean over cell types of scib-metrics' kBET: the share of cells that mix.

    A cell mixes if a chi-square test does not tell the batches of its neighbours from those of its
    type. The neighbours are those within the type, as many as Büttner et al. (2019) take: a quarter
    of the mean size of its batches, 10 to 70. Types of one batch or of less than 10 cells are left out.
    """
    shares = []
    for rows in cells.obs.groupby("cell_type", observed=True).indices.values():
        batches, space = cells.obs["batch"].to_numpy()[rows], cells.obsm[EMBEDDING][rows]
        sizes = np.unique(batches, return_counts=True)[1]
        if len(sizes) < 2 or len(rows) < 10:
            continue
        k = min(len(rows), int(np.clip(sizes.mean() // 4, 10, 70)))
        distances, indices = NearestNeighbors(n_neighbors=k).fit(space).kneighbors(space)
        nearest = NeighborsResults(indices=indices, distances=distances)
        shares.append(scib_metrics.kbet(nearest, batches)[0])
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


def _lisi(metric: Callable[..., float], cells: ad.AnnData, column: str) -> float:
    """Return scib's graph LISI, unless most cells have too few others to reach.

    scib counts such cells as unmixed without a word, so that its median would say nothing. It
    calls a compiled program, and does not look whether it ran.
    """
    _, part = connected_components(cells.obsp["connectivities"], directed=False)
    if np.mean(np.bincount(part)[part] <= LISI_NEIGHBOURS) > 0.5:
        raise LeftOut(f"most cells cannot reach {LISI_NEIGHBOURS} others on the neighbour graph")
    try:
        value = metric(cells, column, type_="knn", k0=LISI_NEIGHBOURS)
    except OSError:
        value = np.nan
    if np.isnan(value):
        raise InputError(
            "scib's LISI program did not run: install scib from its source distribution "
            "(pip install --no-binary scib scib; needs g++)"
        )
    return value
