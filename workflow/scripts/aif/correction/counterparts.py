"""Which batches have cells like a cell, so that what the decoder shows of it there may be believed."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 10
MEMBERS = 10_000  # cells of a batch that are looked among, or this would be quadratic in the cells
STEEPNESS = 8  # how sharply belief is lost as likeness falls


def belief(likeness: np.ndarray, half: float) -> np.ndarray:
    """Return how far counterparts are believed, between 0 and 1; at a likeness of `half` to a half."""
    return 1 / (1 + (half / np.maximum(likeness, 1e-9)) ** STEEPNESS)


def likenesses(places: np.ndarray, batch: np.ndarray, known: np.ndarray, n: int) -> np.ndarray:
    """Return how like a cell are the cells of each batch that are nearest to it, (cells, n).

    If they are its counterparts, then what is nearest to them in the cell's batch, or among themselves,
    is as far from them as the cell is, or as they are from each other, and the quotient is near 1. If the
    cell's type is not in their batch, they are of another, are near to that type's cells and far from
    the cell. Distances are means over NEIGHBOURS cells, and a cell has the mean of the likenesses of the
    NEIGHBOURS nearest in its batch: a type needs about as many cells in both batches to be told apart.
    Of the known cells of a batch MEMBERS are looked among at most, drawn at random.

    Parameters
    ----------
    places
        (cells, d), of all cells, without what their batches have in common.
    batch
        (cells,), the index of each cell's batch.
    known
        (cells,) bool, which may be neighbours.
    n
        How many batches there are.
    """
    members = {index: np.flatnonzero(known & (batch == index)) for index in range(n)}
    members = {index: _some(own) for index, own in members.items() if len(own)}
    trees = {
        index: NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(own))).fit(places[own])
        for index, own in members.items()
    }
    among = {index: mean_distance(trees[index], places[own]) for index, own in members.items()}
    found = np.ones((len(places), n))
    for index, tree in trees.items():
        cells = np.flatnonzero(batch == index)
        around = members[index][tree.kneighbors(places[cells], return_distance=False)]
        for other in trees.keys() - {index}:
            distance, nearest = trees[other].kneighbors(places[cells])
            back = np.maximum(mean_distance(tree, places[members[other]]), among[other])
            far, likeness = distance.mean(1), np.ones(len(cells))
            np.divide(back[nearest].mean(1), far, out=likeness, where=far > 0)
            single = np.ones(len(places))
            single[cells] = np.minimum(likeness, 1)
            found[cells, other] = single[around].mean(1)
    return found


def mean_distance(tree: NearestNeighbors, places: np.ndarray) -> np.ndarray:
    """Return how far the neighbours in a tree are from places (cells, d), on the mean (cells,)."""
    return tree.kneighbors(places)[0].mean(1)


def _some(cells: np.ndarray) -> np.ndarray:
    """Return places of cells, of more than MEMBERS so many."""
    if len(cells) <= MEMBERS:
        return cells
    return np.sort(np.random.default_rng(0).choice(cells, MEMBERS, replace=False))
