"""Silhouettes of many samples of the same cells, by one pass over the distances of all of them."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import pairwise_distances_chunked


def mean_silhouettes(space: np.ndarray, groupings: list[np.ndarray]) -> list[float]:
    """Return the mean silhouette (Rousseeuw 1987) of every grouping, as scikit-learn's silhouette_score.

    Parameters
    ----------
    space
        (n, k), places of the cells.
    groupings
        Of each, the groups of the cells (n,), counted from 0; -1 are cells that it leaves out.
    """
    members = [np.eye(codes.max() + 1)[codes] * (codes >= 0)[:, None] for codes in groupings]
    together = np.hstack(members)
    chunks = pairwise_distances_chunked(
        space.astype(float), reduce_func=lambda distances, start: distances @ together
    )
    sums = np.split(
        np.vstack(list(chunks)), np.cumsum([own.shape[1] for own in members])[:-1], axis=1
    )
    return [_mean(*parts) for parts in zip(sums, groupings, strict=True)]


def _mean(sums: np.ndarray, codes: np.ndarray) -> float:
    """Return the mean silhouette of the cells that have a group.

    Parameters
    ----------
    sums
        (n, groups), of the distances of each cell to the members of each group.
    codes
        (n,), its own group.
    """
    there = np.flatnonzero(codes >= 0)
    own, sizes = codes[there], np.bincount(codes[there])
    rows, means = np.arange(len(there)), sums[there] / sizes
    within = sums[there, own] / np.maximum(sizes[own] - 1, 1)
    means[rows, own] = np.inf
    between = means.min(axis=1)
    wider = np.maximum(within, between)
    compared = (sizes[own] > 1) & (wider > 0)  # a cell that is alone, or all of one place, has 0
    return float(np.divide(between - within, wider, out=np.zeros(len(own)), where=compared).mean())
