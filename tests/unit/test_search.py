"""Searches: every expected run is there, summaries over seeds, and who is best."""

import numpy as np
import pandas as pd
import pytest
import search_tables

from aif.errors import InputError
from aif.evaluation.spread import statistics
from aif.search.best import best_run, choice, run_yaml
from aif.search.run_table import COLUMNS
from aif.search.summary import numbered_runs, summary

SHEET = pd.DataFrame({"row": [1, 2, 3], "key": ["a", "b", "c"]})
SEEDS = [0, 1, 2]


def runs(losses, f1=None, status="ok", cells="all", unlabelled=None):
    """Return runs with these losses by key, a list of one per seed."""
    rows = []
    for key, values in losses.items():
        for seed, loss in zip(SEEDS, values, strict=True):
            row = dict.fromkeys(COLUMNS)
            row |= {"dataset": "d", "method": "aif", "seed": seed, "cells": cells, "key": key}
            row |= {"rung": 0, "share": 1.0}
            finished = loss is not None
            row |= {"status": status if finished else "diverged", "selection_loss": loss}
            row |= {"reason": "" if finished else "not finite", "F1_ARI": (f1 or {}).get(key)}
            row["unlabelled"] = (unlabelled or {}).get(key, [None] * len(SEEDS))[seed]
            rows.append(row)
    numeric = dict.fromkeys(("selection_loss", "F1_ARI", "unlabelled"), float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numeric)


def summarised(table):
    return summary(numbered_runs(table, SHEET, [SEEDS]))


LOSSES = {"a": [3, 4, 5], "b": [1, 2, 30], "c": [2, 3, 2.5]}


