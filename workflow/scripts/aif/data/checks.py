"""Checks of a data set before anything is computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd

from aif.data.gene_choice import FEWEST
from aif.data.groups import renamed_notes, suffix_hint
from aif.errors import InputError
from aif.reading.counts import LOGARITHMS, kind_of
from aif.reading.genes import as_names
from aif.reading.notes import Note

FEW_SHARED = 0.5  # of the cells; below it the types that batches share are few
FEW_VALUES = 0.005  # of all; fewer are counted
FEW_CELLS = 20  # of a batch, about as many as a cell has neighbours in the metrics
PLACES = ("path", "url", "samples", "tables", "simulate")  # keys of where cells come from
NO_TYPE = "(no type)"
# What many call the type of cells whose type they do not know.
UNKNOWN = {
    *("unknown", "unassigned", "unlabelled", "unlabeled", "unclassified", "undefined"),
    *("nan", "na", "none"),
}


def check_dataset(adata: ad.AnnData, key: str, source: dict[str, Any]) -> list[Note]:
    """Check names, batches and counts; return what was found.

    Parameters
    ----------
    adata
        Counts in X, CSR; obs as `aif.data.groups.with_groups` makes it.
    key
        The data set's key in the config, for messages.
    source
        Its entry there: where it comes from, `batch_key` and `label_key`, for messages.

    Raises
    ------
    InputError
        At the first thing that makes the data set unusable: one line that names the key or column
        and what to do.
    """
    place = f"{key}.{next((name for name in PLACES if source.get(name) is not None), PLACES[0])}"
    _check_names(adata, place)
    if adata.n_vars < FEWEST:
        raise InputError(f"{place}: {adata.n_vars} genes are too few; give at least {FEWEST}")
    _check_batches(adata, f"{key}.batch_key", source["batch_key"])
    _check_values(adata, place)
    _check_cells(adata, place)
    found = [
        Note("cells", "ok", f"{adata.n_obs}"),
        Note("genes", "ok", f"{adata.n_vars}"),
        *renamed_notes(adata.obs),
        _batches_check(adata.obs["batch"]),
        _label_check(adata, f"{key}.label_key", source["label_key"]),
        *_shared_types_check(adata.obs),
        _integer_check(adata),
    ]
    return found


def check_unlabelled(
    obs: pd.DataFrame, label_key: str | None, unlabelled: Sequence[str]
) -> list[Note]:
    """Return a warning of values of `unlabelled` that no cell of the file has.

    Parameters
    ----------
    obs
        Of the file.
    label_key, unlabelled
        As in the config.
    """
    if label_key is None:  # the config has refused values of no column
        return []
    known = set(as_names(obs[label_key]).dropna())
    absent = [name for name in unlabelled if name not in known]
    if not absent:
        return []
    said = (
        f"no cell has {', '.join(absent)} in {label_key}, which has {', '.join(sorted(known)[:10])}"
    )
    return [Note("unlabelled", "warning", said)]


def check_chosen(chosen: ad.AnnData) -> list[Note]:
    """Return what was found of the genes that are used: some are empty, or do not tell cells apart.

    Parameters
    ----------
    chosen
        Counts (N, chosen genes) in X, CSR.
    """
    x = chosen.X
    empty_genes = int((x.getnnz(axis=0) == 0).sum())
    empty_cells = int((x.getnnz(axis=1) == 0).sum())
    pairs = zip(x.indptr[:-1], x.indptr[1:], strict=True)
    rows = {hash((x.indices[i:j].tobytes(), x.data[i:j].tobytes())) for i, j in pairs}
    equal = chosen.n_obs - len(rows)
    names = ("empty genes", "equal cells", "empty cells")
    notes = [Note(name, "ok", "none") for name in names]
    if empty_genes:
        said = f"{empty_genes} genes have no counts in any cell; they are kept and carry nothing, "
        notes[0] = Note(
            "empty genes", "warning", said + "set min_cells or n_top_genes to drop them"
        )
    if equal:
        said = (
            f"{equal} of {chosen.n_obs} cells are equal to another one in the genes that are used"
        )
        notes[1] = Note("equal cells", "warning", said)
    if empty_cells:
        said = (
            f"{empty_cells} of {chosen.n_obs} cells have no counts in the genes that are used: use more "
            "genes, or set min_genes to drop cells of few"
        )
        notes[2] = Note("empty cells", "warning", said)
    return notes


def composition(obs: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Return the rows of composition.tsv: how many cells of each type every batch has, 0 included.

    Without labels the type is empty.
    """
    batches = obs["batch"].astype(str).rename("batch")
    types = pd.Series("", obs.index)
    if "cell_type" in obs:
        types = obs["cell_type"].astype(object).fillna(NO_TYPE).astype(str)
    cells = pd.crosstab(batches, types.rename("cell_type")).stack().rename("n_cells").reset_index()
    return cells.assign(dataset=dataset)[["dataset", "batch", "cell_type", "n_cells"]]


def _check_names(adata: ad.AnnData, key: str) -> None:
    for names, what, remedy in (
        (adata.obs_names, "cell", "make names unique in the file"),
        (
            adata.var_names,
            "gene",
            "make names unique in the file, or name another column in gene_names",
        ),
    ):
        twice = names[names.duplicated()]
        if len(twice):
            raise InputError(
                f"{key}: {what} name {twice[0]!r} is not unique ({len(twice)} repeats); {remedy}"
            )


