"""The scib suite (Luecken et al. 2022), computed by the scib package on one graph and embedding."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial

import anndata as ad
import numpy as np
import scanpy as sc
import scib

from aif.metrics import LeftOut, Metric, values

EMBEDDING = "X_emb"
CLUSTERS = "cluster"
KEYS = {"batch_key": "batch", "label_key": "cell_type"}

BIO = (
    Metric("NMI", "scib"),
    Metric("ARI", "scib", low=-0.5),
    Metric("ASW_label", "scib"),
    Metric("isolated_labels_F1", "scib"),
    Metric("isolated_labels_ASW", "scib"),
    Metric("cLISI", "scib"),
)
BATCH = (
    Metric("ASW_batch", "scib"),
    Metric("PCR_comparison", "scib", needs_labels=False),
    Metric("graph_connectivity", "scib"),
    Metric("iLISI", "scib", needs_labels=False),
)
BIO_SCORE = Metric("bio_score", "scib")
BATCH_SCORE = Metric("batch_score", "scib", needs_labels=False)
OVERALL = Metric("overall", "scib")
BIO_SHARE = 0.6  # of the overall score; the batch score has the rest


def scib_rows(cells: ad.AnnData, reference: ad.AnnData, seed: int) -> list[dict[str, object]]:
    """Return the rows of all scib metrics and of its three scores.

    One set of Leiden clusterings serves NMI, ARI and the isolated labels: scib's own calls would
    cluster anew for each label and resolution, with the same result.

    Parameters
    ----------
    cells
        obs batch (and cell_type), obsm X_emb, and the neighbour graph of X_emb.
    reference
        The principal components of the uncorrected norm_log data in X, with obs batch.
    seed
        Seeds the clusterings.
    """
    has_labels = "cell_type" in cells.obs
    if has_labels:
        _cluster(cells, seed)
    calls = _calls(cells, reference)
    with contextlib.redirect_stdout(io.StringIO()):  # scib prints even when it is told not to
        rows = [m.row(calls[m.name], has_labels) for m in (*BIO, *BATCH)]
    return rows + _scores(rows, has_labels)


def _calls(cells: ad.AnnData, reference: ad.AnnData) -> dict[str, Callable[[], float]]:
    me = scib.metrics
    isolated = {**KEYS, "embed": EMBEDDING, "verbose": False}
    return {
        "NMI": partial(me.nmi, cells, "cell_type", CLUSTERS),
        "ARI": partial(me.ari, cells, "cell_type", CLUSTERS),
        "ASW_label": partial(me.silhouette, cells, "cell_type", EMBEDDING),
        "isolated_labels_F1": lambda: _isolated(
            cells, partial(me.isolated_labels_f1, cluster_key=CLUSTERS, **isolated)
        ),
        "isolated_labels_ASW": lambda: _isolated(cells, partial(me.isolated_labels_asw, **isolated)),
        "cLISI": lambda: _lisi(partial(me.clisi_graph, cells, "cell_type", type_="knn")),
        "ASW_batch": partial(
            me.silhouette_batch, cells, **KEYS, embed=EMBEDDING, verbose=False
        ),
        "PCR_comparison": partial(me.pcr_comparison, reference, cells, "batch", embed=EMBEDDING),
        "graph_connectivity": partial(me.graph_connectivity, cells, "cell_type"),
        "iLISI": lambda: _lisi(partial(me.ilisi_graph, cells, "batch", type_="knn")),
    }


def _cluster(cells: ad.AnnData, seed: int) -> None:
    """Cluster at all of scib's resolutions; keep the one with the best NMI under `CLUSTERS`."""
    for resolution in scib.metrics.clustering.get_resolutions(n=10, max=2):
        sc.tl.leiden(
            cells,
            resolution=resolution,
            key_added=f"{CLUSTERS}_{resolution}",
            flavor="igraph",
            n_iterations=2,
            directed=False,
            random_state=seed,
        )
    scib.metrics.cluster_optimal_resolution(
        cells, label_key="cell_type", cluster_key=CLUSTERS, verbose=False
    )


def _isolated(cells: ad.AnnData, metric: Callable[[ad.AnnData], float]) -> float:
    batches_of_type = cells.obs.groupby("cell_type", observed=True)["batch"].nunique()
    if batches_of_type.min() == cells.obs["batch"].nunique():
        raise LeftOut("every cell type is in every batch")
    return metric(cells)


def _lisi(metric: Callable[[], float]) -> float:
    value = metric()
    if np.isnan(value):
        raise RuntimeError(
            "scib's LISI program did not run; install scib from its source distribution with g++"
        )
    return value


def _scores(rows: list[dict[str, object]], has_labels: bool) -> list[dict[str, object]]:
    found = values(rows)

    def mean(metrics: tuple[Metric, ...]) -> float:
        present = [found[m.name] for m in metrics if m.name in found]
        if not present:
            raise LeftOut("none of its metrics could be computed")
        return float(np.mean(present))

    return [
        BIO_SCORE.row(lambda: mean(BIO), has_labels),
        BATCH_SCORE.row(lambda: mean(BATCH), has_labels),
        OVERALL.row(lambda: BIO_SHARE * mean(BIO) + (1 - BIO_SHARE) * mean(BATCH), has_labels),
    ]
