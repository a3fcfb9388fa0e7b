"""Data sets of several text tables: of expression, of cells and of genes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd

from aif.errors import InputError
from aif.reading.cells import cells_of
from aif.reading.content import Content, Unread, Wanted
from aif.reading.genes import as_names
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
    columns of `genes`, of which one may name the genes.

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
        table or another value there than in a table of expression, or if these share no gene.
    """
    contents = [_content(table, wanted) for table in expression]
    if genes:
        rows = _rows_of(genes, _genes_of(contents, join), "gene", f"{key}.genes")
        for content in contents:
            _add_rows(content, rows, f"{key}.genes")
    parts = [
        _part(table, f"batch{i + 1}", contents.pop(0), wanted) for i, table in enumerate(expression)
    ]
    in_files = pd.concat([part.cells.obs for part in parts])  # names may be those of several files
    if len(parts) == 1:
        adata, notes = parts[0].cells, parts[0].notes
    else:
        adata, notes = joined(parts, join, f"{key}.expression")
    if cells:
        rows = _rows_of(cells, in_files.index, "cell", f"{key}.cells")
        _check_equal(in_files, rows, f"{key}.cells")
        adata.obs = plain(_before(rows.loc[in_files.index].set_axis(adata.obs_names), adata.obs))
    return adata, notes


def _content(table: Table, wanted: Wanted) -> Content:
    with _for_users(table):
        return read_text_table(Path(table.path), wanted.cells_in)


def _part(table: Table, batch: str, content: Content, wanted: Wanted) -> Part:
    with _for_users(table):
        cells = cells_of(content, wanted)
    columns = {} if "batch" in cells.obs else {"batch": batch}
    return Part(batch, cells, columns, content.notes)


def _genes_of(contents: list[Content], join: str) -> pd.Index:
    """Return the names of the genes that will be taken, as the tables of expression have them."""
    names = [content.matrices[0].genes.index for content in contents]
    of_two = pd.Index.intersection if join == "inner" else pd.Index.union
    return reduce(lambda a, b: of_two(a, b, sort=False), names)


def _add_rows(content: Content, rows: pd.DataFrame, key: str) -> None:
    """Put the columns of rows, where there are any, before those that its own genes have."""
    matrix = content.matrices[0]
    _check_equal(matrix.genes, rows, key)
    genes = _before(rows.reindex(matrix.genes.index), matrix.genes)
    content.matrices[0] = replace(matrix, genes=genes)


def _before(found: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return columns that were found, and those of its own that have other names."""
    return found.join(own[[column for column in own if column not in found]])


def _check_equal(own: pd.DataFrame, rows: pd.DataFrame, key: str) -> None:
    """Accept columns of tables of expression if rows of the same names tell nothing else.

    Raises
    ------
    InputError
        At the first that would be overwritten.
    """
    own = own[own.index.isin(rows.index)]
    for column in own.columns.intersection(rows.columns, sort=False):
        given, found = typed(own[column]), rows[column].reindex(own.index)
        if not all(pd.api.types.is_numeric_dtype(values) for values in (given, found)):
            given, found = as_names(given), as_names(found)
        differ = np.flatnonzero(given.notna() & (given != found))
        if len(differ):
            first = differ[0]
            raise InputError(
                f"{key}: column {column!r} is in the table of expression too, with other values "
                f"({own.index[first]!r} has {given.iloc[first]} there and {found.iloc[first]} here); "
                "remove or rename one of them"
            )


def _rows_of(tables: list[Table], names: pd.Index, what: str, key: str) -> pd.DataFrame:
    """Return the rows of tables of cells or genes, among them those of these names.

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
        return rows.set_axis(as_r)
    if len(absent):
        raise InputError(
            f"{key}: {what} {absent[0]!r} of the expression has no row in {paths} "
            f"({len(absent)} of {len(names)} have none); add rows, or see whether cells_in is right"
        )
    return rows


def _whole(table: Table) -> pd.DataFrame:
    try:
        rows = pd.concat([texts for _, texts in chunks(Path(table.path), numbers=False)])
    except ERRORS as error:
        raise _not_a_table(table, error) from error
    twice = rows.columns[rows.columns.duplicated()]
    if len(twice):
        raise InputError(f"{table.key}: {table.path} has column {twice[0]!r} twice; rename one")
    return rows


@contextmanager
def _for_users(table: Table) -> Iterator[None]:
    """Make what keeps a table from being read an error of one line."""
    try:
        yield
    except Unread as error:
        raise InputError(f"{table.key}: {table.path} {error}") from error
    except ERRORS as error:
        raise _not_a_table(table, error) from error


def _not_a_table(table: Table, error: Exception) -> InputError:
    return InputError(
        f"{table.key}: {table.path} cannot be read as a table with a header and names in the first "
        f"column ({reason_of(error)}); see whether it is complete"
    )
