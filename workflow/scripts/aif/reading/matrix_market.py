"""Counts as a matrix of the Matrix Market, with tables of cells and genes beside it, by many programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from scipy import io, sparse

from aif.reading.cell_ranger import with_samples_of_aggr
from aif.reading.content import Content, Matrix, Unread
from aif.reading.notes import Note
from aif.reading.text_files import read_fields


class Layout(NamedTuple):
    """How a program names the three files, up to their endings, and where it has the cells.

    The same beginning may stand before the names of all three, as in a folder of several samples.
    """

    program: str
    matrix: tuple[str, ...]
    cells: str
    genes: tuple[str, ...]
    cells_in: str


LAYOUTS = (
    Layout("Cell Ranger", ("matrix",), "barcodes", ("features", "genes"), "columns"),
    Layout("Parse", ("count_matrix", "DGE"), "cell_metadata", ("all_genes",), "rows"),
    Layout(
        "kallisto|bustools",
        ("cells_x_genes", "cells_x_genes.mature", "cells_x_genes.total"),
        "cells_x_genes.barcodes",
        ("cells_x_genes.genes",),
        "rows",
    ),
    Layout("alevin-fry", ("quants_mat",), "quants_mat_rows", ("quants_mat_cols",), "rows"),
)
MATRIX = r"\.mtx(\.gz)?"
TABLE = r"\.(tsv|txt|csv)(\.gz)?"
SYMBOLS = "cells_x_genes.genes.names"  # kallisto|bustools has the symbols in a file of their own
UNSPLICED, AMBIGUOUS = "-U", "-A"  # ends of the names that alevin-fry gives to the same genes
# Columns of tables of genes without a header, in their order.
COLUMNS = ("gene_ids", "gene_name", "feature_types", "genome")
NAMES = ("gene_name", "gene_symbol", "symbol", "name")


class Files(NamedTuple):
    """The three files of a data set, and what is before their names."""

    layout: Layout
    prefix: str
    matrix: Path
    cells: Path
    genes: Path


def read_matrix_market(path: Path) -> Content:
    """Return what a folder holds, or a matrix (.mtx) and the files that begin as it does.

    Raises
    ------
    Unread
        If the three files are not there, or their sizes do not fit.
    """
    files = find_files(path)
    counts = sparse.csr_matrix(io.mmread(files.matrix))
    cells, genes = read_fields(files.cells), read_fields(files.genes)
    both = ("columns", "rows")
    for cells_in in (files.layout.cells_in, both[files.layout.cells_in == "columns"]):
        by_cell = counts.T.tocsr() if cells_in == "columns" else counts
        headers = [len(t) - n for t, n in zip((cells, genes), by_cell.shape, strict=True)]
        if set(headers) <= {0, 1}:
            break
    else:
        raise Unread(
            f"does not fit: {files.matrix.name} is {counts.shape}, {files.cells.name} has "
            f"{len(cells)} lines and {files.genes.name} {len(genes)}; see whether all are complete"
        )
    named_cells, named_genes = _cells(cells, headers[0]), _genes(genes, headers[1])
    symbols = _sibling(files.genes.parent, files.prefix, (SYMBOLS,), TABLE)
    if symbols is not None:
        named_genes["gene_ids"] = named_genes.index
        named_genes.index = pd.Index(read_fields(symbols)[0], dtype=object)
    by_cell, named_genes, notes = _spliced(by_cell, named_genes)
    named_cells, of_aggr = with_samples_of_aggr(named_cells, files.matrix.parent)
    return Content([Matrix.of(by_cell, named_genes)], named_cells, [*notes, *of_aggr])


def find_files(path: Path) -> Files:
    """Return the files of a folder, or those that belong to a matrix.

    Raises
    ------
    Unread
        If one of them is not there, or if the folder has several matrices.
    """
    folder = path if path.is_dir() else path.parent
    matrices = sorted(f.name for f in folder.iterdir() if re.search(f"{MATRIX}$", f.name))
    matrices = matrices if path.is_dir() else [path.name]
    if not matrices:
        raise Unread("has no matrix (.mtx); give the folder that holds it")
    found = [files for name in matrices if (files := _files_of(folder, name)) is not None]
    if not found:
        beside = " or ".join(
            f"{layout.cells} and {' or '.join(layout.genes)} ({layout.program})"
            for layout in LAYOUTS
        )
        raise Unread(f"has {matrices[0]} without its tables; they are called {beside}")
    prefixes = sorted({files.prefix for files in found})
    if len(prefixes) > 1:
        raise Unread(
            f"has the files of several samples, which begin with {', '.join(prefixes)}; give them as "
            f"samples: {folder}/{{sample}}{found[0].matrix.name.removeprefix(found[0].prefix)}"
        )
    return found[0]


def _files_of(folder: Path, name: str) -> Files | None:
    """Return a matrix with its tables, None where they are not there."""
    for layout in LAYOUTS:
        for stem in layout.matrix:
            match = re.fullmatch(f"(.*){re.escape(stem)}{MATRIX}", name)
            if match is None:
                continue
            tables = [
                _sibling(folder, match[1], stems, TABLE)
                for stems in ((layout.cells,), layout.genes)
            ]
            if None not in tables:
                return Files(layout, match[1], folder / name, *tables)
    return None


def _sibling(folder: Path, prefix: str, stems: tuple[str, ...], ending: str) -> Path | None:
    """Return the file that has one of these names after the prefix, None where there is none."""
    for stem in stems:
        pattern = re.escape(prefix + stem) + ending
        found = sorted(f for f in folder.iterdir() if re.fullmatch(pattern, f.name))
        if found:
            return found[0]
    return None


def _cells(fields: pd.DataFrame, header: int) -> pd.DataFrame:
    table = _with_header(fields) if header else fields.rename(columns=str)
    names = pd.Index(table.iloc[:, 0], dtype=object)
    columns = table.iloc[:, 1:] if header else table.iloc[:, :0]
    return columns.set_axis(names, axis=0).rename_axis(index=None)


def _genes(fields: pd.DataFrame, header: int) -> pd.DataFrame:
    """Return genes by their names, with whatever else the table has."""
    if header:
        table = _with_header(fields)
        names = next((table[name] for name in NAMES if name in table), table.iloc[:, 0])
    elif fields.shape[1] == 1:
        table, names = fields.iloc[:, :0], fields[0]
    else:
        table = fields.iloc[:, : len(COLUMNS)]
        table = table.set_axis(COLUMNS[: table.shape[1]], axis=1)
        names = table["gene_name"]
    return table.set_axis(pd.Index(names, dtype=object), axis=0).rename_axis(index=None)


def _with_header(fields: pd.DataFrame) -> pd.DataFrame:
    return fields.iloc[1:].set_axis(fields.iloc[0].astype(str), axis=1).rename_axis(columns=None)


def _spliced(
    counts: sparse.csr_matrix, genes: pd.DataFrame
) -> tuple[sparse.csr_matrix, pd.DataFrame, list[Note]]:
    """Return spliced and ambiguous counts as one where alevin-fry has three columns for a gene."""
    n = len(genes) // 3
    first = genes.index[:n]
    names = [*first, *(first + UNSPLICED), *(first + AMBIGUOUS)]
    if not n or [*genes.index] != names:
        return counts, genes, []
    said = "the spliced and the ambiguous ones of alevin-fry; the unspliced are left out"
    return counts[:, :n] + counts[:, 2 * n :], genes.iloc[:n], [Note("counts", "ok", said)]
