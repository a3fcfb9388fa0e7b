"""Control methods: corrections whose scores are known beforehand, which test the metrics."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from aif.methods.components import shallow
from aif.methods.count_matrices import whole_numbers, with_logarithms_of
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
    counts = whole_numbers(adata.layers["counts"])
    half = counts.astype(np.float32)
    half.data = np.random.default_rng(seed).binomial(counts.data, 0.5).astype(np.float32)
    return with_logarithms_of(adata, half)


def perfect_types(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Embed every cell as its type and a little noise: types are pure, batches mix within them.

    Raises
    ------
    NotPossible
        If there are none.
    """
    if "cell_type" not in adata.obs:
        raise NotPossible("no label_key")
    result = shallow(adata)
    types = pd.get_dummies(adata.obs["cell_type"]).to_numpy(dtype=np.float32)
    size = (adata.n_obs, max(types.shape[1], DIMENSIONS))
    embedding = np.random.default_rng(seed).normal(0, JITTER, size)
    embedding[:, : types.shape[1]] += types
    result.obsm["X_corrected"] = embedding.astype(np.float32)
    return result
