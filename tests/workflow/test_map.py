"""New cells on a trained model, as users map them."""

import shutil

import anndata as ad
import numpy as np
import pytest
from cells import simulated
from small_workflow import SHORT, Workflow, causes, planned

from aif.job.files import read_table

VARIANT = "aif_steady"
MODEL = f"results/cells/{VARIANT}/pipeline/model.pt"


@pytest.fixture
def workflow(tmp_path):
    """A data set of two batches to train on, and one of a third, without some of the genes."""
    workflow = Workflow(tmp_path)
    cells = simulated(n=240, n_batches=3)
    new = (cells.obs["batch"] == "b2").to_numpy()
    for name, mask in (("cells", ~new), ("new", new)):
        part = cells[mask].copy()
        part.obs["batch"] = part.obs["batch"].cat.remove_unused_categories()
        part[:, 5 if name == "new" else 0 :].copy().write_h5ad(tmp_path / f"{name}.h5ad")
    workflow.config["variants"] = [VARIANT]
    workflow.config["hyperparameters"] = SHORT | {"epochs": 20}
    entry = {"path": "new.h5ad", "batch_key": "batch", "label_key": "cell_type", "map_to": MODEL}
    workflow.config["datasets"]["new"] = entry
    return workflow


def test_cells_are_mapped_on_a_model_of_the_run_and_then_on_its_files_alone(workflow, tmp_path):
    process = workflow.run("map")
    assert process.returncode == 0, process.stderr[-2000:]
    folder = tmp_path / "results/new/mapped"
    mapped, own = ad.read_h5ad(folder / "corrected.h5ad"), ad.read_h5ad(tmp_path / "new.h5ad")
    assert list(mapped.obs_names) == list(own.obs_names)
    assert mapped.obs["cell_type"].astype(str).equals(own.obs["cell_type"].astype(str))
    assert np.isfinite(mapped.X).all()
    assert mapped.X.shape == (own.n_obs, 60)
    assert mapped.obsm["X_aif"].shape == mapped.obsm["X_corrected"].shape == (own.n_obs, 4)
    assert (mapped.layers["counts"][:, 5:] != own.X).nnz == 0
    genes = read_table(folder / "genes.tsv")
    assert list(genes.loc[genes["status"] == "missing", "gene"]) == [f"gene{i}" for i in range(5)]
    names = read_table(folder / "names.tsv").set_index("cell")
    assert names["cell_type"].equals(mapped.obs["named_type"].astype(str).loc[names.index])
    assert (names["cell_type"] == mapped.obs["cell_type"].astype(str)).mean() > 0.6
    confusion = read_table(folder / "confusion.tsv")
    assert confusion["n_cells"].sum() == own.n_obs
    assert "5 of 60 genes of the model are missing" in (folder / "map.html").read_text()
    assert not (tmp_path / "results/new/data/norm_log.h5ad").exists()  # it is not trained on

    # Of a model that somebody else has made, without its cells: they are corrected, and not named.
    shared = tmp_path / "shared"
    shared.mkdir()
    for name in ("model.pt", "reference.pt"):
        shutil.copy(tmp_path / MODEL.replace("model.pt", name), shared / name)
    entry = workflow.config["datasets"]["new"] | {"map_to": "shared/model.pt"}
    workflow.config["datasets"] = {"new": entry}
    process = workflow.run()  # with nothing to train on, this is what there is to do
    assert process.returncode == 0, process.stderr[-2000:]
    assert "cells get no names" in process.stderr
    again = ad.read_h5ad(folder / "corrected.h5ad")
    assert np.array_equal(again.X, mapped.X)
    assert "named_type" not in again.obs
    assert "Nothing to be done" in workflow.run("map").stderr


def test_new_cells_are_no_data_set_of_the_benchmark(workflow):
    jobs = planned(workflow)
    assert (jobs["train"], jobs["check_dataset"], jobs["preprocess"]) == (1, 1, 1)
    assert "map_cells" not in jobs
    assert planned(workflow, "map")["map_cells"] == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"map_to": "no.pt"}, "config: datasets.new.map_to: there is no model 'no.pt'"),
        ({"map_to": "new.h5ad"}, "config: datasets.new.map_to: there is no reference.pt beside"),
        ({"n_top_genes": 100}, "config: datasets.new: n_top_genes has no effect beside map_to"),
    ],
)
def test_what_cannot_be_mapped_is_said_before_anything_runs(workflow, changes, message):
    workflow.config["datasets"]["new"] |= changes
    (line,) = causes(workflow.run("map", "--dry-run"))
    assert line.startswith(message)
