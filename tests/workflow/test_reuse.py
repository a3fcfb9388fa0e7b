"""The workflow within another one, and data sets of many files."""

import json
import subprocess
import sys

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from small_workflow import ROOT, Workflow

OTHER = """
configfile: "config.json"


module near:
    snakefile: "{root}/workflow/Snakefile"
    config: config["near"]
    prefix: "near"


use rule * from near as near_*


module far:
    snakefile: "{root}/Snakefile"
    config: config["far"]
    prefix: "far"


use rule * from far as far_*


rule all:
    default_target: True
    input:
        "near/results/report.html",
        "far/results/cells/aif/pipeline/metrics.tsv",
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Another workflow, which imports this one twice, has run."""
    workflow = Workflow(tmp_path_factory.mktemp("other"))
    folder, config = workflow.folder, workflow.config
    (folder / "samples").mkdir()
    adata = simulated()
    for batch, part in adata.obs.groupby("batch", observed=True):
        sample = adata[part.index].copy()
        del sample.obs["batch"]
        sample.write_h5ad(folder / "samples" / f"{batch}.h5ad")
    samples = {"samples": "samples/{sample}.h5ad", "label_key": "cell_type"}
    far = {**config, "datasets": {"cells": samples}, "variants": ["aif"]}
    (folder / "config.json").write_text(json.dumps({"near": config, "far": far}))
    (folder / "Snakefile").write_text(OTHER.format(root=ROOT))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", folder]
    process = subprocess.run(
        [*command, "--snakefile", folder / "Snakefile"], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return folder


def test_each_import_has_its_own_config_and_its_own_results(other):
    assert not (other / "results").exists()
    metrics = {
        name: set(pd.read_csv(path, sep="\t")["method"])
        for name in ("near", "far")
        for path in (other / name).glob("results/cells/*/pipeline/metrics.tsv")
    }
    assert metrics == {"near": {"aif_norm_log_rel_dyn"}, "far": {"aif"}}
    assert "data:image/png;base64" in (other / "near/results/report.html").read_text()


def test_the_files_of_samples_are_one_data_set_with_the_samples_as_batches(other):
    raw = ad.read_h5ad(other / "far/results/cells/data/raw.h5ad")
    expected = simulated()
    expected = expected[expected.obs.sort_values("batch", kind="stable").index]
    np.testing.assert_array_equal(raw.to_df(), expected.to_df())
    assert list(raw.obs["batch"]) == list(expected.obs["batch"])
    assert list(raw.obs["cell_type"]) == list(expected.obs["cell_type"])
