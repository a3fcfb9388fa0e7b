"""The batch and the cell type of every cell, from the columns that the config names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from aif.errors import InputError
from aif.reading.genes import as_names
from aif.reading.notes import LACKING, Note

TOGETHER = " / "  # between the values of several columns that name the batch together
OWN_COLUMNS = ("batch", "cell_type", "held_out")  # columns of obs that the workflow gives a meaning
RENAMED = "renamed"  # in attrs of obs: what such columns of the file are called now


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
    result, renamed = obs.copy(), {}
    for name in OWN_COLUMNS:
        if name in result and named.get(name) != name:
            renamed[name] = free_name(f"{name}_input", result)
    result = result.rename(columns=renamed)
    result = result.assign(**{name: values.astype("category") for name, values in columns.items()})
    result.attrs[RENAMED] = renamed
    return result


def renamed_notes(obs: pd.DataFrame) -> list[Note]:
    """Return a note if columns of the file are kept under another name; obs as `with_groups` makes it."""
    renamed = obs.attrs.get(RENAMED)
    if not renamed:
        return []
    said = ", ".join(f"{name} as {new}" for name, new in renamed.items())
    return [
        Note("renamed columns", "ok", f"the file's own columns are kept under other names: {said}")
    ]


def check_readable(
    obs: pd.DataFrame, notes: Sequence[Note], source: dict[str, Any], key: str
) -> None:
    """Accept a file of which no column that the config names could not be read, in any of its samples.

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
            if lost and (column not in obs or obs[column].isna().any()):
                raise InputError(f"{key}.{name}: {lost[0].message}; save it as text or numbers")
            if name == "label_key" or column not in obs or obs[column].notna().all():
                continue
            of_some = [n for n in notes if n.check == LACKING and repr(column) in n.message]
            if of_some:
                raise InputError(
                    f"{key}.{name}: not all samples have column {column!r} ({of_some[0].message}); add it "
                    "to all of them, or name another one"
                )


def free_name(name: str, obs: pd.DataFrame) -> str:
    """Return a name that no column has: this one, with as many underscores as it takes."""
    while name in obs:
        name += "_"
    return name


def _column(obs: pd.DataFrame, name: str, key: str) -> pd.Series:
    """Return a column by `as_names`."""
    if name not in obs:
        hint = suffix_hint(obs.index) if key.endswith(".batch_key") else ""
        raise InputError(f"{key}: obs has no column {name!r}; it has {list(obs.columns)}{hint}")
    return as_names(obs[name])


def suffix_hint(names: pd.Index) -> str:
    """Return what to do where cells' names end in a few numbers of samples, nothing else."""
    ends = {name.rpartition("-")[2] for name in names}
    if not 1 < len(ends) <= len(names) / 10:
        return ""
    some = ", ".join(sorted(ends)[:3])
    return f"; cells' names end in {some}: barcode_suffix makes a column of these"
