"""The effects that linear methods are told to keep."""

from __future__ import annotations

import anndata as ad
import pandas as pd

from aif.data.covariates import covariates_of, rank, separable
from aif.methods.not_run import NotPossible


def known_effects(adata: ad.AnnData) -> pd.DataFrame:
    """Return independent covariates (n, K) of a data set, as columns of names that no method has.

    Raises
    ------
    NotPossible
        If what they change cannot be told from what the batches change.
    """
    known = numbered(covariates_of(adata))
    if not separable(known, adata.obs["batch"]):
        raise NotPossible("what keep names cannot be told from the batches")
    centred, independent = known.astype(float) - known.astype(float).mean(), []
    for column in known:
        if rank(centred[[*independent, column]]) > len(independent):
            independent.append(column)
    return known[independent]


def numbered(covariates: pd.DataFrame) -> pd.DataFrame:
    """Return covariates by names that no column of obs has: theirs may be `batch`, or twice the same."""
    return covariates.set_axis([f"kept_{i}" for i in range(covariates.shape[1])], axis=1)
