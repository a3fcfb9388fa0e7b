"""The effects that linear methods are told to keep."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from aif.data.covariates import covariates_of
from aif.methods.not_run import NotPossible


def known_effects(adata: ad.AnnData) -> pd.DataFrame:
    """Return the covariates (n, K) of a data set that differ between its cells.

    Raises
    ------
    NotPossible
        If what they change cannot be told from what the batches change.
    """
    covariates = covariates_of(adata)
    known = covariates.loc[:, covariates.nunique() > 1]
    within = known - known.groupby(adata.obs["batch"], observed=True).transform("mean")
    if np.linalg.matrix_rank(within) < known.shape[1]:
        raise NotPossible("what keep names cannot be told from the batches")
    return known
