"""Principal components of uncorrected cells, which methods of the field begin with."""

from __future__ import annotations

import anndata as ad
import numpy as np
import scanpy as sc

N_PCS = 30  # as many as corrected expression is judged in


def principal_components(adata: ad.AnnData, seed: int, n_pcs: int = N_PCS) -> np.ndarray:
    """Return the first components (n, n_pcs) of norm_log data, fewer where cells or genes are few."""
    n_pcs = min(n_pcs, min(adata.shape) - 1)
    return sc.pp.pca(adata.X.toarray(), n_comps=n_pcs, random_state=seed)
