"""Files of anndata, .h5ad and .zarr of any age: counts, obs and var, and nothing that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from anndata.io import read_elem
from scipy import sparse

from aif.reading.content import Content, Matrix, Unread, Values, some_of
from aif.reading.genes import filled
from aif.reading.notes import Note

Open = Callable[[], AbstractContextManager[Any]]
# Where obs, var and the raw part lie; the second names are those of anndata until 0.6.
RAW = (("raw/X", "raw/var"), ("raw.X", "raw.var"))


def read_anndata(opened: Open, at: str = "") -> Content:
    """Return what a file of anndata holds; matrices are read when they are asked for.

    Parts that cannot be used are left out, with a note.

    Parameters
    ----------
    opened
        What opens the file, as a group of h5py or zarr.
    at
        The group in it, where the file holds several objects of anndata.

    Raises
    ------
    Unread
        If it has no tables of cells and genes.
    """
    with opened() as file:
        root = file[at] if at else file
        cells, notes = _table(root, "obs")
        if at and "obs" in file:
            cells = _with_shared(cells, _table(file, "obs")[0])
        genes, of_genes = _table(root, "var")
        found, left_out = _matrices(root, genes, len(cells))
        beside = {part: _inner(root, part) for part in ("obsm", "obsp")}
    prefix = f"{at}/" if at else ""
    matrices = [
        Matrix(
            name,
            own.genes,
            partial(_values, opened, prefix + own.place),
            partial(_some, opened, prefix + own.place),
            own.notes,
        )
        for name, own in found.items()
    ]
    embeddings, graphs = (
        {name: partial(_values, opened, prefix + part, name) for name in names or ()}
        for part, names in beside.items()
    )
    lost = [*left_out.values(), *(f"{p} holds no arrays" for p, n in beside.items() if n is None)]
    notes += [*of_genes, *(Note("parts", "warning", f"{why}: it is left out") for why in lost)]
    return Content(matrices, cells, notes, embeddings, graphs, left_out)


class _Place(NamedTuple):
    """Where a matrix lies in a file, its genes, and what is to be known if it is used."""

    place: str
    genes: pd.DataFrame
    notes: tuple[Note, ...] = ()


def _matrices(
    root: Any, genes: pd.DataFrame, n_cells: int
) -> tuple[dict[str, _Place], dict[str, str]]:
    """Return the matrices of a file by their names, and why others are left out."""
    places, left_out = {}, {}
    layers = _inner(root, "layers")
    if layers is None:
        left_out["layers"] = "layers holds no arrays"
    for name in layers or ():
        places[name] = _Place(f"layers/{name}", genes)
    if "X" in root and not _is_null(root["X"]):  # else there is none, whatever the file's age
        places["X"] = _Place("X", genes)
    raw = next((own for own in RAW if own[0] in root and own[1] in root), None)
    if raw is not None and "raw" not in places:
        try:
            own, _ = _table(root, raw[1])
        except Exception as error:  # whatever another program has written
            left_out["raw"] = f"raw has genes without names ({_line(error)})"
        else:
            own, notes_of_genes = filled(own, genes)
            places["raw"] = _Place(raw[0], own, tuple(notes_of_genes))
    for name, (place, own, _) in places.items():
        why = _misfit(root, place, (n_cells, len(own)))
        if why is not None:
            left_out[name] = f"{name} {why}"
    return {name: own for name, own in places.items() if name not in left_out}, left_out


def _inner(root: Any, part: str) -> list[str] | None:
    """Return the names of the arrays in a part, None if it cannot hold any.

    Until anndata 0.6 it is one array of named fields.
    """
    element = root.get(part)
    if element is None:
        return []
    if hasattr(element, "dtype"):
        return None if element.dtype.names is None else [*element.dtype.names]
    return [*element]


def _with_shared(cells: pd.DataFrame, shared: pd.DataFrame) -> pd.DataFrame:
    """Return cells with the columns of MuData that are not those of one modality."""
    new = [name for name in shared if ":" not in name and name not in cells]
    return cells.join(shared[new].reindex(cells.index)) if shared.index.is_unique else cells


def _values(opened: Open, place: str, inner: str | None = None) -> Values:
    with opened() as file:
        element = file[place] if inner is None else file[place][inner]
        values = read_elem(element) if hasattr(element, "attrs") else element  # a field
    return values if sparse.issparse(values) else np.asarray(values)


def _some(opened: Open, place: str) -> np.ndarray:
    with opened() as file:
        element = file[place]
        return some_of(element if hasattr(element, "dtype") else element["data"])


def _is_null(element: Any) -> bool:
    """Return whether an element stands for None."""
    encoding = element.attrs.get("encoding-type")
    return encoding == "null" or (hasattr(element, "dtype") and element.shape is None)


def _misfit(root: Any, place: str, expected: tuple[int, int]) -> str | None:
    """Return why what lies at a place is no matrix of these cells and genes, None if it may be one."""
    try:
        element = root[place]
        if _is_null(element):
            return "holds nothing"
        stated = [element.attrs[a] for a in ("shape", "h5sparse_shape") if a in element.attrs]
        if not stated and not hasattr(element, "dtype"):
            return None
        shape = tuple(int(n) for n in (stated[0] if stated else element.shape))
    except Exception as error:  # whatever another program has written
        return f"cannot be read ({_line(error)})"
    cells_and_genes = f"but there are {expected} cells and genes"
    return None if shape == expected else f"is {shape}, {cells_and_genes}"


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]


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
            lost[str(column)] = _line(error)
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
