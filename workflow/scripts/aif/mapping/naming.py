"""Types of new cells, by their neighbours among cells whose types are known."""

from __future__ import annotations

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

UNKNOWN = "unknown"
NAMES = ("dataset", "cell", "batch", "cell_type", "confidence")  # the columns of names.tsv
MOST = 20_000  # cells of the reference that are looked at, of each type its share and at least FEW
FEW = 50
FAR = 0.99  # of the reference's cells are nearer to their neighbours than what counts as far
SAMPLED = 2000  # cells of the reference by which that is measured


def read_reference_cells(path: str) -> tuple[np.ndarray, pd.Series] | None:
    """Return latent means (N, d) and types (N,) of the cells of a corrected.h5ad that have a type.

    None if it has no types, or no correction.
    """
    with h5py.File(path) as file:
        if "X_aif" not in file["obsm"] or "cell_type" not in file["obs"]:
            return None
        types = pd.Series(ad.io.read_elem(file["obs/cell_type"]))
        latent = np.asarray(file["obsm/X_aif"])
    known = types.notna().to_numpy()
    return latent[known], types[known].astype(str).reset_index(drop=True)


def names_of(
    latent: np.ndarray,
    reference: np.ndarray,
    types: pd.Series,
    neighbours: int,
    confidence: float,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a name and its confidence for every new cell, (n, 2).

    A cell's neighbours vote, each with the weight exp(-(d / d̄)²) of its distance d, d̄ being their mean.
    The confidence is the share of the votes for the name, times f / d̄ where the cell is farther from its
    neighbours than f, as nearly all cells of the reference are not from theirs.

    Parameters
    ----------
    latent
        (n, d), of new cells.
    reference, types
        (N, d) and (N,), of cells whose type is known.
    neighbours
        How many vote; fewer where the reference has fewer.
    confidence
        Cells below it are called UNKNOWN.
    seed
        Draws the cells that are looked at where there are many.
    """
    rows = sampled(types, seed)
    places, codes = reference[rows], types.iloc[rows].astype("category")
    k = min(neighbours, len(rows))
    tree = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(places)
    distances, found = tree.kneighbors(latent)
    mean = distances.mean(axis=1)
    relative = distances / np.where(mean > 0, mean, 1)[:, None]
    weights = np.exp(-(relative**2))
    votes = np.zeros((len(latent), len(codes.cat.categories)))
    of_type = codes.cat.codes.to_numpy()[found]
    np.add.at(votes, (np.arange(len(latent))[:, None], of_type), weights)
    share = votes.max(axis=1) / votes.sum(axis=1)
    near = np.minimum(1, far_distance(tree, places, k, seed) / np.maximum(mean, 1e-12))
    sure = share * near
    names = codes.cat.categories.to_numpy(object)[votes.argmax(axis=1)]
    return pd.DataFrame(
        {"cell_type": np.where(sure >= confidence, names, UNKNOWN), "confidence": sure}
    )


def far_distance(tree: NearestNeighbors, places: np.ndarray, k: int, seed: int) -> float:
    """Return how far from its k neighbours a cell of the reference hardly ever is; ∞ where it is alone."""
    if len(places) <= k:
        return np.inf
    rows = np.random.default_rng(seed).permutation(len(places))[:SAMPLED]
    distances = tree.kneighbors(places[rows], n_neighbors=k + 1)[0][:, 1:]
    return float(np.quantile(distances.mean(axis=1), FAR))


def sampled(types: pd.Series, seed: int) -> np.ndarray:
    """Return the rows of the reference that are looked at: all, or MOST drawn by type."""
    if len(types) <= MOST:
        return np.arange(len(types))
    rng = np.random.default_rng(seed)
    rows = []
    for own in types.groupby(types).indices.values():
        n = min(len(own), max(FEW, round(MOST * len(own) / len(types))))
        rows.append(rng.choice(own, n, replace=False))
    return np.sort(np.concatenate(rows))


def confusion(own: pd.Series, names: pd.Series, dataset: str) -> pd.DataFrame:
    """Return how many cells of each type of their own (n,) got each name (n,), 0 left out."""
    pairs = pd.DataFrame({"cell_type": own.to_numpy(), "other_type": names.to_numpy()}).dropna()
    sizes = pairs.astype(str).value_counts(sort=False).rename("n_cells").reset_index()
    return sizes.assign(dataset=dataset)[["dataset", "cell_type", "other_type", "n_cells"]]
