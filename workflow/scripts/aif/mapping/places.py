"""Places in a picture for new cells and for those of the model that they were mapped on."""

from __future__ import annotations

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from sklearn.manifold import TSNE

MOST = 2500  # cells of each kind that are drawn
PLACES = ("dataset", "cells", "x", "y", "batch", "cell_type", "confidence")
NEW, KNOWN = "new", "reference"  # in the column cells


def places(new: str, reference: str | None, dataset: str, seed: int) -> pd.DataFrame:
    """Return PLACES of new cells and, if they are there, of those of the reference, a sample of many.

    They are of one t-SNE of `obsm["X_corrected"]`. The type of a new cell is the name it got.

    Parameters
    ----------
    new, reference
        Paths of corrected.h5ad files.
    dataset
        What the new cells are called.
    seed
        Draws the samples and the t-SNE.
    """
    rng = np.random.default_rng(seed)
    paths = {NEW: new} if reference is None else {KNOWN: reference, NEW: new}
    parts = [_drawn(path, kind, rng) for kind, path in paths.items()]
    space = np.concatenate([embedding for embedding, _ in parts])
    table = pd.concat([cells for _, cells in parts], ignore_index=True)
    if space.shape[1] == 1:  # a picture has two dimensions
        space = np.column_stack([space, np.zeros_like(space)])
    init = "pca" if np.ptp(space, axis=0).any() else "random"
    perplexity = min(30, (len(space) - 1) / 3)
    drawn = TSNE(perplexity=perplexity, init=init, random_state=seed, n_jobs=1).fit_transform(space)
    return table.assign(dataset=dataset, x=drawn[:, 0], y=drawn[:, 1])[list(PLACES)]


def _drawn(path: str, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the embedding of some cells of a file, and what is known of them."""
    with h5py.File(path) as file:
        obs = ad.io.read_elem(file["obs"])
        rows = np.sort(rng.permutation(len(obs))[:MOST])
        embedding = file["obsm/X_corrected"][rows]
    obs = obs.iloc[rows]
    types = "named_type" if kind == NEW else "cell_type"
    table = pd.DataFrame(
        {
            "cells": kind,
            "batch": obs["batch"].astype(str).to_numpy(),
            "cell_type": obs[types].astype(object).to_numpy() if types in obs else None,
            "confidence": obs["confidence"].to_numpy()
            if kind == NEW and "confidence" in obs
            else np.nan,
        }
    )
    return embedding, table
