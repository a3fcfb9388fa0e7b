"""Cells and corrections of them that tests judge."""

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

OPTIONS = {"n_pcs": 10, "embedding": "pca", "repetitions": 3, "subsample": 0.8, "seed": 0}


def counts(n=400, n_types=2, n_batches=2, effect=3.0, seed=0, missing=()):
    """Poisson counts of types with 10 marker genes each; `effect` multiplies a batch's genes."""
    rng = np.random.default_rng([7, seed])  # not the shuffle that a control would draw
    types, batches = np.arange(n) % n_types, rng.permutation(np.arange(n) % n_batches)
    for cell_type, batch in missing:
        batches[(types == cell_type) & (batches == batch)] = (batch + 1) % n_batches
    rates = np.full((n, 60), 2.0)
    for group in range(n_types):
        rates[types == group, 10 * group : 10 * group + 10] *= 6
    for group in range(n_batches):
        rates[batches == group] *= np.where(
            np.random.default_rng(group).random(60) < 0.5, 1, effect
        )
    x = sparse.csr_matrix(rng.poisson(rates).astype(np.float32))
    obs = pd.DataFrame(
        {"batch": [f"b{i}" for i in batches], "cell_type": [f"t{i}" for i in types]},
        index=[f"c{i}" for i in range(n)],
        dtype="category",
    )
    return ad.AnnData(x, obs, layers={"counts": x.copy()})


def as_corrected(adata, output="expression", method="uncorrected"):
    result = adata.copy()
    result.uns["aif"] = {"dataset": "toy", "method": method, "row": "", "seed": 0}
    result.uns["aif"] |= {"transform": "norm_log", "output": output, "seconds": 1.5}
    return result


def scores(table):
    return table[table["status"] == "ok"].set_index("metric")["value"].astype(float)
