"""The sample of the cells that is judged where judging all would not end."""

from __future__ import annotations

import numpy as np
import pandas as pd


def sampled(obs: pd.DataFrame, mask: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return the places of the cells that are judged, in their order: all of the mask, or about `most`.

    Every batch, and where cell types are known every type of every batch, gives the same share, rounded to
    whole cells. So a type with less cells than one in two of these shares may be left out.

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
    groups = obs[columns].iloc[places].astype(str).assign(place=places).groupby(columns)
    drawn = groups.sample(frac=most / len(places), random_state=seed)["place"]
    return np.sort(drawn.to_numpy())
