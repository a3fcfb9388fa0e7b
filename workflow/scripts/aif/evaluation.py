"""Evaluation: the space a correction is judged in, all metrics, and a picture's coordinates."""

from __future__ import annotations

from functools import partial
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from sklearn.manifold import TSNE

from aif.metrics import Metric, tidy
from aif.original_metrics import Repetitions, original_rows
from aif.scib_suite import EMBEDDING, scib_rows

IDS = ("dataset", "method", "row", "seed")
COST = (
    Metric("seconds", "cost", high=None, better="lower", needs_labels=False),
    Metric("peak_memory_mb", "cost", high=None, better="lower", needs_labels=False),
)


def evaluate(
    corrected: ad.AnnData, reference: ad.AnnData, options: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all metrics of a correction, and the coordinates of its cells in the embedding.

    Parameters
    ----------
    corrected
        As the contract of corrected.h5ad says.
    reference
        The uncorrected norm_log data, with the same cells in the same order.
    options
        n_pcs, embedding, repetitions, subsample and seed.

    Returns
    -------
    The rows of metrics.tsv and of embedding.tsv
    """
    ids = {key: corrected.uns["aif"][key] for key in IDS}
    seed = options["seed"]
    obs = corrected.obs[[c for c in ("batch", "cell_type") if c in corrected.obs]].copy()
    space = evaluated_space(corrected, options["n_pcs"], seed)
    cells = ad.AnnData(obs=obs, obsm={EMBEDDING: space})
    sc.pp.neighbors(cells, use_rep=EMBEDDING, random_state=seed)
    before = ad.AnnData(principal_components(reference.X, options["n_pcs"], seed), obs=obs)
    picture = embed(cells, options["embedding"], seed)
    repetitions = Repetitions(options["repetitions"], options["subsample"], seed)
    rows = [
        *original_rows(cells, picture, repetitions),
        *scib_rows(cells, before, seed),
        *(metric.row(partial(corrected.uns["aif"].get, metric.name), True) for metric in COST),
    ]
    coordinates = obs.reset_index(names="cell").assign(x=picture[:, 0], y=picture[:, 1])
    coordinates = coordinates.reindex(columns=["cell", "batch", "cell_type", "x", "y"])
    coordinates.insert(0, "method", ids["method"])
    coordinates.insert(0, "dataset", ids["dataset"])
    return tidy(rows, ids), coordinates


def evaluated_space(corrected: ad.AnnData, n_pcs: int, seed: int) -> np.ndarray:
    """Return what a correction is judged in: its embedding, or components of its expression.

    Corrected counts and shares are brought to the scale of logarithms first (negative values as 0,
    normalise to the median library, log1p), as anybody would before looking at them.
    """
    info = corrected.uns["aif"]
    if info["output"] == "embedding":
        return np.asarray(corrected.obsm["X_corrected"], dtype=np.float32)
    x = corrected.X
    if info["transform"] != "norm_log":
        positive = ad.AnnData(np.clip(x, 0, None))
        sc.pp.normalize_total(positive)
        sc.pp.log1p(positive)
        x = positive.X
    return principal_components(x, n_pcs, seed)


def principal_components(x: Any, n_pcs: int, seed: int) -> np.ndarray:
    """Return the first components of (n, G) expression, fewer where cells or genes are few."""
    return sc.pp.pca(x, n_comps=min(n_pcs, min(x.shape) - 1), random_state=seed)


def embed(cells: ad.AnnData, name: str, seed: int) -> np.ndarray:
    """Return the coordinates (n, k) that the original's metrics are computed on.

    tsne and umap have 2 dimensions, pca the first 20 of the evaluated space.
    """
    space = cells.obsm[EMBEDDING]
    if name == "pca":
        return space[:, :20]
    if name == "umap":
        sc.tl.umap(cells, random_state=seed)
        return cells.obsm["X_umap"]
    perplexity = min(30, (len(space) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=1).fit_transform(space)
