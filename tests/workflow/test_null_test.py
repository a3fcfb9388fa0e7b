"""The null test as users run it."""

from cells import simulated
from small_workflow import causes, planned

from aif.job.files import read_table

VARIANT = "aif_norm_log_rel_dyn"


def test_all_methods_correct_cells_without_a_batch_effect(workflow):
    simulated(n=200).write_h5ad(workflow.folder / "cells.h5ad")
    workflow.config |= {"null_test": {"repeats": 1, "real": ["cells"]}}
    process = workflow.run("null_test")
    assert process.returncode == 0, process.stderr[-2000:]
    table = read_table(workflow.folder / "results" / "null_test.tsv")
    assert set(table["status"]) <= {"ok", "left_out"}
    assert set(table["method"]) == {"uncorrected", "downsampled", VARIANT}
    assert set(table["batches"]) == {"pseudo", "own"}
    own = table[(table["method"] == "uncorrected") & (table["batches"] == "pseudo")]
    assert own["value"].tolist() == own["before"].tolist()
    aif = table[(table["method"] == VARIANT) & (table["measure"] == "rank")]
    assert sorted(aif["space"]) == ["embedding", "embedding", "expression", "expression"]
    assert (aif["value"] > 15.5).all()
    assert workflow.results("null_test.png").exists()
    assert "Nothing to be done" in workflow.run("null_test").stderr
    gone = workflow.folder / f"results/cells.null_0/{VARIANT}/pipeline"
    (gone / "corrected.h5ad").unlink()  # as after a failure
    assert planned(workflow, "null_test")["correct"] == 1


def test_a_batch_that_is_too_small_ends_in_one_line_before_anything_is_computed(workflow):
    simulated(n=80).write_h5ad(workflow.folder / "cells.h5ad")
    workflow.config["null_test"] = {}
    process = workflow.run("null_test")
    assert process.returncode != 0
    (line,) = causes(process)
    assert line.startswith("config: null_test: the batch of cells to split, 'b")
    assert "and 60 are needed; name a larger one in null_test.batches" in line
    assert not workflow.results("data", "raw.h5ad").exists()


def test_what_is_not_there_is_said_before_anything_runs(workflow):
    for asked, message in (
        ({"batches": {"cels": "b0"}}, "null_test.batches: unknown data set 'cels'; did you mean"),
        ({"real": ["cels"]}, "null_test.real: unknown data set 'cels'; did you mean 'cells'?"),
        ({"batches": {"cells": "b7"}}, "null_test.batches.cells: there is no batch 'b7'; give one"),
    ):
        workflow.config["null_test"] = asked
        process = workflow.run("null_test", "--dry-run")
        assert process.returncode != 0
        assert message in process.stderr