def _check_batches(adata: ad.AnnData, key: str, column: str | None) -> None:
    sizes = adata.obs["batch"].astype(str).value_counts()
    if len(sizes) < 2:
        raise InputError(
            f"{key}: column {column!r} names {len(sizes)} batch; correction needs at least 2"
            f"{suffix_hint(adata.obs_names)}"
        )
    if sizes.min() < 2:
        raise InputError(
            f"{key}: batch {sizes.idxmin()!r} of column {column!r} has one cell; drop or merge it"
        )


def _batches_check(batches: pd.Series) -> Note:
    sizes = batches.astype(str).value_counts().sort_index()
    few = [name for name, size in sizes.items() if size < FEW_CELLS]
    if not few:
        return Note("batches", "ok", _sizes(batches))
    return Note(
        "batches",
        "warning",
        f"{_sizes(batches)}; of {', '.join(few)} there are less than {FEW_CELLS} cells, too few to learn "
        "what the batch changes: merge or drop them if you can",
    )


def _check_values(adata: ad.AnnData, key: str) -> None:
    values = adata.X.data
    for bad, what, remedy in (
        (np.isnan(values), "NaN", "replace or drop them"),
        (np.isinf(values), "infinite", "replace or drop them"),
        (values < 0, "negative", "give raw counts, not scaled or centred values"),
    ):
        if bad.any():
            gene = adata.var_names[adata.X.indices[np.flatnonzero(bad)[0]]]
            raise InputError(
                f"{key}: {int(bad.sum())} values are {what}, first in gene {gene!r}; {remedy}"
            )


def _check_cells(adata: ad.AnnData, key: str) -> None:
    empty = np.flatnonzero(adata.X.sum(axis=1).A1 == 0)
    if len(empty):
        raise InputError(
            f"{key}: {len(empty)} cells have no counts, first {adata.obs_names[empty[0]]!r}; "
            "drop them, for instance with min_genes"
        )


def _label_check(adata: ad.AnnData, key: str, column: str | None) -> Note:
    if "cell_type" not in adata.obs:
        no_types = "no label_key: metrics that need cell types are left out"
        return Note("cell types", "warning", no_types)
    types = adata.obs["cell_type"].dropna().astype(str)
    if types.is_unique and len(types) > 1:
        raise InputError(
            f"{key}: column {column!r} names every cell differently; name the column of "
            "cell types, or leave label_key out"
        )
    said, status = [_sizes(types)], "ok"
    if len(types) < adata.n_obs:
        said.append(
            f"{adata.n_obs - len(types)} cells have no type: they are corrected and drawn, and left out of "
            "the metrics that need one"
        )
    if adata.obs.loc[types.index, "batch"].nunique() < 2:
        status = "warning"
        said.append(
            "only one batch has types, so that metrics of types cannot tell how batches mix"
        )
    sizes = types.value_counts()
    unknown = sorted(name for name in sizes.index if name.strip().lower() in UNKNOWN)
    if unknown:
        status = "warning"
        said.append(
            f"there is a type {', '.join(unknown)}: name it in unlabelled if it means that the type is "
            "not known"
        )
    single = sorted(sizes.index[sizes == 1])
    if single:
        status = "warning"
        said.append(f"of {', '.join(single)} there is one cell, so nothing can be said of it")
    return Note("cell types", status, "; ".join(said))


def _shared_types_check(obs: pd.DataFrame) -> list[Note]:
    """Say how many cell types several batches have: what batches share is all that can be aligned."""
    if "cell_type" not in obs:
        return []
    typed = obs.dropna(subset="cell_type").astype(str)
    types = typed["cell_type"]
    alone = typed.groupby("cell_type")["batch"].transform("nunique") == 1
    n_alone, n = types[alone].nunique(), types.nunique()
    if n_alone == n:
        return [
            Note(
                "shared types",
                "warning",
                "no cell type is in more than one batch, so batches and cell types cannot be told "
                "apart: a correction makes different cell types alike",
            )
        ]
    found = f"{n - n_alone} of {n} cell types are in more than one batch"
    if n_alone:
        found += f"; in one only: {_sizes(types[alone])}"
    share = 1 - alone.mean()
    if share >= FEW_SHARED:
        return [Note("shared types", "ok", found)]
    few = f"only {share:.0%} of the cells have a cell type that several batches have ({found}): "
    return [Note("shared types", "warning", few + "a correction may make different types alike")]


def _integer_check(adata: ad.AnnData) -> Note:
    n = int((adata.X.data != np.round(adata.X.data)).sum())
    if n == 0:
        return Note("counts", "ok", "non-negative integers")
    share = n / adata.X.nnz
    found = f"{share:.0%}" if share >= FEW_VALUES else str(n)
    found += " of the non-zero values are no integers"
    if kind_of(adata.X.data) == LOGARITHMS:
        return Note(
            "counts",
            "warning",
            f"{found} and none is large: if they are logarithms, "
            "undo them, or name the layer with the counts in layer",
        )
    return Note(
        "counts",
        "warning",
        f"{found} (TPM or another normalised unit?); "
        "they are used as they are, variants on raw counts may suffer",
    )


def _sizes(names: pd.Series) -> str:
    return ", ".join(f"{name} ({size})" for name, size in names.value_counts().sort_index().items())
