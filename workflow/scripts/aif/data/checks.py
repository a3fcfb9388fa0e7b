"""Checks of a data set before anything is computed from it."""

from __future__ import annotations

from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from aif.errors import InputError

MIN_GENES = 3  # fewer have no two components to show
FEW_SHARED = 0.5  # of the cells; below it the types that batches share are few


class Check(NamedTuple):
    """A row of checks.tsv."""

    dataset: str
    check: str
    status: str
    message: str


def read_counts(path: str, layer: str | None, key: str) -> ad.AnnData:
    """Return the AnnData at `path` with its counts in X as CSR.

    Parameters
    ----------
    path
        An .h5ad file.
    layer
        The layer with the counts, or None for X; "raw" may also be the raw part of the file.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If the file cannot be read, has no such layer, or its counts are no numbers.
    """
    try:
        adata = ad.read_h5ad(path)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{key}.path: {path} is no readable .h5ad file ({reason})") from error
    if layer == "raw" and layer not in adata.layers and adata.raw is not None:
        adata, layer = adata.raw.to_adata(), None
    if layer is not None and layer not in adata.layers:
        raise InputError(
            f"{key}.layer: {path} has no layer {layer!r}; it has {sorted(adata.layers)}"
        )
    counts = adata.X if layer is None else adata.layers[layer]
    if counts is None:
        raise InputError(f"{key}.path: {path} has no X; name the layer with the counts in layer")
    if counts.dtype.kind not in "biuf":
        raise InputError(f"{key}.path: the counts of {path} are no numbers but {counts.dtype}")
    if sparse.issparse(counts):
        try:
            counts.check_format()  # or converting it would write beyond its memory
        except ValueError as error:
            raise InputError(f"{key}.path: {path} is no readable .h5ad file ({error})") from error
    with np.errstate(over="ignore"):  # what is too large is infinite, which is checked for
        canonical = sparse.csr_matrix(counts.astype(np.float32))
    canonical.sum_duplicates()
    canonical.eliminate_zeros()
    adata.X = canonical
    return adata


def check_dataset(
    adata: ad.AnnData,
    dataset: str,
    batch_key: str,
    label_key: str | None,
    n_top_genes: int | None,
) -> list[Check]:
    """Check names, columns, batches and counts; return what was found.

    Raises
    ------
    InputError
        At the first thing that makes the data set unusable: one line that names the key or column
        and what to do.
    """
    key = f"datasets.{dataset}"
    _check_names(adata, key)
    if adata.n_vars < MIN_GENES:
        raise InputError(f"{key}.path: {adata.n_vars} genes are too few; give at least {MIN_GENES}")
    batches = _check_column(adata, batch_key, f"{key}.batch_key")
    _check_batches(batches, f"{key}.batch_key", batch_key)
    _check_values(adata, key)
    _check_cells(adata, key)
    if n_top_genes is not None and n_top_genes > adata.n_vars:
        raise InputError(
            f"{key}.n_top_genes: {n_top_genes} is more than the {adata.n_vars} genes; lower it"
        )
    found = [
        ("cells", "ok", f"{adata.n_obs}"),
        ("genes", "ok", f"{adata.n_vars}"),
        ("batches", "ok", _sizes(batches)),
        _label_check(adata, label_key, key),
        *_shared_types_check(adata, batches, label_key),
        _integer_check(adata),
        _empty_genes_check(adata, n_top_genes),
    ]
    return [Check(dataset, *row) for row in found]


def composition(
    adata: ad.AnnData, dataset: str, batch_key: str, label_key: str | None
) -> pd.DataFrame:
    """Return the rows of composition.tsv: how many cells of each type every batch has, 0 included.

    Without labels the type is empty.
    """
    obs = adata.obs.astype(str)
    batches = obs[batch_key].rename("batch")
    types = (obs[label_key] if label_key else pd.Series("", obs.index)).rename("cell_type")
    cells = pd.crosstab(batches, types).stack().rename("n_cells").reset_index()
    return cells.assign(dataset=dataset)[["dataset", "batch", "cell_type", "n_cells"]]


