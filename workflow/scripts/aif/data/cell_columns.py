"""What is known of each cell, as the pages show it: columns of numbers, and columns of groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype

from aif.data.covariates import is_continuous

ALWAYS = ("batch", "cell_type")
MOST_GROUPS = 100  # more colours nobody tells apart: such columns name the cells
FEW_NUMBERS = 12  # so few different whole numbers are groups
OF_TABLES = ("dataset", "cell", "version")  # columns that all tables have


class CellColumns(NamedTuple):
    """The columns that cells can be coloured by, batch and cell type first, and which are numbers."""

    cells: pd.DataFrame
    numbers: list[str]


def cell_columns(obs: pd.DataFrame) -> CellColumns:
    """Return the columns of obs that are numbers, or groups of at least 2 and at most MOST_GROUPS.

    Infinite numbers are none. Names of groups are text.
    """
    shown, numbers = {name: obs[name].astype(object) for name in ALWAYS if name in obs}, []
    for name, values in obs.items():
        if name in shown or name in OF_TABLES:
            continue
        if is_continuous(values):
            finite = values.astype(object).where(np.isfinite(_floats(values)))
            if is_float_dtype(values) or values.nunique() > FEW_NUMBERS:
                finite = pd.Series(_floats(finite), obs.index)
                numbers += [name] if finite.nunique() > 1 else []
            values = finite
        if name in numbers or 1 < values.nunique() <= MOST_GROUPS:
            text = values.astype(object)
            shown[name] = values if name in numbers else text.where(text.isna(), text.astype(str))
    return CellColumns(pd.DataFrame(shown, index=obs.index), numbers)


def _floats(values: pd.Series) -> np.ndarray:
    return values.astype(object).where(values.notna(), np.nan).to_numpy(dtype=float)
