"""What is known of each cell, as the pages show it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aif.data.covariates import is_continuous

ALWAYS = ("batch", "cell_type")
MOST_GROUPS = 100  # more colours nobody tells apart: such columns name the cells
OF_TABLES = ("dataset", "cell", "version")  # columns that all tables have


def cell_columns(obs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of obs that cells can be coloured by, batch and cell type first.

    These are numbers, and groups of at least 2 and at most MOST_GROUPS. Infinite numbers are none.
    """
    shown = {name: obs[name] for name in ALWAYS if name in obs}
    for name, values in obs.items():
        if name in shown or name in OF_TABLES:
            continue
        if is_continuous(values):
            finite = values.where(np.isfinite(values.to_numpy(dtype=float, na_value=np.nan)))
            if finite.nunique() > 1:
                shown[name] = finite
        elif 1 < values.nunique() <= MOST_GROUPS:
            shown[name] = values.astype(object)
    return pd.DataFrame(shown, index=obs.index)
