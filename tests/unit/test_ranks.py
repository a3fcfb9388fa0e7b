"""Ranks over seeds and data sets, against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from aif.evaluation.metrics import Groups, Metric, tidy
from aif.evaluation.ranks import ALL, ranks

SCORE = Metric("overall", "scib")
SECONDS = Metric("seconds", "cost", high=None, better="lower", needs_types=0)


def benchmark(values):
    """Return rows of benchmark.tsv from {(data set, method): values by seed}; None is not run."""
    tables = []
    for (dataset, method), by_seed in values.items():
        for seed, value in enumerate(by_seed):
            ids = {"dataset": dataset, "method": method, "row": "", "seed": seed, "cells": "all"}
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
