"""What is known of the cells beside the batch and is to stay: the columns of obs under `keep`."""

from __future__ import annotations

from collections.abc import Sequence

import anndata as ad
import numpy as np
import pandas as pd

KEY = "covariates"  # of their values in obsm, and of their names in uns
ROUNDING = 1e-6  # of values whose size is about 1


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


def add_covariates(adata: ad.AnnData, obs: pd.DataFrame, keep: Sequence[str]) -> None:
    """Put the `design` of columns of obs into a data set, names and values apart.

    A name may hold what no column of a table in a file may, such as a slash.
    """
    covariates = design(obs, keep)
    adata.obsm[KEY] = covariates.to_numpy()
    adata.uns[KEY] = covariates.columns.to_numpy(str)


def covariates_of(adata: ad.AnnData) -> pd.DataFrame:
    """Return the covariates (n, K) of a preprocessed data set; K is 0 where nothing is to be kept."""
    values = adata.obsm.get(KEY, np.empty((adata.n_obs, 0), dtype=np.float32))
    return pd.DataFrame(values, adata.obs_names, [str(name) for name in adata.uns.get(KEY, [])])


def separable(known: pd.DataFrame, batches: pd.Series) -> bool:
    """Return whether what covariates change can be told from what the batches change.

    Parameters
    ----------
    known
        (n, K), covariates; they may say the same as each other.
    batches
        (n,), the batch of every cell.
    """
    values = known.astype(float)
    within = values - values.groupby(batches, observed=True).transform("mean")
    return rank(within) == rank(values - values.mean())


def rank(centred: pd.DataFrame) -> int:
    """Return how many independent columns there are, rounding errors left out."""
    return np.linalg.matrix_rank(centred.to_numpy(), tol=ROUNDING * len(centred) ** 0.5)


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