def _check_names(adata: ad.AnnData, key: str) -> None:
    for names, what, call in (
        (adata.obs_names, "cell", "obs_names_make_unique"),
        (adata.var_names, "gene", "var_names_make_unique"),
    ):
        twice = names[names.duplicated()]
        if len(twice):
            raise InputError(
                f"{key}.path: {what} name {twice[0]!r} is not unique ({len(twice)} repeats); "
                f"make names unique, for instance with adata.{call}()"
            )


def _check_column(adata: ad.AnnData, column: str, key: str) -> pd.Series:
    if column not in adata.obs:
        raise InputError(f"{key}: obs has no column {column!r}; it has {list(adata.obs.columns)}")
    missing = int(adata.obs[column].isna().sum())
    if missing:
        raise InputError(
            f"{key}: column {column!r} has no value for {missing} cells; fill or drop them"
        )
    return adata.obs[column].astype(str)


def _check_batches(batches: pd.Series, key: str, column: str) -> None:
    sizes = batches.value_counts()
    if len(sizes) < 2:
        raise InputError(
            f"{key}: column {column!r} names {len(sizes)} batch; correction needs at least 2"
        )
    if sizes.min() < 2:
        raise InputError(
            f"{key}: batch {sizes.idxmin()!r} of column {column!r} has one cell; drop or merge it"
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
                f"{key}.path: {int(bad.sum())} values are {what}, first in gene {gene!r}; {remedy}"
            )


def _check_cells(adata: ad.AnnData, key: str) -> None:
    empty = np.flatnonzero(adata.X.sum(axis=1).A1 == 0)
    if len(empty):
        raise InputError(
            f"{key}.path: {len(empty)} cells have no counts, first {adata.obs_names[empty[0]]!r}; "
            "drop them, for instance with min_genes"
        )


def _label_check(adata: ad.AnnData, label_key: str | None, key: str) -> tuple[str, str, str]:
    if label_key is None:
        return "cell types", "warning", "no label_key: metrics that need cell types are left out"
    types = _check_column(adata, label_key, f"{key}.label_key")
    if types.is_unique:
        raise InputError(
            f"{key}.label_key: column {label_key!r} names every cell differently; name the column of "
            "cell types, or leave label_key out"
        )
    sizes = types.value_counts()
    single = sorted(sizes.index[sizes == 1])
    if single:
        return (
            "cell types",
            "warning",
            f"{_sizes(types)}; of {', '.join(single)} there is one cell, so nothing can be said of it",
        )
    return "cell types", "ok", _sizes(types)


def _shared_types_check(
    adata: ad.AnnData, batches: pd.Series, label_key: str | None
) -> list[tuple[str, str, str]]:
    """Say how many cell types several batches have: what batches share is all that can be aligned."""
    if label_key is None:
        return []
    types = adata.obs[label_key].astype(str)
    alone = types.groupby(types).transform(lambda own: batches[own.index].nunique()) == 1
    n_alone, n = types[alone].nunique(), types.nunique()
    if n_alone == n:
        return [
            (
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
        return [("shared types", "ok", found)]
    few = f"only {share:.0%} of the cells have a cell type that several batches have ({found}): "
    return [("shared types", "warning", few + "a correction may make different types alike")]


def _integer_check(adata: ad.AnnData) -> tuple[str, str, str]:
    share = float(np.mean(adata.X.data != np.round(adata.X.data))) if adata.X.nnz else 0.0
    if share == 0:
        return "counts", "ok", "non-negative integers"
    return (
        "counts",
        "warning",
        f"{share:.0%} of the non-zero values are no integers (TPM or another normalised unit?); "
        "they are used as they are, variants on raw counts may suffer",
    )


def _empty_genes_check(adata: ad.AnnData, n_top_genes: int | None) -> tuple[str, str, str]:
    empty = int((adata.X.sum(axis=0).A1 == 0).sum())
    if not empty or n_top_genes is not None:
        return "empty genes", "ok", "none" if not empty else "left to the choice of variable genes"
    return (
        "empty genes",
        "warning",
        f"{empty} genes have no counts in any cell; they are kept and carry nothing, "
        "set min_cells or n_top_genes to drop them",
    )


def _sizes(names: pd.Series) -> str:
    return ", ".join(f"{name} ({size})" for name, size in names.value_counts().sort_index().items())
