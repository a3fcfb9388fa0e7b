"""The cells of many files as one data set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
from anndata.utils import make_index_unique
from scipy import sparse

from aif.errors import InputError
from aif.reading.content import some_of
from aif.reading.counts import kind_of
from aif.reading.genes import are_row_numbers, ids_of, without_version
from aif.reading.notes import LACKING, Note
from aif.reading.plain import plain
from aif.reading.text_files import typed

SAMPLE = "sample"  # the column of names, which stay texts where they are numbers
FEW_SHARED, TOO_FEW_SHARED = 0.5, 0.01  # of the genes of the file that has fewest


class Part(NamedTuple):
    """The cells of one file, its name, and the columns that its cells get in obs."""

    name: str
    cells: ad.AnnData
    columns: dict[str, str]
    notes: list[Note]


def joined(parts: Sequence[Part], join: str, where: str) -> tuple[ad.AnnData, list[Note]]:
    """Return the cells of all files, one after the other, and notes.

    Genes are the same where their ids are, if all files have ids, whatever their versions; else where
    their names are. obs has the columns that any file has, with no value where a file lacks one, and those
    that the files get. Where cells of two files have the same name, the file's is added to all.

    Parameters
    ----------
    parts
        The files. They give up their counts.
    join
        `inner`: the genes that all have; `outer`: the genes that any has, 0 where a file lacks them.
    where
        The key in the config, for messages.

    Raises
    ------
    InputError
        If the files hold values of different kinds, share hardly a gene, or if a column would be
        overwritten.
    """
    _check_kinds(parts, where)
    tables = [_columns(part, where) for part in parts]
    obs = _table_of_cells(parts, tables)
    keys, by_ids = _gene_keys(parts, where)
    shared = _shared(keys)
    names = [part.name for part in parts]
    notes = [
        *_together(parts),
        *_lacking(names, tables),
        _shared_note(parts, shared, join, by_ids, where),
    ]
    genes = shared if join == "inner" else reduce(lambda a, b: a.union(b, sort=False), keys)
    counts = []
    for part, own in zip(parts, keys, strict=True):
        counts.append(_of_genes(part.cells.X, own, genes))
        part.cells.X = None  # a cohort's counts are in memory twice then, and not three times
    together = sparse.vstack(counts, format="csr")
    cells = pd.Index([name for part in parts for name in part.cells.obs_names], dtype=object)
    if not cells.is_unique:
        cells = pd.Index([f"{name}-{part.name}" for part in parts for name in part.cells.obs_names])
    var = _gene_table([part.cells.var for part in parts], keys, genes)
    return ad.AnnData(together, plain(obs.set_axis(cells)), var), notes


def _table_of_cells(parts: Sequence[Part], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return obs of all files: what a sheet gives is typed, and what is a category in its files stays one."""
    obs = pd.concat([table for table in tables if len(table)] or tables, join="outer", sort=False)
    given = set().union(*(part.columns for part in parts)) & set(obs) - {SAMPLE}
    obs = obs.assign(**{column: typed(obs[column]) for column in given})
    # Categories of numbers would be numbers where those of the files differ.
    groups = [
        column
        for column in obs
        if _are_groups([part.cells.obs.get(column) for part in parts], column in given)
    ]
    return obs.astype(dict.fromkeys(groups, "category"))


def _are_groups(columns: Sequence[pd.Series | None], in_all: bool) -> bool:
    """Return whether a column is a category in all files that have it, which may have to be all."""
    there = [column for column in columns if column is not None]
    if not there or (in_all and len(there) < len(columns)):
        return False
    return all(isinstance(column.dtype, pd.CategoricalDtype) for column in there)


def _lacking(names: Sequence[str], tables: Sequence[pd.DataFrame]) -> list[Note]:
    """Return notes of the columns of obs that some samples lack, one for all that the same samples lack.

    Of columns that one of many samples has alone there is one note, too. Samples without cells lack nothing.
    """
    owners: dict[str, list[str]] = {}
    named = [(name, table) for name, table in zip(names, tables, strict=True) if len(table)]
    for name, table in named:
        for column in table:
            owners.setdefault(str(column), []).append(name)
    lacking: dict[tuple[str, ...], list[str]] = {}
    alone: dict[str, list[str]] = {}
    for column, own in owners.items():
        others = tuple(name for name, _ in named if name not in own)
        if len(own) == 1 < len(others):
            alone.setdefault(own[0], []).append(column)
        elif others:
            lacking.setdefault(others, []).append(column)
    said = [
        f"{', '.join(others)}: the cells have no value in {_quoted(columns)}, which other samples have"
        for others, columns in lacking.items()
    ]
    if alone:
        found = "; ".join(f"{name} {_quoted(columns)}" for name, columns in alone.items())
        said.append(f"of all samples one alone has a column, and other cells no value: {found}")
    return [Note(LACKING, "warning", message) for message in said]


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(map(repr, columns))


def _check_kinds(parts: Sequence[Part], where: str) -> None:
    kinds = {part.name: kind_of(some_of(part.cells.X)) for part in parts if part.cells.X.nnz}
    if len(set(kinds.values())) > 1:
        first: dict[str, str] = {}
        for name, kind in kinds.items():
            first.setdefault(kind, name)
        found = ", ".join(f"{name} {kind}" for kind, name in first.items())
        raise InputError(
            f"{where}: the samples hold values of different kinds ({found}); give counts of all, "
            "for instance by a column layer in the sheet"
        )


