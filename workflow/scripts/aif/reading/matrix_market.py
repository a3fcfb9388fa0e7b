"""Counts as a matrix of the Matrix Market, with tables of cells and genes beside it, by many programs."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from scipy import io, sparse

from aif.reading.cell_ranger import aggregation_of, with_samples_of_aggr
from aif.reading.content import Content, Matrix, Unread
from aif.reading.notes import Note
from aif.reading.side_tables import table_of_cells, table_of_genes
from aif.reading.text_files import opened, read_fields


class Layout(NamedTuple):
    """How a program names its files, up to their endings, and where it has the cells.

    The same beginning may stand before all names, as in a folder of several samples. Of several names
    of a matrix the first is taken; counts of `added`, of the same cells and genes, are added to it.
    A matrix of another name is read by `_tables_of`.
    """

    program: str
    matrix: tuple[str, ...]
    cells: str
    genes: tuple[str, ...]
    cells_in: str
    symbols: str | None = None
    added: str | None = None


CELLS, GENES = "barcodes", ("features", "genes")  # tables that most programs write
KB = "cells_x_genes"
LAYOUTS = (
    Layout("Cell Ranger", ("matrix",), CELLS, GENES, "columns"),
    Layout("Parse", ("count_matrix", "DGE"), "cell_metadata", ("all_genes",), "rows"),
    Layout(
        "kallisto|bustools",
        (KB, f"{KB}.cell", f"{KB}.mature"),
        f"{KB}.barcodes",
        (f"{KB}.genes",),
        "rows",
        symbols=f"{KB}.genes.names",
        added=f"{KB}.ambiguous",
    ),
    Layout("alevin-fry", ("quants_mat",), "quants_mat_rows", ("quants_mat_cols",), "rows"),
)
PACKED = r"(\.(gz|bz2|xz))?"
MATRIX, TABLE = rf"\.mtx{PACKED}", rf"\.(tsv|txt|csv){PACKED}"
OF_CELL_RANGER = r".*(feature_bc_matrix|gene_bc_matrices)(_h5)?\.h5"
LOOKED_AT, FEW = 10_000, 3  # files below a folder without a matrix, and places that are named
MATURE = ".mature"
UNSPLICED, AMBIGUOUS = "-U", "-A"  # ends of the names that alevin-fry gives to the same genes


class Files(NamedTuple):
    """The files of a data set, what is before their names, and how they are laid out."""

    layout: Layout
    prefix: str
    matrix: Path
    cells: Path
    genes: Path
    symbols: Path | None
    added: Path | None

    def all(self) -> list[Path]:
        """Return what is read, with the table of samples that may lie beside."""
        others = (self.symbols, self.added, aggregation_of(self.matrix.parent))
        return [self.matrix, self.cells, self.genes, *(path for path in others if path is not None)]


def read_matrix_market(path: Path) -> Content:
    """Return what a folder holds, or a matrix (.mtx) and the files that begin as it does.

    Raises
    ------
    Unread
        If the files are not there, or their sizes do not fit.
    """
    files = find_files(path)
    matrix, cells, genes = _matrix(files.matrix), read_fields(files.cells), read_fields(files.genes)
    both = ("columns", "rows")
    for cells_in in (files.layout.cells_in, both[files.layout.cells_in == "columns"]):
        shape = matrix.shape[::-1] if cells_in == "columns" else matrix.shape
        obs, var = table_of_cells(cells, shape[0]), table_of_genes(genes, shape[1])
        if obs is not None and var is not None:
            break
    else:
        raise Unread(
            f"does not fit: {files.matrix.name} is {matrix.shape}, {files.cells.name} has "
            f"{len(cells)} lines and {files.genes.name} {len(genes)}; see whether all are complete"
        )
    counts = sparse.csr_matrix(matrix.T if cells_in == "columns" else matrix)
    notes = []
    if files.added is not None:
        counts = counts + sparse.csr_matrix(_matrix(files.added))
        notes.append(
            Note("counts", "ok", f"those of {files.matrix.name} and {files.added.name}, added")
        )
    if files.symbols is not None:
        names = [row[0] for row in read_fields(files.symbols)]
        var = var.assign(gene_ids=var.index).set_axis(pd.Index(names, dtype=object), axis=0)
    counts, var, of_splicing = _spliced(counts, var)
    obs, of_aggr = with_samples_of_aggr(obs, files.matrix.parent)
    return Content([Matrix.of(counts, var)], obs, [*notes, *of_splicing, *of_aggr])


def find_files(path: Path) -> Files:
    """Return the files of a folder, or those that belong to a matrix.

    Raises
    ------
    Unread
        If one of them is not there, or if the folder has several matrices.
    """
    folder = path if path.is_dir() else path.parent
    names = sorted(f.name for f in folder.iterdir() if not f.name.startswith("."))
    there = [name for name in names if re.search(f"{MATRIX}$", name)]
    matrices = there if path.is_dir() else [path.name]
    if not matrices:
        raise Unread(_without_matrix(folder, names))
    found = [files for layout in LAYOUTS for files in _files_of(folder, names, matrices, layout)]
    is_alone = len({*there, *matrices}) == 1
    of_others = [] if found else [_tables_of(folder, names, x, is_alone) for x in matrices]
    found += [files for files in of_others if files is not None]
    if not found:
        beside = "; ".join(f"{x.cells} and {' or '.join(x.genes)} by {x.program}" for x in LAYOUTS)
        raise Unread(
            f"has {matrices[0]} without its tables, which begin as it does and are called: {beside}. "
            f"There are {', '.join(names[:6])}"
        )
    _check_one(folder, found)
    if len(of_others) > 1:
        example = path / found[0].matrix.name
        raise Unread(f"has the matrices {', '.join(matrices)}; give the path of one, {example}")
    return found[0]


def _check_one(folder: Path, found: list[Files]) -> None:
    """Accept matrices of one sample, the first without a copy.

    Raises
    ------
    Unread
        If there are several samples, or copies of which one may be older.
    """
    prefixes = sorted({files.prefix for files in found})
    if len(prefixes) > 1:
        raise Unread(
            f"has the files of several samples, which begin with {', '.join(prefixes)}; give them as "
            f"samples: {folder}/{{sample}}{found[0].matrix.name.removeprefix(found[0].prefix)}"
        )
    first = found[0].matrix.name
    copies = [
        f.matrix.name
        for f in found[1:]
        if _without_packing(f.matrix) == _without_packing(found[0].matrix)
    ]
    if copies:
        raise Unread(f"has {first} and {', '.join(copies)}, which may differ; remove one")


def _without_packing(path: Path) -> str:
    return re.sub(f"{PACKED}$", "", path.name)


def _files_of(folder: Path, names: list[str], matrices: list[str], layout: Layout) -> list[Files]:
    """Return the matrices of a layout that have their tables, the first by the layout's order first."""

    def sibling(prefix: str, stems: tuple[str | None, ...], ending: str) -> Path | None:
        for stem in stems:
            pattern = re.escape(prefix + stem) + ending if stem is not None else "(?!)"
            match = next((name for name in names if re.fullmatch(pattern, name)), None)
            if match is not None:
                return folder / match
        return None

    found = []
    for stem in layout.matrix:
        for name in matrices:
            match = re.fullmatch(f"(.*){re.escape(stem)}{MATRIX}", name)
            if match is None:
                continue
            prefix = match[1]
            cells, genes = (sibling(prefix, s, TABLE) for s in ((layout.cells,), layout.genes))
            symbols = sibling(prefix, (layout.symbols,), TABLE)
            added = sibling(prefix, (layout.added,), MATRIX) if stem.endswith(MATURE) else None
            if cells is not None and genes is not None:
                found.append(Files(layout, prefix, folder / name, cells, genes, symbols, added))
    return found


