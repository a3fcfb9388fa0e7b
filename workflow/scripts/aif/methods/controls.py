"""Control methods: corrections whose scores are known beforehand, which test the metrics."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc

from aif.methods.not_run import NotPossible

JITTER = 0.01  # keeps cells of a type apart, so that they have neighbours to speak of
# Of their embedding at least, as many as components are judged. In few dimensions a cloud of a
# thousand cells has places, and clusterings cut it in pieces.
DIMENSIONS = 30


def shuffled(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Give every cell the expression of a random cell: batches mix perfectly, types are lost."""
    result = adata.copy()
    result.X = adata.X[np.random.default_rng(seed).permutation(adata.n_obs)]
    return result


def downsampled(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return the logarithms of half the counts, drawn molecule by molecule.

    What changes then is what half as deep sequencing would change, a yardstick for what a correction
    changes.

    Raises
    ------
    NotPossible
        If the counts are no whole numbers.
    """
    counts = adata.layers["counts"]
    if (counts.data != np.rint(counts.data)).any():
        raise NotPossible("the counts are no whole numbers, so that none can be left out")
    half = counts.copy()
    molecules = counts.data.astype(np.int64)
    half.data = np.random.default_rng(seed).binomial(molecules, 0.5).astype(np.float32)
    result = adata.copy()
    result.X = half
    result.uns.pop("log1p", None)  # of the logarithms that X was
    sc.pp.normalize_total(result, target_sum=np.median(counts.sum(axis=1).A1))
    sc.pp.log1p(result)
    return result


def perfect_types(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Embed every cell as its type and a little noise: types are pure, batches mix within them.

    Raises
    ------
    NotPossible
        If there are none.
    """
    if "cell_type" not in adata.obs:
        raise NotPossible("no label_key")
    result = adata.copy()
    types = pd.get_dummies(adata.obs["cell_type"]).to_numpy(dtype=np.float32)
    size = (adata.n_obs, max(types.shape[1], DIMENSIONS))
    embedding = np.random.default_rng(seed).normal(0, JITTER, size)
    embedding[:, : types.shape[1]] += types
    result.obsm["X_corrected"] = embedding.astype(np.float32)
    return result