def _gene_keys(parts: Sequence[Part], where: str) -> tuple[list[pd.Index], bool]:
    """Return what tells the genes of each file apart, and whether these are ids.

    Ids that hardly match, as those of two kinds, give way to names.
    """
    ids = [ids_of(part.cells.var) for part in parts]
    names = [part.cells.var_names for part in parts]
    if all(own is not None for own in ids):
        keys = [pd.Index(without_version(own)) for own in ids]
        if _share(keys) >= TOO_FEW_SHARED or _share(names) < TOO_FEW_SHARED:
            return keys, True
    for part in parts:
        twice = part.cells.var_names[part.cells.var_names.duplicated()]
        if len(twice):
            raise InputError(
                f"{where}: gene name {twice[0]!r} is not unique in sample {part.name!r} "
                f"({len(twice)} repeats); make names unique"
            )
        if are_row_numbers(part.cells.var_names):
            raise InputError(
                f"{where}: the genes of sample {part.name!r} are called by row numbers, which do not say "
                "which genes they are; name the column of their names in gene_names"
            )
    return names, False


def _shared(keys: Sequence[pd.Index]) -> pd.Index:
    return reduce(lambda a, b: a.intersection(b, sort=False), keys)


def _share(keys: Sequence[pd.Index]) -> float:
    """Return the share of shared genes among those of the file that has fewest."""
    return len(_shared(keys)) / max(1, min(map(len, keys)))


def _shared_note(
    parts: Sequence[Part], shared: pd.Index, join: str, by_ids: bool, where: str
) -> Note:
    fewest = min(parts, key=lambda part: part.cells.n_vars)
    share = len(shared) / max(1, fewest.cells.n_vars)
    most = max(part.cells.n_vars for part in parts)
    found = (
        f"all samples share {len(shared)} genes by their {'ids' if by_ids else 'names'}, {share:.0%} of "
        f"the {fewest.cells.n_vars} of {fewest.name} (the most are {most})"
    )
    if share < TOO_FEW_SHARED:
        nothing = f"the samples share {f'{len(shared)} genes' if len(shared) else 'no gene'}"
        raise InputError(
            f"{where}: {nothing} of {fewest.cells.n_vars} in {fewest.name}; are their names of the same "
            "kind? gene_names takes a column of names"
        )
    if join == "outer":
        said = f"{found}; of the others a sample that lacks one counts 0, which looks like a batch effect"
        return Note("shared genes", "ok" if len(shared) == most else "warning", said)
    few = "; are their names of the same kind, and their genes those of one reference?"
    status = "ok" if share >= FEW_SHARED else "warning"
    return Note("shared genes", status, found + (few if status == "warning" else ""))


def _of_genes(counts: sparse.csr_matrix, own: pd.Index, genes: pd.Index) -> sparse.csr_matrix:
    """Return counts in the columns of `genes`; those that a file lacks are 0, others of its own go."""
    if own.equals(genes):
        return counts
    place = genes.get_indexer(own)
    kept = np.flatnonzero(place >= 0)
    part = counts[:, kept]
    moved = sparse.csr_matrix(
        (part.data, place[kept].astype(part.indices.dtype)[part.indices], part.indptr),
        shape=(counts.shape[0], len(genes)),
    )
    moved.sort_indices()
    return moved


def _columns(part: Part, where: str) -> pd.DataFrame:
    """Return obs with the columns that a file's cells get.

    Raises
    ------
    InputError
        If the file has such a column with other values: nothing is overwritten.
    """
    obs = part.cells.obs.copy()
    for column, value in part.columns.items():
        if column in obs and set(obs[column].astype(str)) != {value}:
            others = ", ".join(sorted(set(obs[column].astype(str)))[:3])
            raise InputError(
                f"{where}: the file of sample {part.name!r} has a column {column!r} of its own ({others} "
                "…), which would be overwritten; remove it from the sheet or pattern to keep the file's, or "
                "rename one of them"
            )
        obs[column] = pd.Categorical([value] * len(obs))
    return obs


def _gene_table(tables: list[pd.DataFrame], keys: list[pd.Index], genes: pd.Index) -> pd.DataFrame:
    """Return var: the names of the first file that has a gene, and columns in which no two files differ."""
    placed = [
        table.assign(**{"": table.index}).set_axis(own).reindex(genes)
        for table, own in zip(tables, keys, strict=True)
    ]
    common = [c for c in placed[0] if all(c in table for table in placed[1:])]
    merged = {}
    for column in common:
        values = [table[column].astype(object) for table in placed]
        first = reduce(lambda a, b: a.where(a.notna(), b), values)
        if column == "" or all((v.isna() | (v == first)).all() for v in values):
            merged[column] = first.infer_objects()
    names = make_index_unique(pd.Index(merged.pop("").to_numpy(object)))
    return plain(pd.DataFrame(merged).set_axis(names))


def _together(parts: Sequence[Part]) -> list[Note]:
    """Return the notes of all files, each once, with the names of the samples if not all have it."""
    names: dict[Note, list[str]] = {}
    for part in parts:
        if not part.cells.n_obs:
            names.setdefault(Note("cells", "warning", "there are no cells"), []).append(part.name)
        for note in part.notes:
            names.setdefault(note, []).append(part.name)
    return [
        note
        if len(own) == len(parts)
        else note._replace(message=f"{', '.join(own)}: {note.message}")
        for note, own in names.items()
    ]
