"""Odd data sets work and broken ones are refused in one line, before any training and with nothing lost."""

import contextlib

import anndata as ad
import numpy as np
import pytest
from broken_inputs import BROKEN
from cells import simulated
from in_process import pipeline, prepare
from odd_inputs import FORMS, ODD
from small_workflow import Workflow, causes

from aif.job.files import read_table

VARIANT = "aif_norm_log_rel_dyn"
REFUSED = ["one_batch", "truncated"]  # by Snakemake


def with_data_sets(folder, makers, tally):
    """Return a workflow whose data sets are those that the makers make."""
    workflow = Workflow(folder)
    keys = {"batch_key": "batch", "label_key": "cell_type"}
    workflow.config["datasets"] = {}
    for name, make in makers.items():
        inputs = folder / "inputs" / name
        inputs.mkdir(parents=True)
        entry = {**keys, **make(inputs)}
        kept = {key: value for key, value in entry.items() if value is not None}
        workflow.config["datasets"][name] = kept
    workflow.config["hyperparameters"]["epochs"] = 1
    tally["inputs"] += len(makers)
    return workflow


@pytest.fixture(scope="module")
def read(tmp_path_factory, tally):
    """The preprocessing of the same counts in all forms."""
    workflow = with_data_sets(tmp_path_factory.mktemp("forms"), FORMS, tally)
    with contextlib.chdir(workflow.folder):
        assert prepare(workflow.config) == {}
    return workflow


@pytest.fixture(scope="module")
def corrected(tmp_path_factory, tally):
    """All odd data sets are corrected and judged."""
    workflow = with_data_sets(tmp_path_factory.mktemp("odd"), ODD, tally)
    with contextlib.chdir(workflow.folder):
        assert pipeline(workflow.config) == {}
    return workflow


@pytest.fixture(scope="module")
def refused(tmp_path_factory, tally):
    """All broken data sets were tried."""
    makers = {name: make for name, (make, _) in BROKEN.items()}
    workflow = with_data_sets(tmp_path_factory.mktemp("broken"), makers, tally)
    with contextlib.chdir(workflow.folder):
        workflow.errors = pipeline(workflow.config)
    return workflow


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, tally):
    """Snakemake's pipeline over two broken data sets with earlier results, and one whose names are code."""
    makers = {name: BROKEN[name][0] for name in REFUSED} | {"good": ODD["unicode"]}
    workflow = with_data_sets(tmp_path_factory.mktemp("mixed"), makers, tally)
    for name in REFUSED:
        earlier = workflow.folder / "results" / name / "data" / "raw.h5ad"
        earlier.parent.mkdir(parents=True)
        earlier.write_text("an earlier result")
    workflow.process = workflow.run("pipeline")
    return workflow


@pytest.mark.parametrize("name", FORMS)
def test_the_same_counts_are_read_from_every_form(read, name):
    counts = ad.read_h5ad(read.folder / "results" / name / "data" / "raw.h5ad")
    expected = simulated()
    assert counts.X.dtype == np.float32
    assert counts.X.has_canonical_format
    for matrix in (counts.X, counts.layers["counts"]):
        assert matrix.nnz == expected.X.nnz
        assert (matrix != expected.X).nnz == 0
    assert list(counts.obs_names) == list(expected.obs_names)
    assert list(counts.var_names) == list(expected.var_names)
    assert (counts.obs[["batch", "cell_type"]] == expected.obs).all(axis=None)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_data_set_is_corrected_and_judged(corrected, name):
    results = corrected.folder / "results" / name
    found = ad.read_h5ad(results / VARIANT / "pipeline" / "corrected.h5ad")
    counts = ad.read_h5ad(results / "data" / "raw.h5ad")
    assert found.shape == counts.shape
    assert list(found.obs_names) == list(counts.obs_names)
    assert list(found.var_names) == list(counts.var_names)
    assert np.isfinite(found.X).all()
    assert (found.layers["counts"] != counts.X).nnz == 0
    metrics = read_table(results / VARIANT / "pipeline" / "metrics.tsv")
    assert set(metrics["cells"]) == {"all"}
    assert set(metrics["status"]) <= {"ok", "left_out"}, metrics[metrics["status"] == "failed"]


@pytest.mark.parametrize(("name", "message"), [(name, said) for name, (_, said) in BROKEN.items()])
def test_a_broken_data_set_is_one_line(refused, name, message):
    assert refused.errors[name].startswith(f"datasets.{name}.")
    assert message in refused.errors[name]


def test_the_exit_code_says_that_something_failed_and_the_rest_goes_on(mixed):
    assert mixed.process.returncode == 1
    assert "Traceback" not in mixed.process.stderr
    assert sorted(line.split(".")[1] for line in causes(mixed.process)) == REFUSED
    assert (mixed.folder / "results" / "good" / VARIANT / "pipeline" / "metrics.tsv").exists()


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_data_set_trains_nothing_and_loses_nothing(mixed, tally, name):
    folder = mixed.folder / "results" / name
    lost = (folder / "data" / "raw.h5ad").read_text() != "an earlier result"
    tally["lost"] += lost
    assert not lost
    assert not (folder / VARIANT).exists()


def test_names_from_the_data_stay_in_the_results(mixed, tally):
    names = {path.name for path in mixed.folder.iterdir()}
    assert names == {"cells.h5ad", "config.json", "inputs", "results", ".snakemake"}
    assert not list(mixed.folder.rglob("hacked"))
    tally["attacks"] += 1


def test_names_that_are_paths_lead_nowhere(corrected, tally):
    assert {path.name for path in corrected.folder.iterdir()} == {"cells.h5ad", "inputs", "results"}
    assert not list(corrected.folder.parent.glob("up*"))
    tally["attacks"] += 2
