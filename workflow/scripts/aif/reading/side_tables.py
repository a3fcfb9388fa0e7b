"""The tables of cells and genes beside a matrix: names in lines, or columns with a header."""

from __future__ import annotations

import re

import pandas as pd
from anndata.utils import make_index_unique

from aif.reading.genes import EXPRESSION, OTHERS, are_row_numbers
from aif.reading.text_files import typed

# What the first field of a header may be; a name of a cell or gene is none of these.
HEADER = re.compile(
    r"|(cell|barcode|bc|gene|feature|symbol|ensembl|index|name|id|x)s?([ ._-].*)?", re.I
)
NAMES = ("gene_name", "gene_symbol", "symbol", "name")  # columns of names, where there is a header
# Columns of tables of genes without a header, in their order.
COLUMNS = ("gene_ids", "gene_name", "feature_types", "genome")


def table_of_cells(rows: list[list[str]], n: int) -> pd.DataFrame | None:
    """Return a table of n cells by their names, None if there are not as many rows.

    Parameters
    ----------
    rows
        The fields of every line.
    n
        How many cells the matrix has. With one line more the first is a header, if it looks like one;
        without a header there are no columns but the names.
    """
    table = _table(rows, n)
    if table is None:
        return None
    columns = table.iloc[:, 1:] if len(rows) > n else table.iloc[:, :0]
    return _by(table.iloc[:, 0], columns.apply(typed))


def table_of_genes(rows: list[list[str]], n: int) -> pd.DataFrame | None:
    """Return a table of n genes by their names, None if there are not as many rows.

    Without a header the columns are id, name, kind and genome, as far as they go; one column has names,
    and so has the first of two if the second says what kinds they are. Parameters as of `table_of_cells`.
    """
    table = _table(rows, n)
    if table is None:
        return None
    if len(rows) > n:
        name = next((name for name in NAMES if name in table), table.columns[0])
        return _by(table[name], table.drop(columns=[] if name in NAMES else [name]))
    if table.shape[1] == 1:
        return _by(table.iloc[:, 0], table.iloc[:, :0])
    if set(table.iloc[:, 1].str.lower()) <= EXPRESSION | OTHERS:
        return _by(table.iloc[:, 0], table.iloc[:, [1]].set_axis([COLUMNS[2]], axis=1))
    # Of six, as beside peaks, the fourth is a chromosome.
    table = table.iloc[:, : len(COLUMNS) if table.shape[1] <= len(COLUMNS) else len(COLUMNS) - 1]
    table = table.set_axis(COLUMNS[: table.shape[1]], axis=1)
    return _by(table["gene_name"], table)


def _table(rows: list[list[str]], n: int) -> pd.DataFrame | None:
    """Return the rows below a header if there is one; a first column of row numbers is left out."""
    header: list[str] | None = None
    if len(rows) == n + 1 and HEADER.fullmatch(rows[0][0]):
        header, rows = rows[0], rows[1:]
    if len(rows) != n:
        return None
    table = pd.DataFrame(rows, dtype=object).fillna("")
    if header is not None and len(header) in (table.shape[1] - 1, table.shape[1]):
        names = [""] * (table.shape[1] - len(header)) + header
        table.columns = make_index_unique(pd.Index(names, dtype=object))
    if table.shape[1] > 1 and are_row_numbers(pd.Index(table.iloc[:, 0])):
        table = table.iloc[:, 1:]
    return table


def _by(names: pd.Series, columns: pd.DataFrame) -> pd.DataFrame:
    return columns.set_axis(pd.Index(names.to_numpy(object), dtype=object), axis=0)
