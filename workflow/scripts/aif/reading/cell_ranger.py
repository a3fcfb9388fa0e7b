"""Cell Ranger's .h5 files, of version 2 (a group per genome) and of later ones."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import h5py
import pandas as pd

from aif.reading.content import Content, Matrix, Unread, Wanted
from aif.reading.notes import Note

# `cellranger aggr` names cells by the number of their sample in this table, which lies beside the
# counts or, since version 6, a folder above.
AGGREGATION = "aggregation.csv"


def read_10x_h5(path: Path, wanted: Wanted) -> Content:
    """Return what a file of Cell Ranger holds.

    Raises
    ------
    Unread
        If it holds the counts of several genomes apart and none of them is named.
    """
    import scanpy as sc  # takes seconds, and no other form needs it

    with h5py.File(path) as file:
        genomes = [] if "matrix" in file else sorted(file)
    genome = wanted.genome if genomes else None
    if len(genomes) > 1 and genome is None:
        raise Unread(f"holds the genomes {', '.join(genomes)} apart; name one in genome")
    if genomes and genome not in (None, *genomes):
        raise Unread(f"has no genome {genome!r}; it has {', '.join(genomes)}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Variable names are not unique")
        adata = sc.read_10x_h5(path, genome=genome, gex_only=False)
    if genomes:
        adata.var["genome"] = genome or genomes[0]
    cells, notes = with_samples_of_aggr(adata.obs, path.parent)
    return Content([Matrix.of(adata.X, adata.var)], cells, notes)


def aggregation_of(folder: Path) -> Path | None:
    """Return the table of `cellranger aggr` in a folder or above it, None where there is none."""
    places = (place / AGGREGATION for place in (folder, folder.parent))
    return next((place for place in places if place.is_file()), None)


def with_samples_of_aggr(cells: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, list[Note]]:
    """Return cells with the columns of the table of `cellranger aggr` if it lies there; and a note.

    The table is taken if its rows are the numbers at the ends of the cells' names, all of them.
    """
    table = aggregation_of(folder)
    ends = cells.index.to_series().str.rpartition("-")[2]
    if table is None or not ends.str.fullmatch(r"\d+").all():
        return cells, []
    with open(table, newline="", encoding="utf-8-sig") as file:
        rows = pd.DataFrame(list(csv.DictReader(file)))
    if len(rows) < 2 or set(ends.astype(int)) != set(range(1, len(rows) + 1)):
        return cells, []
    rows = rows.drop(columns=["molecule_h5"], errors="ignore").iloc[ends.astype(int) - 1]
    told = f"obs has {', '.join(rows.columns)} of {table}, by the numbers at the ends of the cells' names"
    new = [column for column in rows if column not in cells]
    return cells.join(rows[new].set_axis(cells.index)), [Note("samples", "ok", told)]
