"""Loom files: genes × cells, with their attributes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from aif.reading.content import SOME, Content, Matrix, Unread, some_of
from aif.reading.genes import ids_of
from aif.reading.notes import Note

CELLS = ("CellID", "cell_id", "obs_names", "barcode", "barcodes", "cell_names")
GENES = ("Gene", "gene_names", "gene_name", "var_names", "gene", "Accession")


def read_loom(path: Path) -> Content:
    """Return what a loom file holds.

    Raises
    ------
    Unread
        If its cells or genes have no names.
    """
    with h5py.File(path) as file:
        n_genes, n_cells = file["matrix"].shape
        cells, lost = _attributes(file["col_attrs"], n_cells)
        genes, _ = _attributes(file["row_attrs"], n_genes)
        cells, genes = _named(cells, CELLS, "cells"), _named(genes, GENES, "genes")
        places = {"X": "matrix", **{name: f"layers/{name}" for name in file.get("layers", ())}}
    return Content(
        [
            Matrix(name, genes, partial(_values, path, place), partial(_some, path, place))
            for name, place in places.items()
        ],
        cells,
        [
            Note(
                "columns",
                "warning",
                f"obs column {name!r} cannot be read (it has not a value for each cell)",
            )
            for name in lost
        ],
    )


def _values(path: Path, place: str) -> sparse.csr_matrix:
    with h5py.File(path) as file:
        matrix = file[place]
        cells = max(1, SOME // matrix.shape[0])
        starts = range(0, matrix.shape[1], cells)
        blocks = [sparse.csr_matrix(matrix[:, i : i + cells].T) for i in starts]
    return sparse.vstack(blocks, format="csr")


def _some(path: Path, place: str) -> np.ndarray:
    with h5py.File(path) as file:
        return some_of(file[place])


def _attributes(group: Any, n: int) -> tuple[pd.DataFrame, list[str]]:
    """Return the attributes of n cells or genes, and the names of others; a slash in a name makes groups."""
    columns: dict[str, np.ndarray] = {}
    lost: list[str] = []

    def visit(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if item.shape == (n,) and item.dtype.names is None:
            columns[name] = item[()]
        elif item.ndim == 1:
            lost.append(name)

    group.visititems(visit)
    texts = {
        name: [v.decode(errors="replace") if isinstance(v, bytes) else v for v in values]
        for name, values in columns.items()
    }
    return pd.DataFrame(texts), lost


def _named(table: pd.DataFrame, names: tuple[str, ...], what: str) -> pd.DataFrame:
    """Return a table under the first of these columns.

    One whose values are unique comes first, but not for genes with ids: equal names of theirs get numbers.
    """
    there = [name for name in names if name in table]
    if not there:
        raise Unread(f"has no names of {what}: none of {', '.join(names)}; add one of these")
    unique = [name for name in there if table[name].is_unique]
    has_ids = what == "genes" and ids_of(table) is not None
    name = there[0] if has_ids or not unique else unique[0]
    index = pd.Index(table[name].astype(str), dtype=object, name=None)
    return table.set_axis(index, axis=0)
