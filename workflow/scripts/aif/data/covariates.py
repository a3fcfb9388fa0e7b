"""What is known of the cells beside the batch and is to stay: the columns of obs under `keep`."""

from __future__ import annotations

from collections.abc import Sequence

import anndata as ad
import numpy as np
import pandas as pd

COVARIATES = "covariates"  # their key in obsm


def design(obs: pd.DataFrame, keep: Sequence[str]) -> pd.DataFrame:
    """Return columns of obs as numbers (n, K) that models and methods can be told.

    Numbers are brought to mean 0 and variance 1; of any other column every value but the first, by
    name, becomes a column of 0 and 1 that is called column=value.

    Parameters
    ----------
    obs
        With the columns, of which none has missing values.
    keep
        Which.
    """
    parts = [numbers(obs[name]) for name in keep]
    return pd.concat([pd.DataFrame(index=obs.index), *parts], axis=1).astype(np.float32)


def covariates_of(adata: ad.AnnData) -> pd.DataFrame:
    """Return the covariates (n, K) of a preprocessed data set; K is 0 where nothing is to be kept."""
    return adata.obsm.get(COVARIATES, pd.DataFrame(index=adata.obs_names))


def is_continuous(column: pd.Series) -> bool:
    """Return whether a column of obs counts as numbers; all others are groups."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def numbers(column: pd.Series) -> pd.DataFrame:
    """Return one column as `design` makes it."""
    if not is_continuous(column):
        groups = pd.get_dummies(column.astype(str), prefix=column.name, prefix_sep="=")
        return groups.iloc[:, 1:].astype(float)
    values = column.astype(float)
    return ((values - values.mean()) / (values.std(ddof=0) or 1)).to_frame()
