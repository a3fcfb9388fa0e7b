"""From counts to the three inputs of the variants: raw, norm and norm_log."""

from __future__ import annotations

from collections.abc import Sequence

import anndata as ad
import numpy as np
import scanpy as sc

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


def transform(adata: ad.AnnData, name: str) -> ad.AnnData:
    """Return a data set with X as one of `TRANSFORMS`; sparse counts stay sparse.

    raw: counts. norm: counts scaled to a sum of 1 per cell. norm_log: counts scaled to the median
    library, then log1p. X is a copy; the layer of counts is the same in memory, as it may be large.
    """
    parts = {name: dict(getattr(adata, name)) for name in ("layers", "obsm", "uns")}
    result = ad.AnnData(adata.X.copy(), adata.obs.copy(), adata.var.copy(), **parts)
    if name == "norm":
        sc.pp.normalize_total(result, target_sum=1)
    elif name == "norm_log":
        sc.pp.normalize_total(result)
        sc.pp.log1p(result)
    return result
