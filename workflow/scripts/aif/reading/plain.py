"""Columns of cells and genes in types that every version of anndata writes and reads."""

from __future__ import annotations

import pandas as pd


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of numbers, truth values and categories of text; the names stay.

    Texts, dates and whatever else a file may hold become categories, a missing value stays missing.
    The index loses its name, which may be that of a column.
    """
    columns = {str(name): _plain(values) for name, values in table.items() if str(name) != "_index"}
    index = pd.Index(table.index.astype(str).to_numpy(object), dtype=object)
    return pd.DataFrame({name: v.set_axis(index) for name, v in columns.items()}, index=index)


def _plain(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        if pd.api.types.is_numeric_dtype(values.cat.categories.dtype):
            return values
        names = values.cat.categories.astype(str)
        return values.cat.rename_categories(names) if names.is_unique else _texts(values)
    if pd.api.types.is_bool_dtype(values.dtype) and not values.isna().any():
        return values.astype(bool)
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_complex_dtype(
        values.dtype
    ):
        if isinstance(values.dtype, pd.api.extensions.ExtensionDtype):
            return values.astype(float if values.isna().any() else values.dtype.numpy_dtype)
        return values
    return _texts(values)


def _texts(values: pd.Series) -> pd.Series:
    missing = values.isna()
    return values.astype(object).map(_text).where(~missing, None).astype("category")


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
