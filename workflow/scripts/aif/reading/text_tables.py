"""Counts as a table of text: a name before each row and a header with names of the columns.

The header may name the first column or leave it out; names may be quoted. Further columns of text, such
as the genes' symbols beside their ids, are kept as columns of what is in the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from aif.reading.content import Content, Matrix, Unread
from aif.reading.genes import are_row_numbers
from aif.reading.notes import Note
from aif.reading.orientation import where_cells_are
from aif.reading.side_tables import HEADER
from aif.reading.text_files import MISSING, form_of_table, typed

CHUNK = 10_000_000  # so many values of a table are read at a time: 40 MB, before they become sparse
LOOKED_AT = 100  # rows that tell which columns are text
# Columns that stand beside counts, and rows of HTSeq and STAR that are no genes.
BESIDE_COUNTS = ("length", "start", "end", "chr", "chrom", "chromosome", "strand", "width")
SUMMARY = r"__(no_feature|ambiguous|too_low_aQual|not_aligned|alignment_not_unique)|N_(unmapped|multimapping)"
# Columns that stand beside cells in rows, as scanpy and Seurat call them.
OF_CELLS = re.compile(
    r"n(Count|Feature)_\w+|n_(counts|genes|genes_by_counts|umis?|cells)|(log1p_)?total_counts\w*"
    r"|(pct|percent)[._]\w.*|doublet_scores?|size_factors?|orig\.ident|seurat_clusters|leiden|louvain"
    r"|batch|sample|donor|cluster|condition|cell[._ ]?type",
    re.IGNORECASE,
)
DATE = re.compile(r"\d{1,2}-(Mar|Sep|Dec)|(Mar|Sep|Dec)-\d{1,2}", re.IGNORECASE)


def read_text_table(path: Path, cells_in: str | None) -> Content:
    """Return the counts of a table.

    Parameters
    ----------
    path
        The table.
    cells_in
        `rows` or `columns`; without it the names decide, if they look like barcodes or genes.

    Raises
    ------
    Unread
        If it is no table of numbers, a name stands twice, or the names do not say where the cells are.
    """
    blocks, tables = [], []
    for numbers, texts in chunks(path):
        blocks.append(sparse.csr_matrix(numbers.to_numpy(np.float32)))
        tables.append(texts)
    counts, rows = sparse.vstack(blocks, format="csr"), pd.concat(tables)
    columns = pd.DataFrame(index=numbers.columns)
    check_unique(rows.columns, "column")
    of_cells = [name for name in rows if OF_CELLS.fullmatch(str(name))]
    names_beside = [name for name in rows if name not in of_cells]
    if are_row_numbers(rows.index) and names_beside:
        rows = rows.set_index(names_beside[0]).rename_axis(index=None)
    if cells_in is None:
        cells_in = "rows" if of_cells else where_cells_are(rows.index, columns.index)
    if cells_in is None and rows.shape[1]:
        cells_in = "columns"  # genes have symbols beside their ids
    if cells_in is None:
        raise Unread("does not show where its cells are; say cells_in: rows or cells_in: columns")
    notes = []
    if cells_in == "columns":
        counts, rows, columns, notes = _cells_by_genes(counts, rows, columns.index)
    elif of_cells:
        said = f"columns that tell of cells and are no genes: {', '.join(map(str, of_cells[:5]))}"
        notes = [Note("table", "ok", said)]
    for names, what in ((rows.index, "cell"), (columns.index, "gene")):
        check_unique(names, what)
    return Content([Matrix.of(counts, columns)], rows.apply(typed), notes)


def _cells_by_genes(
    counts: sparse.csr_matrix, genes: pd.DataFrame, cells: pd.Index
) -> tuple[sparse.csr_matrix, pd.DataFrame, pd.DataFrame, list[Note]]:
    """Return counts with cells in rows, their tables, and notes.

    Columns of numbers that programs put beside the counts, such as a gene's length, are no cells, and
    rows that tell of reads without a gene are no genes.
    """
    beside = cells.astype(str).str.lower().isin(BESIDE_COUNTS)
    summary = genes.index.astype(str).str.match(SUMMARY)
    notes = []
    for left, what in ((cells[beside], "columns"), (genes.index[summary], "rows")):
        if len(left):
            said = (
                f"{what} left out as they hold no counts of a gene: {', '.join(map(str, left[:5]))}"
            )
            notes.append(Note("table", "warning", said))
    kept = counts[np.flatnonzero(~summary)][:, np.flatnonzero(~beside)]
    return kept.T.tocsr(), pd.DataFrame(index=cells[~beside]), genes[~summary], notes


def chunks(path: Path, numbers: bool = True) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield some rows of a table at a time: columns of numbers, and columns of text; names are the index.

    Without `numbers` all columns are text, and the first table has none.

    Raises
    ------
    ValueError
        If it is no table.
    """
    form = form_of_table(path)
    skipped = form.pop("skiprows")
    # The header is read apart: it may be one field short, and pandas would rename what is in it twice.
    header = pd.read_csv(path, skiprows=skipped, nrows=1, dtype=str, na_filter=False, **form).iloc[
        0
    ]
    body = {**form, "skiprows": skipped + 1}
    try:
        first = pd.read_csv(path, nrows=LOOKED_AT, dtype=str, na_filter=False, **body)
    except pd.errors.EmptyDataError:
        raise ValueError("it has one line only") from None
    width = first.shape[1]
    if len(header) == width > 1 and header.iloc[-1] == "" and (first.iloc[:, -1] != "").any():
        if HEADER.fullmatch(header.iloc[0]):
            raise ValueError("its last column has no name; name or remove it")
        header = header[:-1]  # R's header is one field short, and a tab has been put behind it
    if width < 2 or width - len(header) not in (0, 1):
        raise ValueError(f"its header has {len(header)} fields, the next line {width}")
    columns = pd.Index(header.tolist()[len(header) - width + 1 :], dtype=object)
    if numbers and len(header) == width and _are_counts(header):
        raise ValueError("its first line holds counts and no names; add a header")
    types: dict[int, type] = {0: str}
    texts = [
        i
        for i in range(1, width)
        if not numbers or _is_text(first[i]) or OF_CELLS.fullmatch(columns[i - 1])
    ]
    types |= {i: str if i in texts else np.float32 for i in range(1, width)}
    if numbers:
        _check_numbers(first, texts)
    reader = pd.read_csv(
        path,
        index_col=0,
        dtype=types,
        # A gene may be called NA: names are never missing, and an empty count is an error.
        na_filter=False,
        chunksize=max(1, CHUNK // width),
        low_memory=False,
        **body,
    )
    is_text = np.isin(np.arange(1, width), texts)
    with reader:
        for chunk in reader:
            named = chunk.set_axis(columns, axis=1).rename_axis(index=None)
            yield named.loc[:, ~is_text], named.loc[:, is_text]


def _check_numbers(first: pd.DataFrame, texts: list[int]) -> None:
    """Accept the first rows of a table with a name and counts in each.

    Raises
    ------
    ValueError
        If there are no numbers, or as some programs write them, or one count to a row.
    """
    for i in range(1, first.shape[1]):
        said = first.loc[~first[i].isin(MISSING), i]
        if said.str.fullmatch(r"-?\d+(,\d+)?").all() and said.str.contains(",").any():
            raise ValueError("it has decimal commas; write decimal numbers with points")
    if len(texts) == first.shape[1] - 1:
        raise ValueError("it has no numbers")
    if len(texts) == 1 == first.shape[1] - 2:
        distinct = first[[0, texts[0]]].nunique()
        if distinct.max() < len(first) or distinct.min() <= len(first) / 2:
            raise ValueError(
                "it has a line for each gene and cell; make it a table of genes × cells, in R by xtabs(), in "
                "Python by pandas' pivot()"
            )


def _is_text(values: pd.Series) -> bool:
    """Return whether a column has no number; what is missing says nothing."""
    said = values[~values.isin(MISSING)]
    return len(said) > 0 and bool(pd.to_numeric(said, errors="coerce").isna().all())


def check_unique(names: pd.Index, what: str) -> None:
    """Accept names of which none stands twice.

    Raises
    ------
    Unread
        If one does; Excel makes dates of the names of some genes.
    """
    twice = names[names.duplicated()]
    if len(twice):
        why = "make names unique"
        if DATE.fullmatch(str(twice[0])):
            why = (
                "Excel has made dates of genes' names; take the table from before, or one with ids"
            )
        raise Unread(f"has {what} name {twice[0]!r} more than once ({len(twice)} repeats); {why}")


def as_r_writes(names: pd.Index) -> pd.Index:
    """Return names as R makes them fit for columns of a table (`make.names`)."""
    valid = names.astype(str).str.replace(r"[^A-Za-z0-9._]", ".", regex=True)
    return valid.where(valid.str.match(r"[A-Za-z]|\.(?!\d)"), "X" + valid)


def _are_counts(header: pd.Series) -> bool:
    """Return whether what stands for a header is a row of counts: numbers, after what is no header's name."""
    names = pd.Index(header[1:])
    numeric = pd.to_numeric(pd.Series(names), errors="coerce").notna().all()
    return bool(numeric) and not are_row_numbers(names) and HEADER.fullmatch(str(header[0])) is None
