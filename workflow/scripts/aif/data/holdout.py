"""Cells that a training does not see, to be scored apart."""

from __future__ import annotations

import numpy as np
import pandas as pd


def held_out(obs: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """Return which cells to hold out, (n,) bool.

    Every batch, and where cell types are known every type of every batch, gives the same share,
    rounded to whole cells; so groups of a few cells may stay whole.

    Parameters
    ----------
    obs
        With batch and, where known, cell_type.
    share
        Up to 1/2, so that every group keeps a cell to train on.
    seed
        Seeds the draw.
    """
    columns = [column for column in ("batch", "cell_type") if column in obs]
    groups = obs[columns].astype(str).assign(position=np.arange(len(obs))).groupby(columns)
    mask = np.zeros(len(obs), dtype=bool)
    mask[groups.sample(frac=share, random_state=seed)["position"]] = True
    return mask


def cell_groups(held_out: np.ndarray) -> dict[str, np.ndarray]:
    """Return the cells to score apart, (n,) bool by name: all, or where some were held out, both.

    Parameters
    ----------
    held_out
        (n,) bool.
    """
    if not held_out.any():
        return {"all": ~held_out}
    return {"train": ~held_out, "heldout": held_out}
