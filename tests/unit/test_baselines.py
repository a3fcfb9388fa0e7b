"""The methods AIF is compared with, on cells whose batch effect is known."""

import numpy as np
import pytest
from cells import simulated
from scipy import sparse

from aif.baselines import BASELINES
from aif.preprocessing import transform


@pytest.fixture(scope="module")
def logs():
    return transform(simulated(n=300, effect=1), "norm_log")


def values(adata, output):
    x = adata.obsm["X_corrected"] if output == "embedding" else adata.X
    return x.toarray() if sparse.issparse(x) else np.asarray(x)


def batch_distance(x, batch):
    """Distance of the batches' means in units of the cells' spread."""
    first, second = (x[batch == name] for name in ("b0", "b1"))
    return np.linalg.norm(first.mean(0) - second.mean(0)) / np.linalg.norm(x.std(0))


@pytest.mark.parametrize("name", BASELINES)
def test_a_method_keeps_cells_and_genes_and_gives_finite_numbers(logs, name):
    before = logs.X.copy()
    result = BASELINES[name].run(logs, 0)
    assert result.obs_names.equals(logs.obs_names)
    assert result.var_names.equals(logs.var_names)
    assert np.isfinite(values(result, BASELINES[name].output)).all()
    assert (before != logs.X).nnz == 0


@pytest.mark.parametrize("name", ["combat", "harmony", "shuffled"])
def test_a_method_brings_batches_together(logs, name):
    batch = logs.obs["batch"].to_numpy()
    before = batch_distance(values(logs, "expression"), batch)
    after = batch_distance(values(BASELINES[name].run(logs, 0), BASELINES[name].output), batch)
    assert after < before / 2


def test_combat_leaves_genes_without_variation_as_they_are(logs):
    adata = logs.copy()
    x = adata.X.toarray()
    x[:, 4] = 0
    adata.X = sparse.csr_matrix(x)
    assert (values(BASELINES["combat"].run(adata, 0), "expression")[:, 4] == 0).all()
