"""A published data set in text tables, as users run it."""

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from small_workflow import metrics_of

from aif.config.schema import load_yaml

ROOT = Path(__file__).parents[2]
DOWNLOADS = ROOT.parent / "shared/data/downloads"


def test_a_published_simulation_runs_from_a_mirror_to_its_truth(workflow):
    if not DOWNLOADS.exists():
        pytest.skip("the published simulation 5 is not beside the project")
    entry = load_yaml(ROOT / "config/paper.yaml")["datasets"]["simulation5"]
    workflow.config["datasets"] = {"cells": entry}
    workflow.config["mirror"] = str(DOWNLOADS)
    process = workflow.run("pipeline")
    assert process.returncode == 0, process.stderr[-2000:]
    raw = ad.read_h5ad(workflow.results("data", "raw.h5ad"))
    folder = DOWNLOADS / "tran_dataset3_sim5"
    counts = pd.read_csv(folder / "counts_HVG.txt", sep="\t")
    np.testing.assert_array_equal(raw.to_df(), counts)
    assert list(raw.obs_names) == list(counts.index)
    cells = pd.read_csv(folder / "cellinfo.txt", sep="\t", index_col=0)
    assert list(raw.obs["batch"]) == list(cells["Batch"])
    assert list(raw.obs["cell_type"]) == list(cells["Group"])
    scores = metrics_of(workflow.results("aif_norm_log_rel_dyn", "pipeline"))
    assert list(scores.loc[["DE_AUC_up_all", "DE_AUC_down_all"], "status"]) == ["ok", "ok"]
    # Where the file comes from is no reason to compute anything again.
    del workflow.config["mirror"]
    assert "Nothing to be done" in workflow.run("pipeline").stderr
