"""What cannot be done is rows with a reason; the rest goes on, and the exit code says so."""

import pytest
from small_workflow import Workflow, copied

from aif.rule import read_table

VARIANT = "aif_norm_log_rel_dyn"
HUGE = 10**6  # a layer of 4 TB
REASONS = {
    "memory": "cpu has too little memory for a single model",
    "gpu": "torch sees no GPU, and the config has device: cuda",
}


@pytest.fixture
def workflow(tmp_path):
    workflow = Workflow(tmp_path)
    workflow.config["hyperparameters"]["epochs"] = 1
    return workflow


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def check(process, *lines):
    """The exit code and the end of the output say what failed."""
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    for line in lines:
        assert f"error: {line}" in process.stderr


@pytest.mark.parametrize("fault", REASONS)
def test_a_pipeline_goes_on_after_a_training_that_cannot_be(workflow, tally, fault):
    reason = REASONS[fault]
    workflow.config["baselines"] = ["uncorrected"]
    good = dict(workflow.config)
    short = good["hyperparameters"]
    workflow.config |= {
        "memory": {"hyperparameters": short | {"hidden": HUGE}},
        "gpu": {"device": "cuda"},
    }[fault]
    process = workflow.run()
    tally.update(faults=1)
    check(process, f"cells {VARIANT} seed 0 failed: {reason}")
    benchmark = read_table(workflow.folder / "results" / "benchmark.tsv")
    failed = benchmark[benchmark["method"] == VARIANT]
    assert set(failed["status"]) == {"failed"}
    assert failed["reason"].str.startswith(reason).all()
    assert failed["value"].isna().all()
    assert "ok" in set(benchmark.loc[benchmark["method"] == "uncorrected", "status"])
    assert reason in (workflow.folder / "results" / "report.html").read_text()
    # It is tried again without being asked to, and nothing is left of the failure.
    workflow.config = good
    assert workflow.run().returncode == 0
    benchmark = read_table(workflow.folder / "results" / "benchmark.tsv")
    assert "failed" not in set(benchmark["status"])


@pytest.mark.parametrize("fault", REASONS)
def test_a_search_goes_on_after_runs_that_cannot_be(workflow, tally, fault):
    reason = REASONS[fault]
    workflow.config["seeds"] = 2
    workflow.config |= {
        "memory": {"grid": {"hidden": [16, HUGE]}},
        "gpu": {"grid": {"gamma": [0.1, 0.3]}, "device": "cuda"},
    }[fault]
    process = workflow.run("robust_grid_search")
    tally.update(faults=1)
    runs = read_table(workflow.results(VARIANT, "runs.tsv"))
    failed = runs[runs["status"] == "failed"]
    assert failed["reason"].str.startswith(reason).all()
    if fault == "memory":
        check(process, f"cells {VARIANT} seed 1 failed: {reason}")
        assert runs["status"].tolist() == ["ok", "ok", "failed", "failed"]
        assert workflow.results(VARIANT, "best", "model.pt").exists()
    else:
        # Nothing finished, so there is no best: a job that ends badly, as there is nothing to keep.
        assert process.returncode == 1
        assert f"no run of this search finished: {reason}" in process.stderr
        assert (runs["status"] == "failed").all()


def test_a_baseline_that_breaks_is_rows_and_tried_again(workflow, tally, tmp_path):
    root = copied(tmp_path)
    script = root / "workflow/scripts/aif/baselines.py"
    whole = script.read_text()
    before = "    result = adata.copy()\n    result.X = adata.X.toarray()\n    varies"
    assert before in whole
    script.write_text(whole.replace(before, f"    raise ValueError('it broke')\n{before}"))
    workflow.config["baselines"] = ["uncorrected", "combat"]
    process = workflow.run(root=root)
    tally.update(faults=1)
    check(process, "cells combat seed 0 failed: ValueError: it broke")
    benchmark = read_table(workflow.folder / "results" / "benchmark.tsv")
    status = benchmark.groupby("method")["status"].agg(set)
    assert status["combat"] == {"failed"}
    assert "ok" in status["uncorrected"]
    script.write_text(whole)
    assert workflow.run(root=root).returncode == 0
    assert workflow.run(root=root).returncode == 0


def test_tables_are_not_made_of_an_incomplete_search(workflow, tally):
    workflow.config |= {"seeds": 2, "grid": {"gamma": [0.1, 0.3]}}
    assert workflow.run("robust_grid_search").returncode == 0
    table = workflow.results(VARIANT, "robust_grid_search.tsv")
    before = table.read_text()
    for run in workflow.results(VARIANT).glob("runs/*/seed_1.tsv"):
        run.write_text(run.read_text().splitlines()[0] + "\n")  # rows are lost
    process = workflow.run("robust_grid_search", "--forcerun", "runs", "--rerun-triggers", "mtime")
    tally.update(faults=1)
    assert process.returncode == 1
    assert "no run for (row, seed) [[1, 1], [2, 1]]" in process.stderr
    assert not table.exists() or table.read_text() == before