def test_runs_stand_in_the_order_of_the_sheet_and_the_seeds():
    table = numbered_runs(runs(LOSSES).sample(frac=1, random_state=0), SHEET, [SEEDS])
    assert table["row"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert table["seed"].tolist() == SEEDS * 3
    assert list(table.columns) == list(COLUMNS)


def test_runs_of_other_rows_and_seeds_are_left_out():
    table = numbered_runs(runs(LOSSES), SHEET.iloc[1:], [[2]])
    assert table[["row", "seed"]].to_numpy().tolist() == [[2, 2], [3, 2]]


def test_a_missing_run_is_an_error_that_names_it():
    table = runs(LOSSES)
    with pytest.raises(ValueError, match=r"no run for \(row, seed\) \[\[2, 1\]\]"):
        numbered_runs(table[(table["key"] != "b") | (table["seed"] != 1)], SHEET, [SEEDS])


def test_a_run_that_is_there_twice_is_an_error():
    with pytest.raises(ValueError, match="twice"):
        numbered_runs(pd.concat([runs(LOSSES), runs(LOSSES).head(1)]), SHEET, [SEEDS])


def test_statistics_are_those_of_numpy_and_the_interval_covers_the_median():
    values = np.array([4.0, 1.0, 9.0, 2.0, 7.0])
    found = statistics(values)
    assert (found["median"], found["min"]) == (4, 1)
    assert (found["q1"], found["q3"]) == (2, 7)
    assert values.min() <= found["ci_low"] <= 4 <= found["ci_high"] <= values.max()
    assert statistics(values) == found


def test_an_interval_covers_the_true_median_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(200):
        found = statistics(rng.exponential(size=30))
        covered.append(found["ci_low"] <= np.log(2) <= found["ci_high"])
    assert 0.89 <= np.mean(covered) <= 0.99


def test_one_run_has_no_interval_and_none_no_median():
    one = statistics(np.array([3.0]))
    assert (one["median"], one["q1"]) == (3, 3)
    assert np.isnan(one["ci_low"])
    assert all(np.isnan(value) for value in statistics(np.array([])).values())


def test_best_by_loss_is_the_lowest_median_and_its_best_seed_is_kept():
    table = numbered_runs(runs(LOSSES), SHEET, [SEEDS])
    rows = summary(table)
    assert rows["selection_loss_median"].tolist() == [4, 2, 2.5]
    assert rows["best_by_loss"].tolist() == [False, True, False]
    assert best_run(table, rows, "loss")[["row", "seed"]].tolist() == [2, 0]


UNLABELLED = {"a": [0.5, 0.7, 0.6], "b": [0.1, 0.2, 0.9], "c": [0.4, 0.4, 0.4]}


def test_best_without_labels_is_the_highest_median_score_and_its_best_seed():
    table = numbered_runs(runs(LOSSES, unlabelled=UNLABELLED), SHEET, [SEEDS])
    rows = summary(table)
    assert rows["best_by_unlabelled"].tolist() == [True, False, False]
    assert choice(rows, "unlabelled") == "unlabelled"
    best = best_run(table, rows, "unlabelled")
    assert best[["row", "seed"]].tolist() == [1, 1]
    assert best_run(table, rows, "loss")[["row", "seed"]].tolist() == [2, 0]


def test_a_row_with_one_lucky_score_is_not_chosen():
    lucky = {"a": [None, None, 0.9], "b": [0.7, 0.7, 0.7]}
    assert summarised(runs(LOSSES, unlabelled=lucky))["best_by_unlabelled"].tolist() == [
        *(False, True, False)
    ]


def test_without_such_a_score_the_loss_chooses():
    table = numbered_runs(runs(LOSSES), SHEET, [SEEDS])
    rows = summary(table)
    assert choice(rows, "unlabelled") == "loss"
    assert best_run(table, rows, "unlabelled")[["row", "seed"]].tolist() == [2, 0]


def test_a_run_yaml_says_what_chose_it():
    table = numbered_runs(runs(LOSSES, unlabelled=UNLABELLED), SHEET, [SEEDS])
    for name, value in vars(search_tables.NEUTRAL).items():
        table[name] = [value] * len(table)
    rows = summary(table)
    text = run_yaml(best_run(table, rows, "unlabelled"), "unlabelled", {}, "run.yaml")
    assert "by its score without labels: row 1, seed 1" in text
    assert "Its score without labels is 0.7, its selection loss 4.0" in text
    assert "by its selection loss: row 2" in run_yaml(
        best_run(table, rows, "loss"), "loss", {}, "run.yaml"
    )


def test_best_by_f1_ari_is_the_highest_median_and_absent_without_types():
    rows = summarised(runs(LOSSES, f1={"a": 0.2, "b": 0.1, "c": 0.9}))
    assert rows["best_by_F1_ARI"].tolist() == [False, False, True]
    assert not summarised(runs(LOSSES))["best_by_F1_ARI"].any()


def test_failed_runs_are_counted_and_their_rows_chosen_only_if_all_failed_as_often():
    failing = {**LOSSES, "b": [1, None, None]}
    rows = summarised(runs(failing))
    assert rows["n_finished"].tolist() == [3, 1, 3]
    assert rows["n_failed"].tolist() == [0, 2, 0]
    assert rows.loc[1, "selection_loss_median"] == 1
    assert rows["best_by_loss"].tolist() == [False, False, True]


def test_where_no_run_finished_the_tables_end_and_the_best_says_why():
    table = numbered_runs(runs(dict.fromkeys("abc", [None] * 3)), SHEET, [SEEDS])
    rows = summary(table)
    assert rows["n_failed"].tolist() == [3, 3, 3]
    assert not rows[["best_by_loss", "best_by_unlabelled", "best_by_F1_ARI"]].any(axis=None)
    with pytest.raises(InputError, match="no run of this search finished: not finite"):
        best_run(table, rows, "unlabelled")


def test_held_out_cells_have_rows_of_their_own_and_choose_nothing():
    both = pd.concat([runs(LOSSES, cells="train"), runs(LOSSES, cells="heldout")])
    rows = summarised(both)
    assert rows["cells"].value_counts().to_dict() == {"train": 3, "heldout": 3}
    assert rows.loc[rows["best_by_loss"], ["row", "cells"]].to_numpy().tolist() == [[2, "train"]]
