"""Odd data sets work and broken ones are refused in one line, before any training and with nothing lost."""

import anndata as ad
import numpy as np
import pytest
from broken_inputs import BROKEN
from odd_inputs import ODD
from small_workflow import Workflow

VARIANT = "aif_norm_log_rel_dyn"


@pytest.fixture(scope="module")
def tried(tmp_path_factory, tally):
    """A run over all inputs at once, each a data set of its own."""
    workflow = Workflow(tmp_path_factory.mktemp("inputs"))
    makers = {**ODD, **{name: make for name, (make, _) in BROKEN.items()}}
    keys = {"batch_key": "batch", "label_key": "cell_type"}
    workflow.config["datasets"] = {}
    for name, make in makers.items():
        folder = workflow.folder / "inputs" / name
        folder.mkdir(parents=True)
        entry = {**keys, **make(folder)}
        kept = {key: value for key, value in entry.items() if value is not None}
        workflow.config["datasets"][name] = kept
        earlier = workflow.folder / "results" / name / "data" / "raw.h5ad"
        earlier.parent.mkdir(parents=True)
        earlier.write_text("an earlier result")
    workflow.config["hyperparameters"]["epochs"] = 1
    workflow.process = workflow.run("pipeline")
    tally["inputs"] += len(makers)
    return workflow


def test_the_exit_code_says_that_something_failed(tried):
    assert tried.process.returncode == 1
    assert "Traceback" not in tried.process.stderr


@pytest.mark.parametrize("name", ODD)
def test_an_odd_data_set_is_corrected(tried, name):
    corrected = ad.read_h5ad(
        tried.folder / "results" / name / VARIANT / "pipeline" / "corrected.h5ad"
    )
    counts = ad.read_h5ad(tried.folder / "results" / name / "data" / "raw.h5ad")
    assert corrected.shape == counts.shape
    assert list(corrected.obs_names) == list(counts.obs_names)
    assert list(corrected.var_names) == list(counts.var_names)
    assert np.isfinite(corrected.X).all()
    assert (corrected.layers["counts"] != counts.X).nnz == 0


@pytest.mark.parametrize(("name", "message"), [(name, said) for name, (_, said) in BROKEN.items()])
def test_a_broken_data_set_is_one_line_and_trains_nothing(tried, tally, name, message):
    lines = [line for line in tried.process.stderr.splitlines() if f"datasets.{name}." in line]
    assert len(lines) == 1, lines
    assert "error: " in lines[0]
    assert message in lines[0]
    earlier = tried.folder / "results" / name / "data" / "raw.h5ad"
    lost = earlier.read_text() != "an earlier result"
    tally["lost"] += lost
    assert not lost
    assert not (tried.folder / "results" / name / VARIANT).exists()


def test_names_from_the_data_stay_in_the_results(tried, tally):
    names = {path.name for path in tried.folder.iterdir()}
    assert names == {"cells.h5ad", "config.json", "inputs", "results", ".snakemake"}
    assert not list(tried.folder.rglob("hacked"))
    assert not list(tried.folder.parent.glob("up*"))
    tally["attacks"] += 3
