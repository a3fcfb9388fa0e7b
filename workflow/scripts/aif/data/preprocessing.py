"""From checked counts to the three inputs of the variants: raw, norm and norm_log."""

from __future__ import annotations

from collections.abc import Sequence

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc

from aif.data.covariates import add_covariates
from aif.errors import InputError

TRANSFORMS = ("raw", "norm", "norm_log")
STANDARDISED_BY = ("batch_key", "label_key", "n_top_genes", "keep")  # keys of a data set
OWN_COLUMNS = ("batch", "cell_type", "held_out")  # columns of obs that the workflow gives a meaning


def keep_detected(
    adata: ad.AnnData, min_genes: int | None, min_cells: int | None, key: str
) -> ad.AnnData:
    """Return the cells with enough detected genes, and then the genes detected in enough of them.

    Parameters
    ----------
    adata
        Counts in X; unchanged.
    min_genes, min_cells
        At least so many; None keeps all.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If no cell or no gene is left.
    """
    if min_genes is not None:
        enough, _ = sc.pp.filter_cells(adata, min_genes=min_genes, inplace=False)
        if not enough.any():
            raise InputError(f"{key}.min_genes: no cell has {min_genes} detected genes; lower it")
        adata = adata[enough].copy()
    if min_cells is not None:
        enough, _ = sc.pp.filter_genes(adata, min_cells=min_cells, inplace=False)
        if not enough.any():
            raise InputError(f"{key}.min_cells: no gene is found in {min_cells} cells; lower it")
        adata = adata[:, enough].copy()
    return adata


def standardise(
    adata: ad.AnnData,
    batch_key: str,
    label_key: str | None,
    n_top_genes: int | None,
    keep: Sequence[str] = (),
) -> ad.AnnData:
    """Return the data set in the workflow's form: counts in X and layers, obs batch and cell_type.

    Columns to keep are in obsm as `aif.data.covariates` makes numbers of them. Cells and genes keep
    their order. Another column with a name of `OWN_COLUMNS` is renamed to
    `*_input`. X, the layer and where it can be the input's X are one matrix in memory; `transform`
    copies.
    """
    columns = {"batch": batch_key, "cell_type": label_key}
    obs = adata.obs.copy()
    for name in OWN_COLUMNS:
        if columns.get(name) != name:
            obs = obs.rename(columns={name: free_name(f"{name}_input", obs)})
    for new, old in columns.items():
        if old is not None:
            obs[new] = adata.obs[old].astype(str).astype("category")
    counts = adata.X.astype(np.float32, copy=False)
    standard = ad.AnnData(X=counts, obs=obs, var=adata.var.copy(), layers={"counts": counts})
    if keep:
        add_covariates(standard, adata.obs, keep)
    if n_top_genes is not None:
        standard = standard[:, most_variable_genes(standard, n_top_genes)].copy()
    return standard


def free_name(name: str, obs: pd.DataFrame) -> str:
    """Return a name that no column has: this one, with as many underscores as it takes."""
    while name in obs:
        name += "_"
    return name


def most_variable_genes(adata: ad.AnnData, n_top_genes: int) -> np.ndarray:
    """Return a mask (G,) of the genes that vary most within batches (scanpy, flavour seurat)."""
    logs = transform(adata, "norm_log")
    sc.pp.highly_variable_genes(logs, n_top_genes=n_top_genes, batch_key="batch")
    return logs.var["highly_variable"].to_numpy()


def transform(adata: ad.AnnData, name: str) -> ad.AnnData:
    """Return a copy with X as one of `TRANSFORMS`; sparse counts stay sparse.

    raw: counts. norm: counts scaled to a sum of 1 per cell. norm_log: counts scaled to the median
    library, then log1p.
    """
    result = adata.copy()
    if name == "norm":
        sc.pp.normalize_total(result, target_sum=1)
    elif name == "norm_log":
        sc.pp.normalize_total(result)
        sc.pp.log1p(result)
    return result
