"""The methods AIF is compared with. Each takes norm_log data and returns a corrected copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import anndata as ad
import numpy as np
import scanpy as sc

from aif.controls import perfect_types, shuffled


class Baseline(NamedTuple):
    """A method, and where its correction lies: in X, or in obsm["X_corrected"]."""

    run: Callable[[ad.AnnData, int], ad.AnnData]
    output: str


def uncorrected(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return the data as they are."""
    return adata.copy()


def combat(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return ComBat's correction (Johnson et al. 2007; scanpy).

    Genes that do not vary have no scale to adjust by and are left as they are.
    """
    result = adata.copy()
    result.X = adata.X.toarray()
    varies = result.X.var(axis=0) > 0
    result.X[:, varies] = sc.pp.combat(result[:, varies].copy(), key="batch", inplace=False)
    return result


def harmony(adata: ad.AnnData, seed: int, n_pcs: int = 30) -> ad.AnnData:
    """Return Harmony's embedding (Korsunsky et al. 2019; harmonypy) of the principal components."""
    import harmonypy

    result = adata.copy()
    n_pcs = min(n_pcs, min(adata.shape) - 1)
    components = sc.pp.pca(adata.X.toarray(), n_comps=n_pcs, random_state=seed)
    fit = harmonypy.run_harmony(components, adata.obs, "batch", random_state=seed, verbose=False)
    result.obsm["X_corrected"] = np.asarray(fit.Z_corr).reshape(adata.n_obs, -1)
    return result


BASELINES = {
    "uncorrected": Baseline(uncorrected, "expression"),
    "combat": Baseline(combat, "expression"),
    "harmony": Baseline(harmony, "embedding"),
    "shuffled": Baseline(shuffled, "expression"),
    "perfect_types": Baseline(perfect_types, "embedding"),
}
