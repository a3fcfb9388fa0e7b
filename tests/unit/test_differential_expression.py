"""Differential expression: against a truth that is known, from perfect to hopeless."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from aif.config.simulation import Simulation
from aif.data.preprocessing import transform
from aif.data.splatter import simulate
from aif.evaluation.differential_expression import THRESHOLDS, de_rows, f1, true_changes
from aif.methods.controls import shuffled

SIMULATION = Simulation(
    batches=(150, 150), types=(0.5, 0.5), genes=1000, de_share=(0.2, 0.1), bcv=0.05, seed=1
)


@pytest.fixture(scope="module")
def reference():
    return transform(simulate(SIMULATION), "norm_log")


def scores(rows):
    return pd.DataFrame(rows).set_index("metric")["value"]


def exact(factors, n=30):
    """Return cells without noise: two types, the first with these factors on a mean of 100."""
    types = np.repeat(["A", "B"], n)
    counts = np.full((2 * n, len(factors)), 100.0) + np.tile(np.linspace(0, 1e-3, n), 2)[:, None]
    counts[:n] *= factors
    var = pd.DataFrame({"DEFacA": factors, "DEFacB": 1.0})
    obs = pd.DataFrame({"batch": ["x", "y"] * n, "cell_type": types})
    var.index, obs.index = var.index.astype(str), obs.index.astype(str)
    return ad.AnnData(np.log1p(counts), obs, var)


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    called, true = np.array([1, 1, 1, 0, 0], bool), np.array([1, 1, 0, 1, 1], bool)
    precision, recall = 2 / 3, 2 / 4
    assert f1(called, true) == pytest.approx(2 * precision * recall / (precision + recall))
    assert f1(~true, true) == 0
    assert f1(np.zeros(5, bool), np.zeros(5, bool)) == 0


def test_the_truth_compares_a_type_with_the_others(reference):
    truth = true_changes(reference)
    ratio = reference.var["DEFacGroup1"] / reference.var["DEFacGroup2"]
    assert list(truth) == ["Group1"]
    assert (truth["Group1"] == np.sign(np.log(ratio))).all()
    three = transform(simulate(Simulation(batches=(60, 60), types=(1, 1, 1), genes=50)), "norm_log")
    assert list(true_changes(three)) == ["Group1", "Group2", "Group3"]


def test_without_a_truth_or_types_there_are_no_rows(reference):
    unknown = reference.copy()
    unknown.var = unknown.var[["GeneMean"]]
    assert de_rows(unknown.X, unknown, False)[0] == []
    assert (
        de_rows(
            reference.X, ad.AnnData(reference.X, reference.obs[["batch"]], reference.var), False
        )[0]
        == []
    )


def test_genes_are_called_up_to_their_fold_change():
    factors = np.array([2.0, 1.3, 0.5, 1.0, 1.0, 1.0])
    rows, curves = de_rows(exact(factors).X, exact(factors), False)
    for direction, changes in (("up", [1.0, np.log2(1.3)]), ("down", [1.0])):
        curve = curves[(curves["direction"] == direction) & (curves["genes"] == "all")]
        found = np.sum([np.array(changes)[:, None] > THRESHOLDS + 1e-2], axis=1)[0]
        expected = 2 * found / (found + len(changes))
        near = np.abs(np.array(changes)[:, None] - THRESHOLDS).min(axis=0) < 0.02
        np.testing.assert_allclose(curve["F1"][~near], expected[~near])
        area = scores(rows)[f"DE_AUC_{direction}_all"]
        assert area == pytest.approx(curve["F1"].mean())


def test_true_genes_are_found_in_the_data_and_not_in_shuffled_cells(reference):
    rows, curves = de_rows(reference.X, reference, False)
    assert curves.groupby(["genes", "direction"])["F1"].max().min() > 0.6
    assert (scores(rows).filter(like="AUC") > 0.3).all()
    nothing, _ = de_rows(shuffled(reference, 0).X, reference, False)
    assert (scores(nothing).filter(like="AUC") < 0.05).all()
    assert scores(nothing)["DE_found"] < 0.05


def test_an_embedding_has_no_expression_to_test(reference):
    rows, curves = de_rows(None, reference, False)
    assert {row["status"] for row in rows} == {"left_out"}
    reasons = {row["reason"] for row in rows if not row["metric"].endswith("_counts")}
    assert reasons == {"the correction has no expression"}
    assert curves.empty


def test_a_set_of_few_genes_has_no_variable_ones(reference):
    few = reference[:, :300].copy()
    rows = pd.DataFrame(de_rows(few.X, few, False)[0]).set_index("metric")
    assert rows.loc["DE_AUC_up_all", "status"] == "ok"
    assert rows.loc["DE_AUC_up_variable", "reason"] == "there are 300 genes only"
