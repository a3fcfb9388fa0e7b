"""Data sets of several text tables: of expression, of cells and of genes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import anndata as ad
import pandas as pd

from aif.errors import InputError
from aif.reading.cells import cells_of
from aif.reading.content import Unread, Wanted
from aif.reading.joining import Part, joined
from aif.reading.notes import Note
from aif.reading.plain import plain
from aif.reading.text_files import ERRORS, reason_of, typed
from aif.reading.text_tables import as_r_writes, check_unique, chunks, read_text_table


class Table(NamedTuple):
    """A file, and its key in the config for messages."""

    key: str
    path: str


def read_dataset(
    expression: list[Table],
    cells: list[Table],
    genes: list[Table],
    wanted: Wanted,
    join: str,
    key: str,
) -> tuple[ad.AnnData, list[Note]]:
    """Return a data set from its tables, and notes.

    X (N, G) is CSR: the cells of all tables of expression one after the other, of the genes that
    all of them share. obs has the columns of `cells`; of several tables of expression each is a
    batch, and obs has batch1, batch2 ... in `batch`, unless `cells` or the table has that column. var has the
    columns of `genes`.

    Parameters
    ----------
    expression
        Counts.
    cells
        Columns of obs, in all a row for each cell or more; may be empty.
    genes
        Columns of var, likewise for the genes; may be empty.
    wanted
        What the config says of the tables of expression.
    join
        `inner` or `outer`: which genes of several tables are kept.
    key
        The key of the tables in the config, for messages.

    Raises
    ------
    InputError
        If a table cannot be read, if a name is not unique, if a cell or gene has no row in its
        table, or if the tables of expression share no gene.
    """
    parts = [_part(table, f"batch{i + 1}", wanted) for i, table in enumerate(expression)]
    if len(parts) == 1:
        adata, notes = parts[0].cells, parts[0].notes
    else:
        adata, notes = joined(parts, join, f"{key}.expression")
    if cells:
        found = _rows_of(cells, _names_in_files(parts), "cell", f"{key}.cells")
        own = [column for column in adata.obs if column not in found]
        obs = found.set_axis(adata.obs_names).join(adata.obs[own])
        adata.obs = plain(obs)
    if genes:
        found = _rows_of(genes, adata.var_names, "gene", f"{key}.genes")
        adata.var = plain(found.join(adata.var[[c for c in adata.var if c not in found]]))
    return adata, notes


def _part(table: Table, batch: str, wanted: Wanted) -> Part:
    try:
        content = read_text_table(Path(table.path), wanted.cells_in)
        cells = cells_of(content, wanted)
    except Unread as error:
        raise InputError(f"{table.key}: {table.path} {error}") from error
    except ERRORS as error:
        raise _not_a_table(table, error) from error
    columns = {} if "batch" in cells.obs else {"batch": batch}
    return Part(batch, cells, columns, content.notes)


def _names_in_files(parts: list[Part]) -> pd.Index:
    """Return the cells' names as the files have them, which may be those of cells of other files too."""
    return pd.Index([name for part in parts for name in part.cells.obs_names], dtype=object)


def _rows_of(tables: list[Table], names: pd.Index, what: str, key: str) -> pd.DataFrame:
    """Return the rows of these names from tables of cells or genes.

    Names may be those that R has made of the tables' names.
    """
    rows = pd.concat([_whole(table) for table in tables]).apply(typed)
    paths = ", ".join(table.path for table in tables)
    try:
        check_unique(rows.index, what)
    except Unread as error:
        raise InputError(f"{key}: {paths} {error}") from error
    absent = names.difference(rows.index, sort=False)
    as_r = as_r_writes(rows.index)
    if len(absent) and as_r.is_unique and not len(names.difference(as_r)):
        return rows.set_axis(as_r).loc[names]
    if len(absent):
        raise InputError(
            f"{key}: {what} {absent[0]!r} of the expression has no row in {paths} "
            f"({len(absent)} of {len(names)} have none); add rows, or see whether cells_in is right"
        )
    return rows.loc[names]


def _whole(table: Table) -> pd.DataFrame:
    try:
        rows = pd.concat([texts for _, texts in chunks(Path(table.path), numbers=False)])
    except ERRORS as error:
        raise _not_a_table(table, error) from error
    twice = rows.columns[rows.columns.duplicated()]
    if len(twice):
        raise InputError(f"{table.key}: {table.path} has column {twice[0]!r} twice; rename one")
    return rows


def _not_a_table(table: Table, error: Exception) -> InputError:
    return InputError(
        f"{table.key}: {table.path} cannot be read as a table with a header and names in the first "
        f"column ({reason_of(error)}); see whether it is complete"
    )