def _tables_of(folder: Path, names: list[str], matrix: str, is_alone: bool) -> Files | None:
    """Return a matrix of any name with its tables, which begin with its name or are like Cell Ranger's."""
    stem = re.sub(f"{MATRIX}$", "", matrix)
    tables = (f"{stem}.{CELLS}", (f"{stem}.genes",))
    bustools = Layout("bustools", (stem,), *tables, "rows", symbols=f"{stem}.genes.names")
    own = _files_of(folder, names, [matrix], bustools)
    if own:
        return own[0]
    found = {kind: _tables_called(names, kind) for kind in (CELLS, *GENES)}
    prefixes = {prefix for kind in GENES for prefix in found[kind] if prefix in found[CELLS]}
    prefix = max((p for p in prefixes if stem.startswith(p)), key=len, default=None)
    if prefix is None and is_alone and len(prefixes) == 1:
        (prefix,) = prefixes
    if prefix is None:
        return None
    cells, *genes = (_ending_as(stem, found[kind].get(prefix, {})) for kind in (CELLS, *GENES))
    of_genes = next((name for name in genes if name is not None), None)
    if cells is None or of_genes is None:
        return None
    return Files(LAYOUTS[0], prefix, folder / matrix, folder / cells, folder / of_genes, None, None)


def _tables_called(names: list[str], kind: str) -> dict[str, dict[str, str]]:
    """Return tables by what stands before and behind a word in their names."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        match = re.fullmatch(rf"(|.*[._-]){kind}(|[._-].*?){TABLE}", name)
        if match is not None:
            found.setdefault(match[1], {})[match[2]] = name
    return found


def _ending_as(stem: str, tables: dict[str, str]) -> str | None:
    """Return the only table, or the one that ends as a matrix does, else the one with no such end."""
    if len(tables) == 1:
        return next(iter(tables.values()))
    ends = sorted((end for end in tables if stem.endswith(end)), key=len)
    return tables[ends[-1]] if ends else None


def _without_matrix(folder: Path, names: list[str]) -> str:
    """Return what is wrong with a folder that has no matrix, and what in it may be meant."""
    others = [name for name in names if re.search(r"\.(h5ad|h5|loom|rds)$", name, re.I)]
    below = _below(folder)
    if below and (not others or any(place.parent == folder and place.is_file() for place in below)):
        return f"has no matrix (.mtx) itself; give {' or '.join(map(str, below[:FEW]))}"
    if not others:
        return "has no matrix (.mtx); give the folder that holds it"
    ending = others[0].rpartition(".")[2]
    return (
        f"is a folder of {len(others)} files of cells, such as {others[0]}; name one, or give them as "
        f"samples: {folder}/{{sample}}.{ending}"
    )


def _below(folder: Path) -> list[Path]:
    """Return the folders with a matrix below a folder, and Cell Ranger's .h5; filtered ones if there are."""
    found = set()
    for place in islice(folder.rglob("*"), LOOKED_AT):
        if re.search(f"{MATRIX}$", place.name):
            found.add(place.parent)
        elif re.fullmatch(OF_CELL_RANGER, place.name):
            found.add(place)
    filtered = {place for place in found if "filtered" in str(place.relative_to(folder))}
    return sorted(filtered or found, key=lambda place: (len(place.parts), place))


def _matrix(path: Path) -> sparse.coo_matrix:
    with opened(path) as file:
        return io.mmread(file)


def _spliced(
    counts: sparse.csr_matrix, genes: pd.DataFrame
) -> tuple[sparse.csr_matrix, pd.DataFrame, list[Note]]:
    """Return spliced and ambiguous counts as one where alevin-fry has three columns for a gene."""
    n = len(genes) // 3
    first = genes.index[:n]
    if not n or [*genes.index] != [*first, *(first + UNSPLICED), *(first + AMBIGUOUS)]:
        return counts, genes, []
    said = "the spliced and the ambiguous ones of alevin-fry; the unspliced are left out"
    return counts[:, :n] + counts[:, 2 * n :], genes.iloc[:n], [Note("counts", "ok", said)]
