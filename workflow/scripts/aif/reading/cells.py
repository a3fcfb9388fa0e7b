"""The cells of a file: counts, obs and var in one form, and what users should know of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd

from aif.reading.content import Content, Unread, Wanted, canonical
from aif.reading.counts import counts_of
from aif.reading.forms import content_for_users
from aif.reading.genes import expressed, named
from aif.reading.notes import Note
from aif.reading.plain import plain


def wanted_of(source: dict[str, Any]) -> Wanted:
    """Return what a data set's entry in the config says of its files."""
    return Wanted(**{key: source[key] for key in Wanted._fields})


def read_cells(path: str | Path, wanted: Wanted, where: str) -> tuple[ad.AnnData, list[Note]]:
    """Return the cells of a file or folder, of any form, and notes.

    Parameters
    ----------
    path
        A file or folder.
    wanted
        What the config says of it.
    where
        The key in the config, and maybe the sample's name, for messages.

    Returns
    -------
    ad.AnnData
        X (N, G) counts, CSR of float32; obs and var as `plain` makes them.
    list[Note]
        What users should know.

    Raises
    ------
    InputError
        One line that names the key and the file.
    """
    with content_for_users(path, wanted, where) as content:
        return cells_of(content, wanted), content.notes


def cells_of(content: Content, wanted: Wanted) -> ad.AnnData:
    """Return the cells of what a file holds; its notes get what was done."""
    matrix = counts_of(content, wanted.layer)
    kept, of_features = expressed(matrix.genes, wanted.genome)
    of_file = [*content.notes, *matrix.notes]
    genes, of_names = named(matrix.genes[kept], wanted.gene_names, of_file)
    content.notes += [*matrix.notes, *of_features, *of_names]
    counts = canonical(matrix.read(), matrix.name)
    if counts.shape != (len(content.cells), len(kept)):
        raise Unread(
            f"does not fit: {matrix.name} is {counts.shape}, but there are {len(content.cells)} cells "
            f"and {len(kept)} genes"
        )
    counts = counts if kept.all() else counts[:, np.flatnonzero(kept)]
    return ad.AnnData(counts, _cells(content.cells, wanted.barcode_suffix), plain(genes))


def _cells(table: pd.DataFrame, barcode_suffix: str | None) -> pd.DataFrame:
    """Return obs, with the ends of the cells' names in a column if one is named."""
    cells = plain(table)
    if barcode_suffix is None:
        return cells
    if barcode_suffix in cells:
        raise Unread(f"has a column {barcode_suffix!r}; give barcode_suffix another name")
    ends = cells.index.to_series().str.rpartition("-")
    without = ends.index[ends[1] == ""]
    if len(without):
        raise Unread(f"has a cell {without[0]!r} without a hyphen; leave barcode_suffix out")
    return cells.assign(**{barcode_suffix: ends[2].astype("category")})
