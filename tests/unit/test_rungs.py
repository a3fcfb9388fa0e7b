"""Halving: how many go on is known beforehand, and the better ones do."""

import itertools

import numpy as np
import pandas as pd
import pytest
from search_tables import NEUTRAL

from aif.config.hyperparameters import Hyperparameters
from aif.search.halving import going_on, in_parts
from aif.search.run_table import COLUMNS
from aif.search.rungs import LAST, SHARE, halving, parts, whole
from aif.search.sheet import records
from aif.search.stacks import Row, models_of
from aif.search.summary import numbered_runs, summary


def shape(rungs):
    return [(rung.n_models, rung.seeds, rung.share) for rung in rungs]


def test_the_better_half_goes_on_to_whole_trainings_and_then_to_as_many_seeds_again():
    assert shape(halving(48, list(range(10)))) == [
        (48, [0], SHARE),
        (24, [0], 1),
        (12, [1], 1),
        (6, [2, 3], 1),
        (3, [4, 5, 6, 7], 1),
        (2, [8, 9], 1),
    ]
    assert shape(halving(7, [5, 6, 7])) == [(7, [5], SHARE), (4, [5], 1), (2, [6, 7], 1)]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 48, 49])
@pytest.mark.parametrize("n_seeds", [1, 2, 3, 10])
def test_some_get_all_seeds_once_and_nobody_is_trained_without_an_end(n, n_seeds):
    seeds = list(range(n_seeds))
    rungs = halving(n, seeds)
    assert [seed for rung in rungs if rung.share == 1 for seed in rung.seeds] == seeds
    assert rungs[0].n_models == n
    sizes = [rung.n_models for rung in rungs]
    assert all(min(a, LAST) <= b <= (a + 1) // 2 or b == LAST for a, b in itertools.pairwise(sizes))
    if n <= LAST:
        assert rungs == whole(n, seeds)


@pytest.mark.parametrize("n", [3, 8, 48])
def test_more_seeds_change_no_rung_whose_seeds_were_run(n):
    few, many = halving(n, [0, 1]), halving(n, [0, 1, 2, 3, 4])
    for before, after in zip(few, many, strict=False):
        assert (before.n_models, before.share) == (after.n_models, after.share)
        assert after.seeds[: len(before.seeds)] == before.seeds


def rows_of(n, **lists):
    return [
        Row(i + 1, Hyperparameters(**{**vars(NEUTRAL), **{k: v[i] for k, v in lists.items()}}))
        for i in range(n)
    ]


def test_jobs_of_the_first_rung_are_named_after_what_they_train_and_later_ones_counted():
    rows = rows_of(9, gamma=[0.1 * i for i in range(1, 10)])
    jobs = parts(halving(9, [0, 1]), rows, 1, 1)
    first = [job for job in jobs if job.rung.number == 0]
    assert [len(job.models) for job in first] == [4, 4, 1]
    assert all(job.name.startswith("short_") and job.number is None for job in first)
    later = [job for job in jobs if job.rung.number > 0]
    assert [job.name for job in later] == [
        *(f"rung_1_{i}" for i in range(5)),
        *(f"rung_2_{i}" for i in range(3)),
    ]
    assert [len(job.models) for job in parts(whole(9, [0]), rows, 1, 1)] == [1] * 9
    # A sheet with another row at its end leaves whole jobs as they are.
    more = parts(halving(10, [0, 1]), rows_of(10, gamma=[0.1 * i for i in range(1, 11)]), 1, 1)
    assert [job.name for job in more][:2] == [job.name for job in jobs][:2]


KEYS = ["a", "b", "c", "d", "e"]
ALONE = [[key] for key in KEYS]
SHEET = pd.DataFrame({"row": range(1, 6), "key": KEYS})


def runs(scores, rung=0, seeds=(0,), losses=None, cells="all"):
    """Return runs: a score per key and seed, None where the run diverged."""
    rows = []
    for key, values in scores.items():
        for seed, score in zip(seeds, values, strict=True):
            run = dict.fromkeys(COLUMNS) | vars(NEUTRAL) | {"reason": None}
            run |= {"dataset": "d", "method": "aif", "seed": seed, "cells": cells, "key": key}
            run |= {"rung": rung, "share": SHARE if rung == 0 else 1.0, "unlabelled": score}
            run |= {"status": "diverged" if score is None else "ok"}
            run["selection_loss"] = (losses or {}).get(key, 0.0)
            rows.append(run)
    numeric = dict.fromkeys(("unlabelled", "selection_loss"), float)
    return pd.DataFrame(rows).astype(numeric)


def chosen(table, n, models=ALONE, best_by="unlabelled"):
    return [key for model in going_on(table, models, n, best_by) for key in model]


def test_the_better_ones_go_on_in_the_order_of_the_sheet():
    table = runs({"a": [0.1], "b": [0.5], "c": [0.4], "d": [0.2], "e": [0.3]})
    assert chosen(table, 3) == ["b", "c", "e"]
    assert chosen(table.assign(selection_loss=[1, 3, 5, 4, 2]), 3, best_by="loss") == [
        *("a", "b", "e")
    ]


def test_ties_are_decided_by_the_loss_and_then_by_the_sheet():
    alike = {key: [0.5] for key in KEYS}
    assert chosen(runs(alike), 2) == ["a", "b"]
    assert chosen(runs(alike, losses={"a": 2, "b": 1}), 3) == ["c", "d", "e"]


def test_what_diverged_does_not_go_on_even_if_fewer_do():
    table = runs({"a": [None], "b": [0.5], "c": [None], "d": [None], "e": [None]})
    assert chosen(table, 3) == ["b"]
    assert chosen(runs({key: [None] for key in KEYS}), 3) == []


def test_a_row_without_a_score_goes_on_only_if_too_few_have_one():
    table = runs({"a": [np.nan], "b": [0.1], "c": [np.nan], "d": [0.2], "e": [None]})
    assert chosen(table, 2) == ["b", "d"]
    assert chosen(table, 3) == ["a", "b", "d"]
    # Where none has, as on very few cells, the loss decides.
    none = runs({key: [np.nan] for key in KEYS}, losses={"c": -2, "e": -1})
    assert chosen(none, 2) == ["c", "e"]


def test_a_lucky_seed_is_not_enough():
    table = runs({"a": [0.9, None], "b": [0.5, 0.4], "c": [0.3, 0.2]}, rung=1, seeds=(0, 1))
    assert chosen(table, 2) == ["b", "c"]


def test_rows_of_one_training_go_on_together_by_the_best_of_them():
    table = runs({"a": [0.1], "b": [0.5], "c": [0.4], "d": [0.9], "e": [0.3]})
    assert going_on(table, [["a", "d"], ["b"], ["c", "e"]], 2, "unlabelled") == [["a", "d"], ["b"]]


def test_scores_of_held_out_cells_do_not_count():
    table = runs({"a": [0.1], "b": [0.2]}, cells="train")
    heldout = runs({"a": [0.9], "b": [0.1]}, cells="heldout")
    assert chosen(pd.concat([table, heldout]), 1) == ["b"]


def test_those_that_go_on_stand_in_parts_with_their_hyperparameters():
    sheet = pd.DataFrame(records(rows_of(5, gamma=[0.1, 0.2, 0.3, 0.4, 0.5]))).assign(key=KEYS)
    rows = in_parts(sheet, [["a", "d"], ["c"], ["e"]], 2)
    assert rows["key"].tolist() == ["a", "c", "d", "e"]
    assert rows["part"].tolist() == [0, 0, 0, 1]
    assert [model.gamma for model in models_of(rows.to_dict("records"), 0)] == [0.1, 0.3, 0.4]
    assert models_of(rows.to_dict("records"), 2) == []


@pytest.fixture
def halved():
    """Five rows of which one diverged; three went on to a whole training, two to the second seed."""
    return pd.concat(
        [
            runs({"a": [0.1], "b": [0.5], "c": [0.4], "d": [None], "e": [0.3]}),
            runs({"b": [0.5], "c": [0.6], "e": [0.9]}, rung=1),
            runs({"c": [0.8], "e": [0.4]}, rung=2, seeds=(1,)),
        ]
    )


RUNGS = [[0], [0], [1]]


def test_runs_that_were_stopped_say_where_and_short_ones_of_others_are_left_out(halved):
    table = numbered_runs(halved, SHEET, RUNGS)
    assert table[["key", "seed", "rung", "status"]].to_numpy().tolist() == [
        ["a", 0, 0, "stopped"],
        ["b", 0, 1, "stopped"],
        ["c", 0, 1, "ok"],
        ["c", 1, 2, "ok"],
        ["d", 0, 0, "diverged"],
        ["e", 0, 1, "ok"],
        ["e", 1, 2, "ok"],
    ]
    reasons = table.set_index(["key", "seed"])["reason"]
    assert reasons["a", 0] == "3 of 5 rows went on after 25 % of the epochs"
    assert reasons["b", 0] == "2 of 3 rows went on after 1 seed"


def test_a_metric_that_failed_stays_said(halved):
    halved.loc[halved["key"] == "a", "reason"] = "kBET failed: few cells"
    reason = numbered_runs(halved, SHEET, RUNGS)["reason"].iloc[0]
    assert reason == "3 of 5 rows went on after 25 % of the epochs; kBET failed: few cells"


def test_the_best_is_among_the_rows_that_went_to_the_end(halved):
    halved.loc[halved["key"] == "b", "unlabelled"] = 5.0
    rows = summary(numbered_runs(halved, SHEET, RUNGS)).set_index("key")
    assert rows.index[rows["best_by_unlabelled"]].tolist() == ["c"]
    assert rows.loc["c", "unlabelled_median"] == pytest.approx(0.7)
    counts = rows[["n_finished", "n_stopped", "n_failed", "rung"]].T.to_dict("list")
    assert counts == {
        **{"a": [0, 1, 0, 0], "b": [0, 1, 0, 1], "c": [2, 0, 0, 2]},
        **{"d": [0, 0, 1, 0], "e": [2, 0, 0, 2]},
    }
    assert rows["share"].to_dict() == {"a": SHARE, "b": 1, "c": 1, "d": SHARE, "e": 1}


def test_a_search_with_one_seed_ends_a_rung_earlier(halved):
    table = numbered_runs(halved[halved["rung"] < 2], SHEET, RUNGS[:2])
    assert table.loc[table["status"] == "ok", "key"].tolist() == ["b", "c", "e"]


def test_a_run_that_should_be_there_is_missed(halved):
    gone = (halved["key"] == "c") & (halved["rung"] == 1)
    with pytest.raises(ValueError, match=r"no run for \(row, seed\) \[\[3, 0\]\]"):
        numbered_runs(halved[~gone], SHEET, RUNGS)


def test_a_short_training_is_a_whole_small_one():
    model = Hyperparameters(**{**vars(NEUTRAL), "epochs": 40, "min_steps": 1500})
    assert model.n_epochs(320) == 150
    short = model.shortened(SHARE, 320)
    assert short.n_epochs(320) == 38
    assert model.shortened(1, 320) is model
    assert model.shortened(1e-9, 320).n_epochs(320) == 1


def test_a_short_training_of_many_cells_has_the_minibatches_of_a_whole_one():
    limited = {"epochs": 40, "min_steps": 1500, "max_steps": 5120, "minibatch_size": 32}
    model = Hyperparameters(**{**vars(NEUTRAL), **limited})
    whole, short = model.fitted(16_384), model.shortened(SHARE, 16_384).fitted(16_384)
    assert (whole.minibatch_size, whole.steps_per_epoch(16_384)) == (128, 128)
    assert (short.minibatch_size, short.learning_rate) == (128, whole.learning_rate)
    assert (short.n_epochs(16_384), short.steps_per_epoch(16_384)) == (10, 128)
