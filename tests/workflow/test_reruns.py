"""What runs again when data, labels or settings change, alone or together."""

import shutil

import anndata as ad
import pytest
from cells import simulated
from small_workflow import metrics_of, planned

VARIANT = "aif_norm_log_rel_dyn"
JUDGED = f"results/cells/{VARIANT}/pipeline/metrics.tsv"
METHODS = {"baseline", "harmony"}
ALL = {"train", *METHODS}


@pytest.fixture
def changed(finished):
    """A workflow that has run, whose data and config a test may change for dry runs."""
    cells, entry = finished.folder / "cells.h5ad", dict(finished.config["datasets"]["cells"])
    kept = cells.with_name("kept.h5ad")
    shutil.copy2(cells, kept)
    yield finished
    shutil.move(kept, cells)
    finished.config["datasets"]["cells"] = entry


def test_a_file_that_was_moved_or_touched_trains_and_corrects_nothing(changed):
    (changed.folder / "cells.h5ad").touch()
    assert not ALL & set(planned(changed))
    shutil.copy(changed.folder / "cells.h5ad", changed.folder / "moved.h5ad")
    changed.dataset(path="moved.h5ad")
    jobs = planned(changed)
    assert jobs["preprocess"] == 1
    assert not ALL & set(jobs)


def test_other_cells_train_and_correct_everything_in_the_same_run(changed):
    simulated(seed=1).write_h5ad(changed.folder / "cells.h5ad")
    assert planned(changed).keys() >= ALL


@pytest.mark.parametrize("change", [{"n_top_genes": 30}, {"min_cells": 60}, {"batch_key": "lab"}])
def test_other_genes_or_batches_do_so_too(changed, change):
    changed.dataset(**change)
    assert planned(changed).keys() >= ALL


@pytest.mark.parametrize("label", ["fine", None])
def test_other_cell_types_train_nothing(changed, label):
    changed.dataset(label_key=label)
    jobs = planned(changed, baselines=["uncorrected", "harmony"])
    assert "train" not in jobs
    assert jobs.keys() >= {"correct", "evaluate", *METHODS}


def test_cells_that_are_held_out_by_type_are_others_with_other_types(changed):
    jobs = planned(changed, holdout=0.2)
    changed.dataset(label_key="fine")
    assert planned(changed, holdout=0.2)["train"] == jobs["train"] == 1


@pytest.mark.parametrize(
    "change", [{"hyperparameters": {"epochs": 3, "hidden": 16, "latent": 4}}, {"seed": 1}]
)
def test_a_setting_that_changes_while_the_file_moves_is_not_overlooked(changed, change):
    shutil.copy(changed.folder / "cells.h5ad", changed.folder / "moved.h5ad")
    changed.dataset(path="moved.h5ad", label_key="fine")
    assert planned(changed, **change)["train"] == 1


def test_labels_that_go_reach_what_is_corrected_and_judged_and_train_nothing(finished, tmp_path):
    workflow = finished.copied_to(tmp_path / "copy")
    folder = workflow.results(VARIANT, "pipeline")
    trained = (folder / "model.pt").stat().st_mtime_ns
    assert metrics_of(folder).loc["ARI", "status"] == "ok"
    workflow.dataset(label_key=None)
    process = workflow.run(JUDGED)
    assert process.returncode == 0, process.stderr[-2000:]
    assert "warning: cells: cell types: no label_key" in process.stderr
    assert (folder / "model.pt").stat().st_mtime_ns == trained
    assert "cell_type" not in ad.read_h5ad(folder / "corrected.h5ad").obs
    assert metrics_of(folder).loc["ARI", "status"] == "left_out"
    assert metrics_of(folder).loc["PCR_comparison", "status"] == "ok"
    assert planned(workflow, JUDGED) == {}
