"""Which called genes are wrong: on calls that are known, and on counts with and without a batch effect."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.config.simulation import Simulation
from aif.data.preprocessing import transform
from aif.data.splatter import simulate
from aif.evaluation.differential_expression import de_rows
from aif.evaluation.discoveries import discoveries, on_counts

# Few genes change: where many do, their counts are missing from those of all other genes.
SIMULATION = Simulation(
    batches=(150, 150), types=(0.5, 0.5), genes=500, de_share=(0.05, 0.05), bcv=0.05, seed=1
)


def simulated(simulation):
    counts = simulate(simulation)
    cells = transform(counts, "norm_log")
    cells.layers["counts"] = counts.X
    return cells


def values(rows):
    return pd.DataFrame(rows).set_index("metric")["value"]


def test_calls_that_are_known():
    p_adj = np.array([0.001, 0.002, 0.003, 0.04, 0.2, 0.9])
    changed = np.array([True, True, False, True, True, False])
    found = discoveries(p_adj, np.array([9.0, -8, 7, 6, 2, 0]), changed)
    assert found["FDR"] == pytest.approx(1 / 4)
    assert found["found"] == pytest.approx(3 / 4)
    assert found["found_at_FDR"] == pytest.approx(2 / 4)  # before the first wrong one


def test_no_calls_are_no_false_ones():
    found = discoveries(np.ones(4), np.zeros(4), np.array([False, False, True, True]))
    assert found["FDR"] == found["found"] == 0


def test_true_genes_are_found_and_few_others_whatever_the_batches_do():
    """Ten genes go up in each type, so that no other gene's share of the counts changes."""
    rng = np.random.default_rng(0)
    types, batches = np.repeat(["A", "B"], 100), np.tile(["x", "y"], 100)
    means = np.full((200, 300), 5.0)
    means[types == "A", :10] *= 1.6
    means[types == "B", 10:20] *= 1.6
    means[batches == "x"] *= rng.lognormal(0, 0.5, 300)
    obs = pd.DataFrame({"batch": batches, "cell_type": types})
    truth = pd.DataFrame({"A": np.repeat([1, -1, 0], [10, 10, 280])})
    found = on_counts(sparse.csr_matrix(rng.poisson(means)), obs, truth)
    assert found["found"] == found["found_at_FDR"] == 1
    assert found["FDR"] < 0.15


def test_a_batch_effect_that_goes_with_the_types_is_called_unless_the_test_knows_it():
    """Keep of one type mostly cells of one batch, of the other mostly those of the other."""
    cells = simulated(SIMULATION)
    with_batch = (cells.obs["cell_type"] == "Group1") == (cells.obs["batch"] == "Batch1")
    kept = with_batch | (np.arange(cells.n_obs) % 5 == 0)
    found = values(de_rows(cells[kept].X, cells[kept].copy(), with_counts=True)[0])
    assert found["DE_FDR"] > 0.5
    assert found["DE_FDR_counts"] < found["DE_FDR"] / 3
    assert found["DE_found_at_FDR_counts"] > found["DE_found_at_FDR"]


def test_the_counts_are_tested_once_only():
    cells = simulated(SIMULATION)
    rows = {row["metric"]: row for row in de_rows(None, cells, with_counts=False)[0]}
    assert rows["DE_FDR_counts"]["reason"].startswith("the counts are the same for every method")
    assert rows["DE_FDR"]["reason"] == "the correction has no expression"
