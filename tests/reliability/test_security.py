"""What comes with data is data: it is not run, and does not leave its place."""

import os

import torch
from cells import simulated
from small_workflow import Workflow, causes

VARIANT = "aif_norm_log_rel_dyn"


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, harm):
        self.harm = harm

    def __reduce__(self):
        return (os.system, (f"touch {self.harm}",))


def test_a_model_that_runs_code_when_it_is_opened_is_refused(tmp_path, tally):
    workflow = Workflow(tmp_path)
    workflow.config["hyperparameters"]["epochs"] = 1
    trained = workflow.run(f"results/cells/{VARIANT}/pipeline/model.pt")
    assert trained.returncode == 0, trained.stderr[-2000:]
    harm = tmp_path / "harm"
    torch.save({"state": Malicious(harm)}, workflow.results(VARIANT, "pipeline", "model.pt"))
    process = workflow.run("pipeline")
    tally.update(attacks=1, lost=harm.exists())
    assert process.returncode != 0
    lines = causes(process)
    assert len(lines) == 1
    assert "model.pt is no model of this workflow" in lines[0]
    assert "Traceback" not in process.stderr
    assert not harm.exists()
    assert not workflow.results(VARIANT, "pipeline", "corrected.h5ad").exists()


def test_names_that_are_code_are_text_in_the_report(tmp_path, tally):
    workflow = Workflow(tmp_path)
    adata = simulated()
    script = "<script>document.title='harm'</script>"
    for column in ("batch", "cell_type"):
        adata.obs[column] = script + adata.obs[column].astype(str)
    adata.obs_names = script + adata.obs_names
    adata.write_h5ad(tmp_path / "cells.h5ad")
    workflow.config["hyperparameters"]["epochs"] = 1
    process = workflow.run("results/report.html")
    assert process.returncode == 0, process.stderr[-2000:]
    page = (tmp_path / "results" / "report.html").read_text()
    tally.update(attacks=3, lost=script in page)
    assert script not in page
    assert "&lt;script&gt;document.title" in page
