"""Checks of the columns of obs whose effect is to stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aif.data.covariates import design, is_continuous, numbers, separable
from aif.errors import InputError
from aif.reading.notes import Note

MOST_GROUPS = 0.1  # groups per cell; with more a column names samples or cells, and no condition


def check_covariates(
    obs: pd.DataFrame, batches: pd.Series, keep: Sequence[str], key: str
) -> list[Note]:
    """Check the columns to keep; return what was found, a row or, where nothing is to be kept, none.

    Parameters
    ----------
    obs
        Of the file.
    batches
        (n,), the batch of every cell.
    keep
        The columns.
    key
        Their key in the config, for messages.

    Raises
    ------
    InputError
        At the first column that is not there, lacks values, has one value only, or too many to be groups.
    """
    for name in keep:
        _check_kept_column(obs, name, key)
    return [Note("keep", *_told_apart(obs, batches.astype(str), keep))] if keep else []


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


def _told_apart(obs: pd.DataFrame, batches: pd.Series, keep: Sequence[str]) -> tuple[str, str]:
    """Say whether the effects of the columns, alone and together, can be told from the batches'."""
    confounded = [name for name in keep if not separable(numbers(obs[name]), batches)]
    if not confounded and not separable(design(obs, keep), batches):
        confounded = list(keep)
    if not confounded:
        return "ok", f"{_with_kinds(obs, keep)}: can be told from the batches"
    return (
        "warning",
        f"what {_with_kinds(obs, confounded)} changes cannot be told from what the batches change, as no "
        "batches link all of its values: too much or too little of it may stay",
    )


def _with_kinds(obs: pd.DataFrame, names: Sequence[str]) -> str:
    """Return columns in words, with how each is taken."""
    kinds = (
        "numbers" if is_continuous(obs[name]) else f"{obs[name].nunique()} groups" for name in names
    )
    return " and ".join(f"{name} ({kind})" for name, kind in zip(names, kinds, strict=True))
