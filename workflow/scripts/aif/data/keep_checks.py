"""Checks of the columns of obs whose effect is to stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aif.data.checks import Check
from aif.data.covariates import is_continuous, numbers
from aif.errors import InputError

MOST_GROUPS = 0.1  # groups per cell; with more a column names samples or cells, and no condition


def check_covariates(
    obs: pd.DataFrame, dataset: str, batch_key: str, keep: Sequence[str]
) -> list[Check]:
    """Check the columns to keep; return what was found, a row for each.

    Parameters
    ----------
    obs
        Of a data set that has passed `aif.data.checks.check_dataset`.
    dataset, batch_key, keep
        Its name and keys in the config.

    Raises
    ------
    InputError
        At the first column that is not there, lacks values, has one value only, or too many to be groups.
    """
    found = []
    for name in keep:
        _check_kept_column(obs, name, f"datasets.{dataset}.keep")
        overlap = _overlap(numbers(obs[name]), obs[batch_key].astype(str))
        found.append(Check(dataset, f"keep {name}", *overlap))
    return found


def _check_kept_column(obs: pd.DataFrame, name: str, key: str) -> None:
    if name not in obs:
        raise InputError(f"{key}: obs has no column {name!r}; it has {list(obs.columns)}")
    column, missing = obs[name], int(obs[name].isna().sum())
    if missing:
        raise InputError(
            f"{key}: column {name!r} has no value for {missing} cells; fill or drop them"
        )
    if is_continuous(column) and not np.isfinite(column).all():
        raise InputError(f"{key}: column {name!r} has infinite values; replace or drop them")
    if column.nunique() < 2:
        raise InputError(
            f"{key}: column {name!r} is {column.iloc[0]} for all cells, so it has no effect; remove it"
        )
    if not is_continuous(column) and column.nunique() > max(2, MOST_GROUPS * len(obs)):
        raise InputError(
            f"{key}: column {name!r} has {column.nunique()} values for {len(obs)} cells, too many for "
            "groups; name a column of few groups or of numbers"
        )


def _overlap(values: pd.DataFrame, batches: pd.Series) -> tuple[str, str]:
    """Say whether a column's effect can be told from the batches': within some batch it must vary."""
    within = values - values.groupby(batches).transform("mean")
    if np.linalg.matrix_rank(within) == values.shape[1]:
        return "ok", "varies within batches, so its effect can be told from theirs"
    return (
        "warning",
        "some of its values never stand in one batch with others, so what they change cannot be told "
        "from what the batches change: too much or too little of it may stay",
    )
