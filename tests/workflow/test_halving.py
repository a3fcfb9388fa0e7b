"""A search that is halved, as users run it, beside the whole search of the same sheet."""

import shutil

import pandas as pd
import pytest
from cells import simulated
from small_workflow import Workflow, jobs_of, planned

from aif.job.files import read_table

VARIANT = "aif_norm_log_rel_dyn"
TABLE = f"results/cells/{VARIANT}/robust_grid_search.tsv"
MEASURED = ["seconds", "peak_memory_mb", "peak_gpu_memory_mb"]
# The second row learns next to nothing, the fourth diverges.
GRID = {"learning_rate": [0.003, 1e-7, 0.002, 1000]}


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    """A robust search of four rows and two seeds was halved; its process comes beside it."""
    workflow = Workflow(tmp_path_factory.mktemp("halved"))
    simulated(effect=0.3).write_h5ad(workflow.folder / "cells.h5ad")
    workflow.config["hyperparameters"] |= {"epochs": 8}
    workflow.config |= {"grid": GRID, "seeds": 2, "halving": True, "stacks_per_job": 4}
    process = workflow.run(TABLE)
    assert process.returncode == 0, process.stderr[-2000:]
    return workflow, process


@pytest.fixture(scope="module")
def whole(halved, tmp_path_factory):
    """The whole search of the same cells."""
    workflow = halved[0].copied_to(tmp_path_factory.mktemp("whole") / "folder")
    shutil.rmtree(workflow.results(VARIANT))
    workflow.config["halving"] = False
    process = workflow.run(TABLE)
    assert process.returncode == 0, process.stderr[-2000:]
    return workflow


def test_rows_that_were_stopped_are_rows_that_say_where(halved):
    workflow, process = halved
    # All four briefly in one job, and two with each seed in another.
    assert jobs_of(process.stderr)["search_job"] == 3
    runs = read_table(workflow.results(VARIANT, "runs.tsv"))
    assert runs[["row", "seed", "rung", "share", "status"]].to_numpy().tolist() == [
        [1, 0, 1, 1.0, "ok"],
        [1, 1, 1, 1.0, "ok"],
        [2, 0, 0, 0.25, "stopped"],
        [3, 0, 1, 1.0, "ok"],
        [3, 1, 1, 1.0, "ok"],
        [4, 0, 0, 0.25, "diverged"],
    ]
    assert runs.loc[2, "reason"].startswith("2 of 4 rows went on after 25 % of the epochs")
    assert runs["chosen_epoch"][2] <= 2
    rows = read_table(workflow.results(VARIANT, "robust_grid_search.tsv"))
    assert rows["n_stopped"].tolist() == [0, 1, 0, 0]
    assert rows["n_failed"].tolist() == [0, 0, 0, 1]


def test_what_goes_to_the_end_is_what_a_whole_search_has_and_so_is_the_best(halved, whole):
    one, other = (
        read_table(workflow.results(VARIANT, "runs.tsv")).drop(columns=[*MEASURED, "rung"])
        for workflow in (halved[0], whole)
    )
    one = one[one["status"] == "ok"].reset_index(drop=True)
    other = other[other["row"].isin(one["row"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    best, best_of_all = (
        read_table(workflow.results(VARIANT, "robust_grid_search.tsv")).query("best_by_unlabelled")
        for workflow in (halved[0], whole)
    )
    assert best["row"].tolist() == best_of_all["row"].tolist()


def test_a_second_run_has_nothing_to_do_and_more_seeds_train_only_theirs(halved):
    workflow, _ = halved
    assert planned(workflow, TABLE) == {}
    jobs = planned(workflow, TABLE, seeds=4)
    assert jobs == {"search_job": 2, "runs": 1, "robust_table": 1}


def test_a_search_with_one_seed_is_there_already(halved):
    assert planned(halved[0], f"results/cells/{VARIANT}/grid_search.tsv") == {"runs_of_one_seed": 1}


def test_too_few_rows_to_halve_are_searched_wholly(halved):
    jobs = planned(halved[0], TABLE, grid={"gamma": [0.1, 0.3]}, stacks_per_job=1)
    assert jobs["search_job"] == 4
    assert "rung" not in jobs
