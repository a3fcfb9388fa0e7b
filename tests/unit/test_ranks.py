"""Ranks over seeds and data sets, against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from aif.evaluation.metric import Groups, Metric, tidy
from aif.evaluation.ranks import ALL, ranks

SCORE = Metric("overall", "scib")
SECONDS = Metric("seconds", "cost", high=None, better="lower", needs_types=0)


SPACES = {"perfect_types": "embedding"}
TOLD = ("perfect_types", "told")


def benchmark(values):
    """Return rows of benchmark.tsv from {(data set, method): values by seed}; None is not run."""
    tables = []
    for (dataset, method), by_seed in values.items():
        for seed, value in enumerate(by_seed):
            ids = {"dataset": dataset, "method": method, "row": "", "seed": seed}
            ids |= {"cells": "all", "space": SPACES.get(method, "expression")}
            ids |= {"uses_types": method in TOLD}
            groups = Groups(batches=2, types=2)
            rows = [
                metric.missing("not_run", "no R", groups)
                if value is None
                else metric.row(lambda v=value: v, groups)
                for metric in (SCORE, SECONDS)
            ]
            tables.append(tidy(rows, ids))
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def found():
    values = {
        ("a", "x"): [0.9, 0.5, 0.7],
        ("a", "y"): [0.8, 0.6, 0.6],
        ("a", "z"): [None, None, None],
        ("b", "x"): [0.1, 0.1, 0.1],
        ("b", "y"): [0.1, 0.3, 0.2],
        ("b", "z"): [0.4, 0.4, 0.4],
    }
    return ranks(benchmark(values)).set_index(["dataset", "metric", "method"])


def test_a_row_has_the_medians_of_values_and_ranks(found):
    row = found.loc[("a", "overall", "x")]
    assert row["n_seeds"] == 3
    assert row["median"] == 0.7
    assert row["rank_median"] == 1
    assert (row["ci_low"], row["ci_high"]) == (0.5, 0.9)
    assert (row["rank_ci_low"], row["rank_ci_high"]) == (1, 2)


def test_equal_values_share_the_better_rank_and_lower_may_be_better(found):
    assert found.loc[("b", "overall", "x"), "rank_median"] == 3
    assert found.loc[("b", "overall", "z"), "rank_median"] == 1
    assert found.loc[("b", "seconds", "x"), "rank_median"] == 1
    assert found.loc[("b", "seconds", "y"), "rank_ci_low"] == 1  # the first seed's tie
    assert found.loc[("b", "seconds", "z"), "rank_median"] == 3


def test_methods_that_did_not_run_have_no_rank(found):
    assert ("a", "overall", "z") not in found.index
    assert (ALL, "overall", "z") not in found.index


def test_the_mean_over_data_sets_is_taken_seed_by_seed(found):
    x = found.loc[(ALL, "overall", "x")]
    assert x["median"] == pytest.approx(np.median([0.5, 0.3, 0.4]))
    assert x["rank_median"] == pytest.approx(np.median([(1 + 2) / 2, (2 + 3) / 2, (1 + 3) / 2]))


def test_what_is_told_the_types_takes_no_rank_and_shifts_nobodys():
    values = {("a", "uncorrected"): [0.2], ("a", "x"): [0.6], ("a", "told"): [0.9]}
    found = ranks(benchmark(values)).set_index(["metric", "method"]).loc["overall"]
    assert found["rank_median"].dropna().to_dict() == {"uncorrected": 2, "x": 1}
    assert found["uses_types"].to_dict() == {"uncorrected": False, "x": False, "told": True}


def test_controls_take_no_rank_and_scale_the_values():
    values = {
        ("a", "uncorrected"): [0.2, 0.4],
        ("a", "x"): [0.6, 0.6],
        ("a", "perfect_types"): [1.0, 0.8],
        ("a", "shuffled"): [0.9, 0.1],
    }
    found = ranks(benchmark(values)).set_index(["metric", "method"])
    overall = found.loc["overall"]
    assert overall["rank_median"].dropna().to_dict() == {"uncorrected": 2, "x": 1}
    scaled = overall["scaled_median"].to_dict()
    assert scaled["uncorrected"] == 0
    assert scaled["perfect_types"] == 1
    assert scaled["x"] == pytest.approx(np.median([0.5, 0.5]))
    assert scaled["shuffled"] == pytest.approx(np.median([0.875, -0.75]))
    assert found.loc["seconds", "scaled_median"].isna().all()


def test_values_are_not_scaled_where_the_controls_are_alike_or_missing(found):
    assert found["scaled_median"].isna().all()
    same = {("a", name): [0.5] for name in ("uncorrected", "x", "perfect_types")}
    assert ranks(benchmark(same))["scaled_median"].isna().all()


def test_the_outputs_of_a_method_are_ranked_apart():
    one = benchmark({("a", "x"): [0.5], ("a", "y"): [0.7]})
    other = benchmark({("a", "x"): [0.9]}).assign(space="embedding")
    found = ranks(pd.concat([one, other])).set_index(["metric", "method", "space"])
    assert found.loc["overall", "rank_median"].to_dict() == {
        ("x", "embedding"): 1,
        ("y", "expression"): 2,
        ("x", "expression"): 3,
    }
