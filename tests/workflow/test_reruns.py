"""What runs again when data, labels or settings change, alone or together."""

import shutil

import anndata as ad
import pytest
from cells import simulated
from small_workflow import Workflow, metrics_of, planned

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


@pytest.fixture(scope="module")
def labelled_later(tmp_path_factory, finished):  # with which it is compared
    """A pipeline has run without cell types, then with them; what the first run said and found is kept."""
    workflow = Workflow(tmp_path_factory.mktemp("labelled_later"))
    workflow.dataset(label_key=None)
    workflow.first = workflow.run(JUDGED)
    assert workflow.first.returncode == 0, workflow.first.stderr[-2000:]
    folder = workflow.results(VARIANT, "pipeline")
    workflow.metrics_without = metrics_of(folder)
    workflow.trained = (folder / "model.pt").stat().st_mtime_ns
    workflow.dataset(label_key="cell_type")
    process = workflow.run(JUDGED)
    assert process.returncode == 0, process.stderr[-2000:]
    return workflow


def test_without_labels_the_run_ends_well_and_says_so(labelled_later):
    assert "warning: cells: cell types: no label_key" in labelled_later.first.stderr
    assert labelled_later.metrics_without.loc["ARI", "status"] == "left_out"
    assert labelled_later.metrics_without.loc["PCR_comparison", "status"] == "ok"


def test_labels_that_come_later_reach_what_is_corrected_and_judged(labelled_later):
    folder = labelled_later.results(VARIANT, "pipeline")
    assert (folder / "model.pt").stat().st_mtime_ns == labelled_later.trained
    corrected = ad.read_h5ad(folder / "corrected.h5ad")
    assert list(corrected.obs["cell_type"]) == list(simulated().obs["cell_type"])
    assert metrics_of(folder).loc["ARI", "status"] == "ok"
    assert planned(labelled_later, JUDGED) == {}


def test_the_same_seed_gives_the_same_numbers_in_a_fresh_run(finished, labelled_later):
    for name in ("losses.tsv", "embedding.tsv"):
        one, other = (
            workflow.results(VARIANT, "pipeline", name) for workflow in (finished, labelled_later)
        )
        assert one.read_bytes() == other.read_bytes()
