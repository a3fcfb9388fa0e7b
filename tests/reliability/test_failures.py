"""What cannot be done is rows with a reason; the rest goes on, and the exit code says so."""

import pytest
from small_workflow import Workflow, copied

from aif.job.files import read_table

VARIANT = "aif_norm_log_rel_dyn"
HUGE = 6 * 10**6  # a layer of 144 TB, more than addresses reach
REASONS = {
    "memory": "failed: cpu has too little memory for a single model",
    "gpu": "failed: torch sees no GPU, and the config has device: cuda",
    "divergence": "diverged: not finite in epoch 1",
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
    workflow.config["baselines"] = ["uncorrected"]
    good = dict(workflow.config)
    short = good["hyperparameters"]
    workflow.config |= {
        "memory": {"hyperparameters": short | {"hidden": HUGE}},
        "gpu": {"device": "cuda"},
        "divergence": {"hyperparameters": short | {"learning_rate": 1e30}},
    }[fault]
    process = workflow.run()
    tally.update(faults=1)
    check(process, f"cells {VARIANT} seed 0 {REASONS[fault]}")
    status, _, reason = REASONS[fault].partition(": ")
    benchmark = read_table(workflow.folder / "results" / "benchmark.tsv")
    failed = benchmark[benchmark["method"] == VARIANT]
    assert set(failed["status"]) == {status}
    assert failed["reason"].str.startswith(reason).all()
    assert failed["value"].isna().all()
    assert "ok" in set(benchmark.loc[benchmark["method"] == "uncorrected", "status"])
    assert reason in (workflow.folder / "results" / "report.html").read_text()
    # What failed is tried again without being asked to, and nothing is left of the failure.
    workflow.config = good
    assert workflow.run().returncode == 0
    benchmark = read_table(workflow.folder / "results" / "benchmark.tsv")
    assert status not in set(benchmark["status"])


def test_a_correction_asked_for_alone_tells_that_there_is_none(workflow, tally):
    target = workflow.results(VARIANT, "pipeline", "corrected.h5ad")
    workflow.config["device"] = "cuda"
    process = workflow.run(target.relative_to(workflow.folder))
    tally.update(faults=1)
    check(process, f"cells {VARIANT} seed 0 {REASONS['gpu']}")
    assert not target.exists()
    del workflow.config["device"]
    assert workflow.run(target.relative_to(workflow.folder)).returncode == 0
    assert target.exists()


def test_a_search_goes_on_after_runs_that_cannot_be(workflow, tally):
    workflow.config |= {"seeds": 2, "grid": {"hidden": [16, HUGE]}}
    process = workflow.run("robust_grid_search")
    tally.update(faults=1)
    check(process, *(f"cells {VARIANT} seed {seed} {REASONS['memory']}" for seed in (0, 1)))
    runs = read_table(workflow.results(VARIANT, "runs.tsv"))
    assert runs["status"].tolist() == ["ok", "ok", "failed", "failed"]
    best = workflow.results(VARIANT, "best", "model.pt")
    assert best.exists()
    # A best run that does not come back is told, and no model is made of it.
    runs.assign(learning_rate=1e30).to_csv(
        workflow.results(VARIANT, "runs.tsv"), sep="\t", index=False
    )
    process = workflow.run(best.relative_to(workflow.folder), "--rerun-triggers", "mtime")
    tally.update(faults=1)
    check(process, "row 1 with seed")
    assert "but diverged when it was trained again: not finite in epoch 1" in process.stderr
    assert not best.exists()


def test_a_search_of_which_no_run_finished_is_tried_again(workflow, tally):
    workflow.config |= {"seeds": 1, "grid": {"gamma": [0.1, 0.3]}, "device": "cuda"}
    process = workflow.run("robust_grid_search")
    tally.update(faults=1)
    check(process, f"cells {VARIANT} seed 0 {REASONS['gpu']}")
    assert "no run of this search finished: torch sees no GPU" in process.stderr
    assert set(read_table(workflow.results(VARIANT, "runs.tsv"))["status"]) == {"failed"}
    del workflow.config["device"]
    assert workflow.run("robust_grid_search").returncode == 0
    assert set(read_table(workflow.results(VARIANT, "runs.tsv"))["status"]) == {"ok"}


def test_a_baseline_that_breaks_is_rows_and_tried_again(workflow, tally, tmp_path):
    root = copied(tmp_path)
    script = root / "workflow/scripts/aif/methods/baselines.py"
    whole = script.read_text()
    before = "    result, known = adata.copy(), known_effects(adata)\n"
    assert before in whole
    script.write_text(whole.replace(before, f"    raise ValueError('it broke')\n{before}"))
    workflow.config["baselines"] = ["uncorrected", "combat"]
    process = workflow.run("results/benchmark.tsv", root=root)
    tally.update(faults=1)
    check(process, "cells combat seed 0 failed: ValueError: it broke")
    benchmark = read_table(workflow.folder / "results" / "benchmark.tsv")
    status = benchmark.groupby("method")["status"].agg(set)
    assert status["combat"] == {"failed"}
    assert "ok" in status["uncorrected"]
    script.write_text(whole)
    assert workflow.run("results/benchmark.tsv", root=root).returncode == 0
    assert workflow.run("results/benchmark.tsv", root=root).returncode == 0


def test_tables_are_not_made_of_an_incomplete_search(workflow, tally):
    workflow.config |= {"seeds": 2, "grid": {"gamma": [0.1, 0.3]}}
    table = workflow.results(VARIANT, "robust_grid_search.tsv")
    target = table.relative_to(workflow.folder)
    assert workflow.run(target).returncode == 0
    before = table.read_text()
    for run in workflow.results(VARIANT).glob("runs/*/seed_1.tsv"):
        run.write_text(run.read_text().splitlines()[0] + "\n")  # rows are lost
    process = workflow.run(target, "--forcerun", "runs", "--rerun-triggers", "mtime")
    tally.update(faults=1)
    assert process.returncode == 1
    assert "no run for (row, seed) [[1, 1], [2, 1]]" in process.stderr
    assert not table.exists() or table.read_text() == before
