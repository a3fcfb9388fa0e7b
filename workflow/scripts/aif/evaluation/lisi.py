"""LISI of all cells at once: the definition of Korsunsky et al. 2019, as harmonypy and scib have it.

Both look at one cell after the other, and find the same neighbours anew for every column: at 20,000 cells
that took more time than all other metrics of theirs.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import scib
from scipy import io, sparse
from sklearn.neighbors import NearestNeighbors

TOLERANCE, MOST_TRIES = 1e-5, 50  # of the search for a cell's bandwidth, as both packages have them
NEAR = 3  # other cells that are looked at, as a multiple of the perplexity


def lisi(space: np.ndarray, groups: np.ndarray, perplexity: int) -> np.ndarray:
    """Return LISI (n,) of places, harmonypy's; -1 where all neighbours are too far to count.

    Parameters
    ----------
    space
        (n, k), places of the cells.
    groups
        (n,), of each cell.
    perplexity
        How many neighbours count, in effect.
    """
    near = NearestNeighbors(n_neighbors=NEAR * perplexity).fit(space.astype(float))
    distances, neighbours = near.kneighbors()
    codes = pd.factorize(groups)[0]
    return 1 / simpson(neighbour_weights(distances, perplexity), codes[neighbours])


def graph_neighbours(graph: sparse.spmatrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances and indices (m, k) of what is near on a graph, by scib's compiled program.

    Rows of cells that reach less than k others end in NaN; cells that reach hardly any have no row.

    Raises
    ------
    OSError
        If the program does not run, or writes nothing.
    """
    program = Path(scib.__file__).parent / "knn_graph/knn_graph.o"
    with tempfile.TemporaryDirectory(prefix="lisi_") as folder:
        path, found = f"{folder}/graph.mtx", f"{folder}/found"
        io.mmwrite(path, graph, symmetry="general")
        subprocess.run([program, path, found, str(k), "1", "100"])
        files = [Path(f"{found}_{kind}_0.txt") for kind in ("distances", "indices")]
        if not files[1].stat().st_size:
            raise OSError("no neighbours were found")
        names = ["cell", *range(k)]
        distances, indices = (
            pd.read_csv(file, header=None, names=names, index_col="cell").to_numpy()
            for file in files
        )
    return distances, indices - 1  # the program counts from 1


def neighbour_weights(distances: np.ndarray, perplexity: float) -> np.ndarray:
    """Return what each neighbour (n, k) of a cell weighs, so that `perplexity` of them count in effect.

    Weights fall exponentially with the distance, at a rate that is searched for by halving. All are 0 where
    even the nearest is too far.
    """
    n = len(distances)
    rate, lowest, highest = np.ones(n), np.full(n, -np.inf), np.full(n, np.inf)
    weights, entropy = _weights(distances, rate)
    for _ in range(MOST_TRIES):
        excess = entropy - np.log(perplexity)
        searched = np.flatnonzero(np.abs(excess) > TOLERANCE)
        if not len(searched):
            break
        wide = excess[searched] > 0
        own = rate[searched]
        lowest[searched] = np.where(wide, own, lowest[searched])
        highest[searched] = np.where(wide, highest[searched], own)
        low, high = lowest[searched], highest[searched]
        rate[searched] = np.where(
            wide,
            np.where(np.isinf(high), own * 2, (own + high) / 2),
            np.where(np.isinf(low), own / 2, (own + low) / 2),
        )
        weights[searched], entropy[searched] = _weights(distances[searched], rate[searched])
    weights[entropy == 0] = 0
    return weights


def _weights(distances: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised weights (n, k) at the rates (n,), and their entropies (n,); 0 where all vanish."""
    weights = np.exp(-distances * rate[:, None])
    total = weights.sum(axis=1)
    there = total > 0
    weights /= np.where(there, total, 1)[:, None]
    entropy = np.log(np.where(there, total, 1)) + rate * (distances * weights).sum(axis=1)
    return weights, np.where(there, entropy, 0)


def simpson(weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return Simpson's index (n,): the chance that two neighbours are of one group; -1 without weights.

    Parameters
    ----------
    weights, groups
        (n, k), of the neighbours of each cell; groups count from 0.
    """
    shares = [(weights * (groups == group)).sum(axis=1) for group in range(groups.max() + 1)]
    index = np.sum(np.square(shares), axis=0)
    return np.where(weights.any(axis=1), index, -1)
