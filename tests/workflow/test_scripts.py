"""The scripts of the workflow, one after the other in the process of the tests."""

import hashlib
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from in_process import ROOT, pipeline, prepare
from small_workflow import metrics_of
from test_run import check_corrected

from aif.config.schema import load_yaml
from aif.job.files import read_table
from aif.model.model_file import load_model

VARIANTS = list(load_yaml(ROOT / "config/variants.yaml")["variants"])


@pytest.fixture
def here(workflow, monkeypatch):
    """The workflow, in whose folder the test runs."""
    monkeypatch.chdir(workflow.folder)
    return workflow


def test_every_variant_corrects_in_its_own_way(here):
    here.config["variants"] = VARIANTS
    assert pipeline(here.config) == {}
    original = ad.read_h5ad("cells.h5ad")
    found = [
        check_corrected(here.results(variant, "pipeline", "corrected.h5ad"), original).X
        for variant in VARIANTS
    ]
    for i, one in enumerate(found):
        assert all(not np.array_equal(one, other) for other in found[:i])


def test_only_variable_genes_are_kept_where_asked(here):
    here.dataset(n_top_genes=30)
    assert prepare(here.config) == {}
    names = ad.read_h5ad("cells.h5ad").var_names
    found = ad.read_h5ad(here.results("data", "raw.h5ad")).var_names
    assert len(found) == 30
    assert [name for name in names if name in found] == list(found)


def test_values_that_are_no_counts_are_a_warning(here):
    cells = simulated()
    del cells.layers["counts"]
    cells.X[5, 7] = 0.5
    cells.write_h5ad("cells.h5ad")
    assert prepare(here.config) == {}
    log = here.results("data", "check_dataset.log").read_text()
    assert "warning: cells: counts: 1 of the non-zero values are no integers" in log


def test_a_simulated_data_set_runs_and_keeps_its_truth(here):
    simulation = {"preset": "tran5", "batches": [30, 60], "genes": 300}
    here.config["datasets"] = {"cells": {"simulate": simulation, "n_top_genes": 50}}
    assert pipeline(here.config) == {}
    folder = here.results("aif_norm_log_rel_dyn", "pipeline")
    corrected = ad.read_h5ad(folder / "corrected.h5ad")
    assert corrected.shape == (90, 50)
    assert {"GeneMean", "BatchFacBatch1", "DEFacGroup2"} <= set(corrected.var)
    assert corrected.obs["batch"].value_counts().to_dict() == {"Batch1": 30, "Batch2": 60}
    metrics = metrics_of(folder)
    curves = pd.read_csv(folder / "expression.tsv", sep="\t")
    for direction in ("up", "down"):
        found = metrics.loc[f"DE_AUC_{direction}_all", "value"]
        curve = curves.loc[curves["direction"] == direction, "F1"]
        assert found == pytest.approx(curve.mean(), rel=1e-12)


def test_what_is_to_be_kept_is_told_to_models_and_methods_and_said(here):
    simulation = {"preset": "tran5", "batches": [40, 60], "genes": 200, "condition": 0.5}
    here.config["datasets"] = {"cells": {"simulate": simulation, "keep": ["condition"]}}
    assert pipeline(here.config) == {}
    checks = read_table(here.results("data", "checks.tsv")).set_index("check")
    assert checks.loc["keep", "status"] == "ok"
    folder = here.results("aif_norm_log_rel_dyn", "pipeline")
    networks, info = load_model(folder / "model.pt")
    assert (info.covariates, networks.shape.covariates) == (["condition=treated"], 1)
    corrected = ad.read_h5ad(folder / "corrected.h5ad")
    treated = (corrected.obs["condition"] == "treated").to_numpy()
    assert (corrected.obsm["covariates"][:, 0] == treated).all()
    assert "ConditionFac" in corrected.var


def test_a_column_that_is_asked_for_and_cannot_be_read_says_why(here):
    with h5py.File("cells.h5ad", "r+") as file:
        file["obs/batch"].attrs["encoding-type"] = "of a later version"
    (line,) = prepare(here.config).values()
    assert line.startswith("datasets.cells.batch_key: obs column 'batch' cannot be read (")
    simulated(seed=1).write_h5ad("other.h5ad")
    Path("sheet.tsv").write_text("path\tlane\ncells.h5ad\t1\nother.h5ad\t2\n")
    here.dataset(path=None, samples="sheet.tsv")
    (line,) = prepare(here.config).values()
    assert line.startswith(
        "datasets.cells.batch_key: cells.h5ad: obs column 'batch' cannot be read ("
    )


def test_own_tables_are_filtered_and_their_files_are_the_batches(here):
    """As R would write them, genes × cells."""
    cells = simulated()
    tables = {"expression": [], "cells": [], "cells_in": "columns"}
    for batch, part in cells.obs.groupby("batch", observed=True):
        counts = cells[part.index].to_df().T.astype(int)
        counts.to_csv(f"{batch}_exprs.txt.gz", sep="\t")
        part[["cell_type"]].to_csv(f"{batch}_celltype.txt", sep="\t")
        tables["expression"].append({"path": f"{batch}_exprs.txt.gz"})
        tables["cells"].append({"path": f"{batch}_celltype.txt"})
    known = hashlib.sha256(Path("b1_exprs.txt.gz").read_bytes()).hexdigest()
    tables["expression"][1]["sha256"] = known
    here.dataset(path=None, tables=tables, min_genes=42, min_cells=60)
    assert prepare(here.config) == {}
    expected = cells[cells.obs.sort_values("batch", kind="stable").index]
    expected = expected[(expected.X > 0).sum(axis=1).A1 >= 42]
    expected = expected[:, (expected.X > 0).sum(axis=0).A1 >= 60]
    assert expected.n_obs < 120
    assert expected.n_vars < 60
    raw = ad.read_h5ad(here.results("data", "raw.h5ad"))
    np.testing.assert_array_equal(raw.to_df(), expected.to_df())
    files = {"b0": "batch1", "b1": "batch2"}
    assert list(raw.obs["batch"]) == [files[name] for name in expected.obs["batch"]]

    Path("b1_exprs.txt.gz").write_text("changed")
    (line,) = prepare(here.config).values()
    assert line.startswith("datasets.cells.tables.expression.1.sha256: b1_exprs.txt.gz hashes to")
