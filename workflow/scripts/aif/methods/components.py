"""Principal components of uncorrected cells, which methods of the field begin with."""

from __future__ import annotations

import anndata as ad
import numpy as np
import scanpy as sc

MANY = 50_000  # cells from which on they are not made dense: the same components, up to rounding
N_PCS = 30  # as many as corrected expression is judged in


def principal_components(adata: ad.AnnData, seed: int, n_pcs: int = N_PCS) -> np.ndarray:
    """Return the first components (n, n_pcs) of norm_log data, fewer where cells or genes are few."""
    n_pcs = min(n_pcs, min(adata.shape) - 1)
    x = adata.X if adata.n_obs > MANY else adata.X.toarray()
    return sc.pp.pca(x, n_comps=n_pcs, random_state=seed)


def shallow(adata: ad.AnnData) -> ad.AnnData:
    """Return a data set whose parts are another's, for a method that adds to it and changes none of them."""
    parts = {name: dict(getattr(adata, name)) for name in ("layers", "obsm", "uns")}
    return ad.AnnData(adata.X, adata.obs, adata.var, **parts)
