"""Files of anndata, .h5ad and .zarr of any age: counts, obs and var, and nothing that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from anndata.io import read_elem
from scipy import sparse

from aif.reading.content import Content, Matrix, Unread, Values, some_of
from aif.reading.notes import Note

Open = Callable[[], AbstractContextManager[Any]]
# Where obs, var and the raw part lie; the second names are those of anndata until 0.6.
RAW = (("raw/X", "raw/var"), ("raw.X", "raw.var"))


def read_anndata(opened: Open, at: str = "") -> Content:
    """Return what a file of anndata holds; matrices are read when they are asked for.

    Parameters
    ----------
    opened
        What opens the file, as a group of h5py or zarr.
    at
        The group in it, where the file holds several objects of anndata.

    Raises
    ------
    Unread
        If it has no tables of cells and genes, or their sizes differ from those of a matrix.
    """
    with opened() as file:
        root = file[at] if at else file
        cells, notes = _table(root, "obs")
        if at and "obs" in file:
            cells = _with_shared(cells, _table(file, "obs")[0])
        genes, of_genes = _table(root, "var")
        places = {"X": ("X", genes)} if "X" in root else {}
        layers = {name: (f"layers/{name}", genes) for name in root.get("layers", ())}
        places = layers | places
        for values, table in RAW:
            if values in root and table in root and "raw" not in places:
                places["raw"] = (values, _table(root, table)[0])
        for name, (place, own) in places.items():
            _check_shape(root[place], name, (len(cells), len(own)))
        beside = {part: [*root.get(part, ())] for part in ("obsm", "obsp")}
    prefix = f"{at}/" if at else ""
    matrices = [
        Matrix(
            name,
            own,
            partial(_values, opened, prefix + place),
            partial(_some, opened, prefix + place),
        )
        for name, (place, own) in places.items()
    ]
    embeddings, graphs = (
        {name: partial(_values, opened, f"{prefix}{part}/{name}") for name in names}
        for part, names in beside.items()
    )
    return Content(matrices, cells, [*notes, *of_genes], embeddings, graphs)


def _with_shared(cells: pd.DataFrame, shared: pd.DataFrame) -> pd.DataFrame:
    """Return cells with the columns of MuData that are not those of one modality."""
    new = [name for name in shared if ":" not in name and name not in cells]
    return cells.join(shared[new].reindex(cells.index)) if shared.index.is_unique else cells


def _values(opened: Open, place: str) -> Values:
    with opened() as file:
        values = read_elem(file[place])
    return values if sparse.issparse(values) else np.asarray(values)


def _some(opened: Open, place: str) -> np.ndarray:
    with opened() as file:
        element = file[place]
        return some_of(element if hasattr(element, "dtype") else element["data"])


def _check_shape(element: Any, name: str, expected: tuple[int, int]) -> None:
    stated = next(
        (element.attrs[a] for a in ("shape", "h5sparse_shape") if a in element.attrs), None
    )
    shape = tuple(int(n) for n in (stated if stated is not None else getattr(element, "shape", ())))
    if shape and shape != expected:
        raise Unread(f"is damaged: {name} is {shape}, but there are {expected} cells and genes")


def _table(root: Any, name: str) -> tuple[pd.DataFrame, list[Note]]:
    """Return obs or var. Columns that cannot be read are left out, and noted."""
    if name not in root:
        raise Unread(f"is no file of anndata: it has no {name}")
    element = root[name]
    if hasattr(element, "dtype"):
        return _old_table(root, element), []
    index = element.attrs.get("_index", "_index")
    names = _texts(read_elem(element[index]))
    columns, lost = {}, {}
    for column in element.attrs.get("column-order", [*element]):
        if column in (index, "__categories"):
            continue
        try:
            columns[str(column)] = _column(element, column)
        except Exception as error:  # whatever a later version or another program has written
            lost[str(column)] = str(error).partition("\n")[0]
    table = pd.DataFrame(columns, index=pd.Index(names, dtype=object))
    return table, [
        Note("columns", "warning", f"{name} column {column!r} cannot be read ({reason})")
        for column, reason in lost.items()
    ]


def _column(table: Any, name: str) -> Any:
    """Return a column; until anndata 0.8 and by SeuratDisk, categories lie in a group beside."""
    values = read_elem(table[name])
    if "__categories" in table and name in table["__categories"]:
        categories = read_elem(table["__categories"][name])
        return pd.Categorical.from_codes(np.asarray(values, int), _texts(categories))
    return values


def _old_table(root: Any, element: Any) -> pd.DataFrame:
    """Return a table of anndata until 0.6: rows of named fields, whose categories lie in uns."""
    rows = element[()]
    index, *names = rows.dtype.names
    table = pd.DataFrame(index=pd.Index(_texts(rows[index]), dtype=object))
    for name in names:
        categories = f"uns/{name}_categories"
        if categories in root:
            known = _texts(root[categories][()])
            table[name] = pd.Categorical.from_codes(rows[name].astype(int), known)
        else:
            table[name] = _texts(rows[name]) if rows[name].dtype.kind in "SO" else rows[name]
    return table


def _texts(values: Any) -> np.ndarray:
    """Return names as an array of str."""
    decoded = [
        v.decode(errors="replace") if isinstance(v, bytes) else v
        for v in np.asarray(values, object)
    ]
    return np.array([v if pd.isna(v) else str(v) for v in decoded], dtype=object)
