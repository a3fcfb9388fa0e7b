"""Data sets that are published as text tables, as R's write.table makes them.

Tab-separated, plain or gzip, with a header and with names in the first column. The header may name
that first column or leave it out; names may be quoted.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from aif.errors import InputError

# As many values of a table are read at a time: 40 MB of counts, before they become sparse.
CHUNK = 10_000_000


class Table(NamedTuple):
    """A file, and its key in the config for messages."""

    key: str
    path: str


def read_dataset(
    expression: list[Table],
    cells: list[Table],
    genes: list[Table],
    cells_in: str,
    key: str,
) -> ad.AnnData:
    """Return a data set from its tables.

    X (N, G) is CSR: the cells of all tables of expression one after the other, and the genes that
    all of them share. obs has the columns of `cells`; of several tables of expression each is a
    batch, and obs has batch1, batch2 ... in `batch`, unless `cells` has that column. var has the
    columns of `genes`.

    Parameters
    ----------
    expression
        Counts.
    cells
        Columns of obs, in all a row for each cell or more.
    genes
        Columns of var, likewise for the genes; may be empty.
    cells_in
        `rows` or `columns` of the tables of expression.
    key
        The key of the tables in the config, for messages.

    Raises
    ------
    InputError
        If a table cannot be read, if a name is not unique, if a cell or gene has no row in its
        table, or if the tables of expression share no gene.
    """
    parts = [read_expression(table, cells_in) for table in expression]
    names = parts[0].obs_names.append([part.obs_names for part in parts[1:]])
    _check_unique(names, "cell", f"{key}.expression", "the tables")
    batches = [f"batch{i + 1}" for i in range(len(parts))]
    label = "batch" if len(parts) > 1 else None
    adata = ad.concat(parts, join="inner", label=label, keys=batches)
    if adata.n_vars == 0:
        raise InputError(f"{key}.expression: the tables share no gene; is cells_in right?")
    obs = _rows_of(cells, adata.obs_names, "cell", f"{key}.cells")
    if label is not None and label not in obs:
        obs[label] = adata.obs[label]
    adata.obs = obs
    if genes:
        adata.var = _rows_of(genes, adata.var_names, "gene", f"{key}.genes")
    return adata


def read_expression(table: Table, cells_in: str) -> ad.AnnData:
    """Return the counts of one table as cells × genes, CSR.

    Raises
    ------
    InputError
        If it is no table of numbers, or a name is not unique.
    """
    blocks, names = [], []
    for chunk in _chunks(table, numbers=True):
        blocks.append(sparse.csr_matrix(chunk.to_numpy(np.float32)))
        names.append(chunk.index)
    counts = sparse.vstack(blocks, format="csr")
    cells, genes = names[0].append(names[1:]), chunk.columns
    if cells_in == "columns":
        counts, cells, genes = counts.T.tocsr(), genes, cells
    _check_unique(cells, "cell", table.key, table.path)
    _check_unique(genes, "gene", table.key, table.path)
    return ad.AnnData(counts, pd.DataFrame(index=cells), pd.DataFrame(index=genes))


def _rows_of(tables: list[Table], names: pd.Index, what: str, key: str) -> pd.DataFrame:
    """Return the rows of these names from tables of cells or genes."""
    rows = pd.concat([chunk for table in tables for chunk in _chunks(table, numbers=False)])
    paths = ", ".join(table.path for table in tables)
    _check_unique(rows.index, what, key, paths)
    absent = names.difference(rows.index, sort=False)
    if len(absent):
        raise InputError(
            f"{key}: {what} {absent[0]!r} of the expression has no row in {paths} "
            f"({len(absent)} of {len(names)} have none); add rows, or see whether cells_in is right"
        )
    # Text becomes categories: .h5ad has no form for a column of texts and missing values.
    text = rows.select_dtypes("object").columns
    return rows.loc[names].astype(dict.fromkeys(text, "category"))


def _chunks(table: Table, numbers: bool) -> Iterator[pd.DataFrame]:
    """Yield some rows of a table at a time, with their names as index; `numbers` allows no others.

    The header is read apart: it may be one field short, and pandas would rename what is in it twice.
    """
    try:
        with open(table.path, "rb") as file:
            compression = "gzip" if file.read(2) == b"\x1f\x8b" else None
        form = {"sep": "\t", "header": None, "compression": compression, "low_memory": False}
        header, first = (
            pd.read_csv(table.path, skiprows=i, nrows=1, dtype=str, na_filter=False, **form).iloc[0]
            for i in (0, 1)
        )
        if len(first) < 2 or len(first) - len(header) not in (0, 1):
            raise ValueError(f"its header has {len(header)} fields, the next line {len(first)}")
        columns = header.tolist()[len(header) - len(first) + 1 :]
        types = {0: str} | (dict.fromkeys(range(1, len(first)), np.float32) if numbers else {})
        rows = max(1, CHUNK // len(first))
        with pd.read_csv(
            table.path,
            skiprows=1,
            index_col=0,
            dtype=types,
            na_filter=not numbers,
            chunksize=rows,
            **form,
        ) as reader:
            for chunk in reader:
                yield chunk.set_axis(columns, axis=1).rename_axis(index=None)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{table.key}: {table.path} cannot be read as a tab-separated table with a header and "
            f"names in the first column ({reason}); see whether it is complete"
        ) from error


def _check_unique(names: pd.Index, what: str, key: str, where: str) -> None:
    twice = names[names.duplicated()]
    if len(twice):
        raise InputError(
            f"{key}: {what} name {twice[0]!r} is not unique in {where} ({len(twice)} repeats); "
            "make names unique"
        )
