"""Cells of one batch as a data set with pseudo-batches: data in which there is nothing to correct."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from aif.errors import InputError

FEWEST = 60  # cells of a batch, or the neighbours of a cell would be half of its pseudo-batch
PSEUDO_BATCHES = 2


def batch_to_split(batches: pd.Series, dataset: str, batch: str | None) -> str:
    """Return the batch that a null test splits.

    Parameters
    ----------
    batches
        (n,), the batch of every cell.
    dataset, batch
        As in `pseudo_batches`.

    Raises
    ------
    InputError
        If there is no such batch, or it has less than FEWEST cells.
    """
    sizes = batches.value_counts()
    name = sizes.idxmax() if batch is None else batch
    if name not in sizes:
        raise InputError(
            f"config: null_test.batches.{dataset}: there is no batch {name!r}; "
            f"give one of {sorted(sizes.index)}"
        )
    if sizes[name] < FEWEST:
        raise InputError(
            f"config: null_test: the batch of {dataset} to split, {name!r}, has {sizes[name]} cells, "
            f"and {FEWEST} are needed; name a larger one in null_test.batches, or only other data sets "
            "in null_test.datasets"
        )
    return name


def pseudo_batches(counts: ad.AnnData, dataset: str, batch: str | None, draw: int) -> ad.AnnData:
    """Return the cells of one batch, split at random into PSEUDO_BATCHES of equal size.

    Parameters
    ----------
    counts
        The raw form of a data set, with obs batch.
    dataset
        Its name, for messages.
    batch
        Whose cells are taken; None takes the largest batch.
    draw
        Seeds the split.

    Raises
    ------
    InputError
        If there is no such batch, or it has less than FEWEST cells.
    """
    name = batch_to_split(counts.obs["batch"], dataset, batch)
    cells = counts[(counts.obs["batch"] == name).to_numpy()].copy()
    places = np.random.default_rng(draw).permutation(cells.n_obs) % PSEUDO_BATCHES
    cells.obs["batch"] = pd.Categorical([f"pseudo_{place + 1}" for place in places])
    if "cell_type" in cells.obs:
        cells.obs["cell_type"] = cells.obs["cell_type"].cat.remove_unused_categories()
    return cells
