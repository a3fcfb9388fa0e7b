"""What methods need that return counts: whole numbers to begin with, and logarithms of what they make."""

from __future__ import annotations

import anndata as ad
import numpy as np
import scanpy as sc
from scipy import sparse

from aif.methods.not_run import NotPossible


def whole_numbers(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return counts (n, G) as integers.

    Raises
    ------
    NotPossible
        If they are none.
    """
    if (counts.data != np.rint(counts.data)).any():
        raise NotPossible("the counts are no whole numbers")
    return counts.astype(np.int64)


def with_logarithms_of(adata: ad.AnnData, counts: sparse.csr_matrix) -> ad.AnnData:
    """Return cells with the logarithms of other counts (n, G), scaled to the library that they had."""
    result = adata.copy()
    result.X = counts
    result.uns.pop("log1p", None)  # of the logarithms that X was
    sc.pp.normalize_total(result, target_sum=np.median(adata.layers["counts"].sum(axis=1).A1))
    sc.pp.log1p(result)
    return result
