"""Searches as users run them: their tables, what a change runs again, and the best run's return."""

import shutil

import anndata as ad
import pandas as pd
import pytest
import yaml
from cells import simulated
from small_workflow import Workflow, copied, jobs_of, metrics_of, planned

from aif.job.files import read_table
from aif.model.model_file import load_model
from aif.search.run_table import COLUMNS

VARIANT = "aif_norm_log_rel_dyn"


def of_near_batches(folder):
    """Return a workflow on cells whose batches are near: few cells far apart have no iLISI."""
    workflow = Workflow(folder)
    simulated(effect=0.3).write_h5ad(folder / "cells.h5ad")
    return workflow


@pytest.fixture
def workflow(tmp_path):
    return of_near_batches(tmp_path)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A robust search of four rows and two seeds has run; a learning rate diverges in two rows."""
    workflow = of_near_batches(tmp_path_factory.mktemp("searched"))
    workflow.config |= {"seeds": 2, "grid": {"learning_rate": [0.001, 1000], "gamma": [0.1, 0.3]}}
    process = workflow.run("robust_grid_search", "grid_search")
    assert process.returncode == 0, process.stderr[-2000:]
    return workflow


def test_the_tables_have_a_row_per_run_and_per_row_of_the_sheet(searched):
    sheet = read_table(searched.results(VARIANT, "hyperparameters.tsv"))
    assert sheet[["row", "learning_rate", "gamma"]].to_numpy().tolist() == [
        *([1, 0.001, 0.1], [2, 0.001, 0.3], [3, 1000, 0.1], [4, 1000, 0.3])
    ]
    runs = read_table(searched.results(VARIANT, "runs.tsv"))
    assert list(runs.columns) == [*COLUMNS, "version"]
    assert runs[["row", "seed"]].to_numpy().tolist() == [
        [r, s] for r in (1, 2, 3, 4) for s in (0, 1)
    ]
    one_seed = read_table(searched.results(VARIANT, "grid_search.tsv"))
    pd.testing.assert_frame_equal(one_seed, runs[runs["seed"] == 0].reset_index(drop=True))
    for name, n_rows in (("runs", 8), ("grid_search", 4), ("robust_grid_search", 4)):
        assert len(read_table(searched.folder / "results" / f"{name}.tsv")) == n_rows


def test_diverged_runs_are_rows_with_a_reason_and_the_best_is_another(searched):
    runs = read_table(searched.results(VARIANT, "runs.tsv"))
    assert runs["status"].tolist() == ["ok"] * 4 + ["diverged"] * 4
    assert runs["reason"][4:].str.startswith("not finite in epoch 1").all()
    assert runs["overall"].isna().tolist() == [False] * 4 + [True] * 4
    rows = read_table(searched.results(VARIANT, "robust_grid_search.tsv"))
    assert rows["n_finished"].tolist() == [2, 2, 0, 0]
    assert rows["n_failed"].tolist() == [0, 0, 2, 2]
    lowest = rows["selection_loss_median"].idxmin()
    assert rows.index[rows["best_by_loss"]].tolist() == [lowest]
    assert rows.loc[lowest, "learning_rate"] == 0.001


def test_pictures_and_pages_are_there(searched):
    for search in ("grid_search", "robust_grid_search"):
        page = (searched.folder / "results" / f"{search}.html").read_text()
        assert page.count("data:image/png;base64,") == 4
        assert f"<h3>{VARIANT}</h3>" in page
        assert "not finite in epoch 1" in page


def test_the_best_run_comes_back_from_its_run_yaml(searched, workflow):
    runs = read_table(searched.results(VARIANT, "runs.tsv"))
    run = yaml.safe_load(searched.results(VARIANT, "best", "run.yaml").read_text())
    networks, info = load_model(searched.results(VARIANT, "best", "model.pt"))
    best = runs[(runs["row"] == int(info.row)) & (runs["seed"] == info.seed)].iloc[0]
    rows = read_table(searched.results(VARIANT, "robust_grid_search.tsv"))
    assert rows.loc[rows["best_by_unlabelled"], "row"].tolist() == [best["row"]]
    assert best["unlabelled"] == runs.loc[runs["row"] == best["row"], "unlabelled"].max()
    assert (
        rows["unlabelled_median"].max()
        == rows["unlabelled_median"][rows["best_by_unlabelled"]].item()
    )

    workflow.config = run
    assert workflow.run(f"results/cells/{VARIANT}/pipeline/metrics.tsv").returncode == 0
    losses = read_table(workflow.results(VARIANT, "pipeline", "losses.tsv"))
    kept = losses[losses["selected"]].iloc[0]
    for name in ("selection_loss", "rec", "kl", "aux", "dis"):
        assert kept[name] == best[name]
    again, _ = load_model(workflow.results(VARIANT, "pipeline", "model.pt"))
    assert all((again.state_dict()[k] == v).all() for k, v in networks.state_dict().items())
    found = metrics_of(workflow.results(VARIANT, "pipeline"))["value"]
    for name in ("overall", "F1_ARI", "iLISI"):
        assert found[name] == pytest.approx(best[name], nan_ok=True, abs=0)
    one, other = (
        ad.read_h5ad(flow.results(VARIANT, folder, "corrected.h5ad")).X
        for flow, folder in ((searched, "best"), (workflow, "pipeline"))
    )
    assert (one == other).all()


def test_a_second_run_has_nothing_to_do(searched):
    assert planned(searched, "robust_grid_search", "grid_search") == {}


def test_another_seed_trains_its_runs_only(searched):
    jobs = planned(searched, "robust_grid_search", seeds=3)
    assert jobs.pop("search_job") == 4
    assert set(jobs) == {
        *("runs", "robust_table", "best", "best_config", "search_table"),
        *("plot_search", "plot_variants", "search_report", "robust_grid_search"),
    }


def test_another_value_trains_its_rows_only(searched):
    grid = {"learning_rate": [0.001, 1000], "gamma": [0.2, 0.1, 0.3]}
    assert planned(searched, "robust_grid_search", grid=grid)["search_job"] == 4


def test_a_file_that_was_moved_trains_no_run_and_other_cell_types_all(searched):
    shutil.copy(searched.folder / "cells.h5ad", searched.folder / "moved.h5ad")
    entry = dict(searched.config["datasets"]["cells"])
    moved = planned(
        searched, "robust_grid_search", datasets={"cells": entry | {"path": "moved.h5ad"}}
    )
    assert moved["preprocess"] == moved["best_config"] == 1
    assert not {"search_job", "best"} & set(moved)
    # A job of a search judges what it has trained, and keeps no model.
    jobs = planned(
        searched, "robust_grid_search", datasets={"cells": entry | {"label_key": "fine"}}
    )
    assert (jobs["search_job"], jobs["best"]) == (8, 1)


def test_another_figure_trains_nothing(searched):
    assert "search_job" not in planned(searched, "robust_grid_search", baselines=["combat"])


def test_a_changed_line_of_the_model_trains_everything_again(searched, tmp_path):
    copy = copied(tmp_path)
    assert jobs_of(searched.run("robust_grid_search", "--dry-run", root=copy).stdout) == {}
    losses = copy / "workflow/scripts/aif/model/losses.py"
    losses.write_text(
        losses.read_text().replace(".square().mean((-2, -1))", ".abs().mean((-2, -1))")
    )
    jobs = jobs_of(searched.run("robust_grid_search", "--dry-run", root=copy).stdout)
    assert jobs["search_job"] == 8


def test_stacks_give_what_single_runs_give(searched, workflow):
    workflow.config = {**searched.config, "rows_per_job": 2, "seeds": 1}
    process = workflow.run(f"results/cells/{VARIANT}/grid_search.tsv")
    assert process.returncode == 0, process.stderr[-2000:]
    assert jobs_of(process.stderr)["search_job"] == 2
    one, other = (
        read_table(flow.results(VARIANT, "grid_search.tsv")) for flow in (searched, workflow)
    )
    assert one[["row", "key", "status"]].equals(other[["row", "key", "status"]])
    for name in ("selection_loss", "rec", "kl", "final_rec"):
        assert other[name].to_numpy() == pytest.approx(one[name].to_numpy(), rel=1e-3, nan_ok=True)


def test_held_out_cells_are_scored_apart_in_every_mode(workflow):
    workflow.config |= {"holdout": 0.3, "grid": {"gamma": [0.3]}}
    names = ("pipeline/metrics.tsv", "grid_search.tsv")
    process = workflow.run(*(f"results/cells/{VARIANT}/{name}" for name in names))
    assert process.returncode == 0, process.stderr[-2000:]
    runs = read_table(workflow.results(VARIANT, "grid_search.tsv"))
    assert runs["cells"].tolist() == ["train", "heldout"]
    assert runs["final_rec"].nunique() == 2
    metrics = read_table(workflow.results(VARIANT, "pipeline", "metrics.tsv"))
    assert set(metrics["cells"]) == {"all", "train", "heldout"}
    corrected = ad.read_h5ad(workflow.results(VARIANT, "pipeline", "corrected.h5ad"))
    assert corrected.obs["held_out"].mean() == pytest.approx(0.3, abs=0.03)
    own = metrics[metrics["space"] == "expression"]
    scores = own.set_index(["cells", "metric"])["value"]
    for cells in ("train", "heldout"):
        expected = runs.set_index("cells").loc[cells, "overall"]
        assert scores[cells, "overall"] == pytest.approx(expected, nan_ok=True, abs=0)


def test_the_default_target_runs_the_modes_of_the_config(workflow):
    assert "search_report" not in planned(workflow)
    jobs = planned(workflow, modes=["grid_search"])
    assert jobs["search_report"] == 1
    assert "report" not in jobs
