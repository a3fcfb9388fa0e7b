"""The sample of the cells that is judged where judging all would not end."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from aif.evaluation.metric import LeftOut

# Most neighbours of a cell are not in a sample.
GRAPH_OF_MANY = (
    "a neighbour graph cannot be judged by a sample of its cells; raise evaluation.max_cells"
)


def on_disk(path: str | Path) -> ad.AnnData:
    """Return a data set whose X stays in its file (anndata's backed mode), which there may be none of."""
    stored = ad.read_h5ad(path, backed="r")
    if "X" in stored.file:
        return stored
    stored.file.close()
    return ad.read_h5ad(path)  # parts of what has no X cannot be taken from its file


def judged_part(
    corrected: ad.AnnData, reference: ad.AnnData, mask: np.ndarray, most: int, seed: int
) -> tuple[ad.AnnData, ad.AnnData]:
    """Return the cells of a correction and of its reference that are judged, in memory.

    Parameters
    ----------
    corrected, reference
        The same cells in the same order; either may lie on disk (anndata's backed mode).
    mask, most, seed
        As in `sampled`.

    Raises
    ------
    LeftOut
        If a sample would have to be drawn of a neighbour graph.
    """
    rows = sampled(corrected.obs, mask, most, seed)
    if len(rows) < mask.sum() and corrected.uns["aif"]["output"] == "graph":
        raise LeftOut(GRAPH_OF_MANY)
    return corrected[rows].to_memory(), reference[rows].to_memory()


def sampled(obs: pd.DataFrame, mask: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return the places of the cells that are judged, in their order: all of the mask, or `most` of it.

    Cells are drawn from every batch, and where cell types are known from every type of every batch, in
    proportion, to less than a cell: at equal steps along the cells, which lie group by group. Groups, and
    cells within them, are in an order by chance, so that no type of many batches always falls between steps.

    Parameters
    ----------
    obs
        With batch and, where known, cell_type.
    mask
        (n,) bool, the cells to draw from.
    most
        How many cells are judged at most.
    seed
        Seeds the draw.
    """
    places = np.flatnonzero(mask)
    if len(places) <= most:
        return places
    columns = [column for column in ("batch", "cell_type") if column in obs]
    groups = obs[columns].iloc[places].astype(str).groupby(columns).ngroup().to_numpy()
    rng = np.random.default_rng(seed)
    order_of_groups = rng.permutation(groups.max() + 1)[groups]
    along = np.lexsort((rng.random(len(places)), order_of_groups))
    steps = ((np.arange(most) + 0.5) * len(places) / most).astype(int)
    return np.sort(places[along[steps]])
