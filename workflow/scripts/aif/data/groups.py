"""The batch and the cell type of every cell, from the columns that the config names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from aif.errors import InputError
from aif.reading.notes import Note

TOGETHER = " / "  # between the values of several columns that name the batch together
OWN_COLUMNS = ("batch", "cell_type", "held_out")  # columns of obs that the workflow gives a meaning


def with_groups(
    obs: pd.DataFrame,
    batch_key: str | Sequence[str],
    label_key: str | None,
    unlabelled: Sequence[str] = (),
    key: str = "",
) -> pd.DataFrame:
    """Return obs with batch and, if `label_key` names a column, cell_type; texts.

    A cell whose type is missing, or one of `unlabelled`, has none. Another column with a name of
    `OWN_COLUMNS` is renamed to `*_input`.

    Parameters
    ----------
    obs
        Of the file.
    batch_key, label_key, unlabelled
        As in the config; several columns name the batch by their combinations.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If a column is not there, a cell has no batch, or no cell has a type.
    """
    keys = [batch_key] if isinstance(batch_key, str) else list(batch_key)
    parts = [_column(obs, name, f"{key}.batch_key") for name in keys]
    for name, part in zip(keys, parts, strict=True):
        if part.isna().any():
            raise InputError(
                f"{key}.batch_key: column {name!r} has no value for {part.isna().sum()} cells; fill or "
                "drop them"
            )
    columns = {"batch": parts[0].str.cat(parts[1:], sep=TOGETHER) if len(parts) > 1 else parts[0]}
    if columns["batch"].nunique() < len(pd.concat(parts, axis=1).drop_duplicates()):
        raise InputError(
            f"{key}.batch_key: values of {', '.join(keys)} hold {TOGETHER!r}, so that two batches would "
            "have one name; rename them"
        )
    if label_key is not None:
        types = _column(obs, label_key, f"{key}.label_key")
        columns["cell_type"] = types.where(~types.isin(list(unlabelled)))
        if len(obs) and columns["cell_type"].isna().all():
            raise InputError(
                f"{key}.label_key: column {label_key!r} names no type; leave label_key out"
            )
    named = {"batch": keys[0] if len(keys) == 1 else None, "cell_type": label_key}
    result = obs.copy()
    for name in OWN_COLUMNS:
        if named.get(name) != name:
            result = result.rename(columns={name: free_name(f"{name}_input", result)})
    return result.assign(**{name: values.astype("category") for name, values in columns.items()})


def check_readable(
    obs: pd.DataFrame, notes: Sequence[Note], source: dict[str, Any], key: str
) -> None:
    """Accept a file of which no column that the config names could not be read.

    Parameters
    ----------
    obs
        Of the file.
    notes
        Of its reading.
    source, key
        The data set's entry in the config, and its key for messages.

    Raises
    ------
    InputError
        If one could not; it says why.
    """
    for name in ("batch_key", "label_key", "keep"):
        for column in [source[name]] if isinstance(source[name], str) else source[name] or []:
            lost = [note for note in notes if f"obs column {column!r} cannot be" in note.message]
            if column not in obs and lost:
                raise InputError(f"{key}.{name}: {lost[0].message}; save it as text or numbers")


def free_name(name: str, obs: pd.DataFrame) -> str:
    """Return a name that no column has: this one, with as many underscores as it takes."""
    while name in obs:
        name += "_"
    return name


def _column(obs: pd.DataFrame, name: str, key: str) -> pd.Series:
    """Return a column by `as_names`."""
    if name not in obs:
        raise InputError(f"{key}: obs has no column {name!r}; it has {list(obs.columns)}")
    return as_names(obs[name])


def as_names(column: pd.Series) -> pd.Series:
    """Return a column as texts without blanks at their ends, 1.0 as 1; NaN where nothing is named."""
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    texts = column.astype(str).astype(object).str.strip()
    if pd.api.types.is_float_dtype(column.cat.categories if categorical else column):
        texts = texts.str.removesuffix(".0")
    return texts.where(column.notna() & (texts != ""), np.nan)
