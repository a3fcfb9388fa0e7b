"""Simulated cells for the tests."""

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse


def simulated(n=120, genes=60, n_batches=2, n_types=3, effect=1.5, seed=0):
    """Poisson counts; types and batches scale every gene up or down, the last batch is twice as large."""
    rng = np.random.default_rng(seed)
    means = rng.gamma(2, 1.5, size=genes)
    types = np.exp(rng.normal(0, 1, size=(n_types, genes)))
    batches = np.exp(rng.normal(0, effect / 2, size=(n_batches, genes)))
    batch = np.minimum(np.arange(n) % (n_batches + 1), n_batches - 1)
    cell_type = rng.integers(0, n_types, n)
    counts = rng.poisson(means * types[cell_type] * batches[batch]).astype(np.float32)
    counts[:, 0] += 1
    obs = pd.DataFrame(
        {
            "batch": pd.Categorical([f"b{i}" for i in batch]),
            "cell_type": pd.Categorical([f"t{i}" for i in cell_type]),
        },
        index=[f"cell{i}" for i in range(n)],
    )
    var = pd.DataFrame(index=[f"gene{i}" for i in range(genes)])
    return ad.AnnData(
        sparse.csr_matrix(counts), obs, var, layers={"counts": sparse.csr_matrix(counts)}
    )
