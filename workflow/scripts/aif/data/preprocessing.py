"""From counts to the three inputs of the variants: raw, norm and norm_log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

from aif.data.covariates import add_covariates
from aif.data.groups import with_groups

TRANSFORMS = ("raw", "norm", "norm_log")
STANDARDISED_BY = ("batch_key", "label_key", "unlabelled", "keep")  # keys of a data set


def standardise(
    adata: ad.AnnData,
    batch_key: str | Sequence[str],
    label_key: str | None,
    keep: Sequence[str] = (),
    unlabelled: Sequence[str] = (),
    key: str = "",
) -> ad.AnnData:
    """Return the data set in the workflow's form: counts in X and layers, obs as `with_groups` makes it.

    Columns to keep are in obsm as `aif.data.covariates` makes numbers of them. Cells and genes keep
    their order. X, the layer and where it can be the input's X are one matrix in memory; `transform`
    copies.

    Raises
    ------
    InputError
        As `with_groups`.
    """
    obs = with_groups(adata.obs, batch_key, label_key, unlabelled, key)
    counts = adata.X.astype(np.float32, copy=False)
    standard = ad.AnnData(X=counts, obs=obs, var=adata.var.copy(), layers={"counts": counts})
    if keep:
        add_covariates(standard, adata.obs, keep)
    return standard


def with_genes(standard: ad.AnnData, genes: Sequence[str]) -> ad.AnnData:
    """Return what `standardise` has made with some genes, in their order; the layer still is X in memory."""
    if standard.var_names.equals(pd.Index(genes)):
        return standard
    places = standard.var_names.get_indexer(genes)
    counts = standard.X[:, places]
    parts = {name: dict(getattr(standard, name)) for name in ("obsm", "uns")}
    var = standard.var.iloc[places].copy()
    return ad.AnnData(counts, standard.obs, var, layers={"counts": counts}, **parts)


def transform(adata: ad.AnnData, name: str) -> ad.AnnData:
    """Return a data set with X as one of `TRANSFORMS`; sparse counts stay sparse.

    raw: counts. norm: counts scaled to a sum of 1 per cell. norm_log: counts scaled to the median
    library, then log1p. The values of X are a copy. Where they are in X, and the layer of counts, are the
    same in memory, as they may be large.
    """
    parts = {name: dict(getattr(adata, name)) for name in ("layers", "obsm", "uns")}
    result = ad.AnnData(_copied(adata.X), adata.obs.copy(), adata.var.copy(), **parts)
    if name == "norm":
        sc.pp.normalize_total(result, target_sum=1)
    elif name == "norm_log":
        sc.pp.normalize_total(result)
        sc.pp.log1p(result)
    return result


def _copied(x: np.ndarray | sparse.csr_matrix) -> np.ndarray | sparse.csr_matrix:
    """Return a matrix with values of its own, at places that it shares."""
    if not sparse.issparse(x):
        return x.copy()
    return sparse.csr_matrix((x.data.copy(), x.indices, x.indptr), x.shape)


def write_transform(path: str | Path, result: ad.AnnData, raw: str | Path | None = None) -> None:
    """Write what `transform` has made, compressed; its counts are compressed once and then copied.

    Parameters
    ----------
    path
        The file.
    result
        A data set with X and the layer of counts.
    raw
        A file that holds the same counts; without it they are X.
    """
    counts = result.layers.pop("counts")
    result.write_h5ad(path, compression="gzip")
    result.layers["counts"] = counts
    with h5py.File(path, "r+") as file:
        if raw is None:
            file.copy("X", file["layers"], "counts")
            return
        with h5py.File(raw) as source:
            source.copy("layers/counts", file["layers"])
