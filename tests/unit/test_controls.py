"""Controls: corrections whose scores are known beforehand."""

import numpy as np
import pytest
from cells import simulated
from corrections import OPTIONS, as_corrected, counts, scores

from aif.data.preprocessing import transform
from aif.evaluation.evaluate import evaluate
from aif.methods.controls import perfect_types, shuffled


@pytest.fixture(scope="module")
def six_types():
    """Enough cells per type for scib's neighbourhoods, and a weak batch effect."""
    return transform(counts(n=660, n_types=6, effect=1.2), "norm_log")


def test_perfect_types_are_pure_and_mixed(six_types):
    control = as_corrected(perfect_types(six_types, 0), "embedding", "perfect_types")
    found = scores(evaluate(control, six_types, OPTIONS)[0])
    for name in ("NMI", "ARI", "cLISI", "ASW_label", "ARI_CT", "graph_connectivity"):
        assert found[name] > 0.95, name
    assert found["iLISI"] > 0.7
    assert found["F1_LISI"] > 0.9


def test_perfect_types_are_found_however_many_cells_they_have():
    logs = transform(simulated(n=1400, genes=30, n_types=2), "norm_log")
    control = as_corrected(perfect_types(logs, 0), "embedding", "perfect_types")
    found = scores(evaluate(control, logs, OPTIONS)[0])
    assert found["NMI"] == found["ARI"] == pytest.approx(1)


def test_shuffled_cells_mix_and_lose_their_types(six_types):
    found = scores(evaluate(as_corrected(shuffled(six_types, 0)), six_types, OPTIONS)[0])
    assert found["iLISI"] > 0.7
    assert found["NMI"] < 0.1
    assert abs(found["ARI"]) < 0.1
    assert abs(found["ARI_CT"]) < 0.1


def test_controls_repeat_and_depend_on_the_seed():
    reference = transform(counts(), "norm_log")
    one, again, other = (shuffled(reference, seed).X.toarray() for seed in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()
    assert np.allclose(np.sort(one, axis=0), np.sort(reference.X.toarray(), axis=0))
    one, again, other = (perfect_types(reference, s).obsm["X_corrected"] for s in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()
