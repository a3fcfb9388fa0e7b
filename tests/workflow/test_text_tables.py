"""Data sets from text tables, as users run them."""

import hashlib
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from small_workflow import causes, metrics_of

from aif.config.schema import load_yaml

ROOT = Path(__file__).parents[2]
DOWNLOADS = ROOT.parent / "shared/data/downloads"


def write_tables(folder):
    """Write the cells of two batches as R would, genes × cells, and return the entry for them."""
    adata = simulated()
    entry = {"expression": [], "cells": [], "cells_in": "columns"}
    for batch, part in adata.obs.groupby("batch", observed=True):
        counts = adata[part.index].to_df().T.astype(int)
        counts.to_csv(folder / f"{batch}_exprs.txt.gz", sep="\t")
        part[["cell_type"]].to_csv(folder / f"{batch}_celltype.txt", sep="\t")
        entry["expression"].append({"path": f"{batch}_exprs.txt.gz"})
        entry["cells"].append({"path": f"{batch}_celltype.txt"})
    return entry


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


def test_own_tables_are_filtered_and_their_files_are_the_batches(workflow):
    tables = write_tables(workflow.folder)
    known = hashlib.sha256((workflow.folder / "b1_exprs.txt.gz").read_bytes()).hexdigest()
    tables["expression"][1]["sha256"] = known
    workflow.dataset(path=None, tables=tables, min_genes=42, min_cells=60)
    process = workflow.run("results/cells/data/raw.h5ad")
    assert process.returncode == 0, process.stderr[-2000:]
    expected = simulated()
    expected = expected[expected.obs.sort_values("batch", kind="stable").index]
    expected = expected[(expected.X > 0).sum(axis=1).A1 >= 42]
    expected = expected[:, (expected.X > 0).sum(axis=0).A1 >= 60]
    assert expected.n_obs < 120
    assert expected.n_vars < 60
    raw = ad.read_h5ad(workflow.results("data", "raw.h5ad"))
    np.testing.assert_array_equal(raw.to_df(), expected.to_df())
    files = {"b0": "batch1", "b1": "batch2"}
    assert list(raw.obs["batch"]) == [files[name] for name in expected.obs["batch"]]

    (workflow.folder / "b1_exprs.txt.gz").write_text("changed")
    process = workflow.run("results/cells/data/raw.h5ad")
    lines = causes(process)
    assert len(lines) == 1
    assert "datasets.cells.tables.expression.1.sha256: b1_exprs.txt.gz hashes to" in lines[0]
