"""The choice among candidates as users run it."""

import anndata as ad
import numpy as np
from cells import simulated
from small_workflow import causes, jobs_of

from aif.job.files import read_table
from aif.model.model_file import load_model

CANDIDATES = ["aif_norm_log_nats_anneal", "aif_shift_norm_log_nats_anneal", "combat"]


def test_cells_without_types_end_in_the_best_candidates_correction_and_why(workflow):
    simulated(n=240).write_h5ad(workflow.folder / "cells.h5ad")
    workflow.dataset(label_key=None)
    workflow.config["choose"] = {"candidates": CANDIDATES}
    process = workflow.run("choose")
    assert process.returncode == 0, process.stderr[-2000:]
    why = read_table(workflow.results("chosen", "why.tsv"))
    assert set(why["method"]) == {*CANDIDATES, "uncorrected"}
    best = why[why["chosen"]].iloc[0]
    assert best["unlabelled"] == why["unlabelled"].max()
    folder = f"baselines/{best['method']}" if best["method"] in ("uncorrected", "combat") else ""
    source = workflow.results(folder or f"{best['method']}/pipeline")
    chosen, corrected = (
        ad.read_h5ad(folder / "corrected.h5ad") for folder in (workflow.results("chosen"), source)
    )
    assert (chosen.X == corrected.X).all()
    assert chosen.uns["aif"]["method"] == corrected.uns["aif"]["method"] == best["method"]
    picture = read_table(source / "embedding.tsv")
    picture = picture[picture["space"] == best["space"]].set_index("cell").loc[chosen.obs_names]
    np.testing.assert_array_equal(chosen.obsm["X_picture"], picture[["x", "y"]])
    assert list(chosen.obs["corrected_cluster"]) == list(picture["cluster"].astype(str))
    page = (workflow.folder / "results" / "choose.html").read_text()
    assert f"Take {best['method']} ({best['space']})" in page
    # What it will cost is looked up when the first training starts, at the latest.
    assert "choice_cost: cells: 4 candidates, about" in process.stderr
    assert process.stderr.index("rule choice_cost:") < process.stderr.index("rule correct:")
    cost = read_table(workflow.results("chosen", "cost.tsv")).set_index("method")
    assert cost.loc["aif_shift_norm_log_nats_anneal", "training_seconds"] == 0  # it shares one
    assert np.isnan(cost.loc["combat", "training_seconds"])
    assert "on two about half of it; without what combat will take" in process.stderr
    # What differs in the correction only has one training.
    jobs = jobs_of(process.stderr)
    assert (jobs["train"], jobs["share_training"]) == (1, 1)
    folders = [workflow.results(name, "pipeline") for name in CANDIDATES[:2]]
    (trained, first), (shared, second) = (load_model(folder / "model.pt") for folder in folders)
    for name, value in trained.state_dict().items():
        assert (shared.state_dict()[name] == value).all()
    assert [first.method, second.method] == CANDIDATES[:2]
    assert (first.variant["shift"], second.variant["shift"]) == (False, True)
    losses = [read_table(folder / "losses.tsv") for folder in folders]
    assert set(losses[1]["method"]) == {second.method}
    assert losses[0].drop(columns="method").equals(losses[1].drop(columns="method"))
    assert not (workflow.folder / "results" / "benchmark.tsv").exists()
    assert "Nothing to be done" in workflow.run("choose").stderr


def test_a_candidate_that_is_not_there_is_said_before_anything_runs(workflow):
    for name, message in (
        ("aif_norm_log_nats_aneal", "did you mean 'aif_norm_log_nats_anneal'?"),
        ("shuffled", "unknown name 'shuffled'"),
    ):
        workflow.config["choose"] = {"candidates": [name]}
        process = workflow.run("choose", "--dry-run")
        assert process.returncode != 0
        assert message in process.stderr
    workflow.config["choose"] = {"candidates": []}
    (line,) = causes(workflow.run("choose", "--dry-run"))
    assert line.startswith("config: choose.candidates: ")
