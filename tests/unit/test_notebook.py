"""AIF from Python: the same results as the workflow's functions, in the data set that was given."""

import shutil
import subprocess
import sys
from functools import partial

import matplotlib
import nbformat
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from small_workflow import ROOT

import aif
from aif.config.schema import Correction
from aif.correction.corrected import correct_dataset
from aif.data.preprocessing import standardise, transform
from aif.errors import InputError
from aif.model.run import train_job
from aif.notebook.training import job_of

SMALL = {"epochs": 8, "hidden": 16, "latent": 4, "label_hidden": 8}


@pytest.fixture(scope="module")
def cells():
    """Cells of three batches, with counts in a layer of a dense data set."""
    cells = simulated(n=300, genes=40, n_batches=3)
    cells.layers["raw"] = cells.X.toarray()
    cells.X = np.log1p(cells.layers["raw"])
    cells.obs = cells.obs.rename(columns={"batch": "lab", "cell_type": "type"})
    return cells


@pytest.fixture(scope="module")
def corrected(cells):
    old = cells[cells.obs["lab"] != "b2"].copy()
    return old, aif.correct(old, batch_key="lab", label_key="type", layer="raw", **SMALL)


def new_of(cells):
    return cells[cells.obs["lab"] == "b2"].copy()


def test_a_correction_is_that_of_the_workflow_and_stands_in_the_data_set(cells, corrected):
    old, model = corrected
    counts = simulated(n=300, genes=40, n_batches=3)
    counts = counts[counts.obs["batch"] != "b2"].copy()
    logs = transform(standardise(counts, "batch", "cell_type"), "norm_log")
    networks = train_job(job_of("aif_steady", SMALL, 0), logs, lambda *_: None)
    expected = correct_dataset(
        networks.training.networks, networks.infos[0], logs, Correction().model_dump()
    )
    assert np.array_equal(old.layers["aif"], expected.X)
    for key in ("X_aif", "X_corrected"):
        assert np.array_equal(old.obsm[key], expected.obsm[key])
    assert np.array_equal(old.layers["raw"], cells[old.obs_names].layers["raw"])
    assert list(old.obs) == ["lab", "type"]
    assert model.info.batches == ["b0", "b1"]


def test_a_saved_model_maps_as_the_one_in_memory_and_names_where_it_is_given_types(
    cells, corrected, tmp_path
):
    old, model = corrected
    new = new_of(cells)
    mapped = model.map(new, label_key="type", layer="raw")
    assert list(mapped.obs_names) == list(new.obs_names)
    assert np.isfinite(mapped.X).all()
    assert mapped.obsm["X_corrected"].shape == (new.n_obs, 4)
    assert mapped.obs["batch"].eq("new").all()
    assert mapped.obs["lab"].eq("b2").all()
    assert (mapped.obs["cell_type"].astype(str) == new.obs["type"].astype(str)).all()
    named = mapped.obs["named_type"].astype(str)
    assert (named == mapped.obs["type"].astype(str)).mean() > 0.6
    model.save(tmp_path / "kept" / "model.pt")
    alone = aif.load(tmp_path / "kept" / "model.pt").map(new, batch_key="lab", layer="raw")
    assert np.array_equal(alone.X, mapped.X)
    assert "named_type" not in alone.obs
    again = aif.load(tmp_path / "kept" / "model.pt", cells=old, label_key="type")
    names = again.map(new, layer="raw").obs[["named_type", "confidence"]]
    pd.testing.assert_frame_equal(names, mapped.obs[["named_type", "confidence"]])
    trained = again.map(new, layer="raw", steps=20)
    assert not np.array_equal(trained.X, mapped.X)
    assert np.array_equal(again.map(new, layer="raw").X, mapped.X)  # the model has not changed


def test_what_is_wrong_is_one_line(cells, corrected):
    _, model = corrected
    for wrong, message in (
        (lambda: aif.correct(cells, "lab"), "look like logarithms"),
        (lambda: aif.correct(cells, "no", layer="raw"), r"correct\.batch_key: obs has no column"),
        (lambda: aif.correct(cells, "lab", layer="no"), "there is no layer 'no'"),
        (lambda: aif.correct(cells, "lab", layer="raw", variant="aif_stedy"), "did you mean"),
        (lambda: aif.correct(cells, "lab", layer="raw", epoch=2), "did you mean 'epochs'"),
        (lambda: aif.correct(cells, "lab", layer="raw", epochs=-1), "epochs: .*greater"),
        (
            lambda: aif.correct(cells, "lab", layer="raw", label_key="lab"),
            "every cell type would be",
        ),
        (lambda: model.map(new_of(cells)), "logarithms"),
        (lambda: model.map(new_of(cells)[:, :3], layer="raw"), "genes of the model"),
    ):
        with pytest.raises(InputError, match=message) as raised:
            wrong()
        assert "\n" not in str(raised.value)


def test_the_package_is_light_until_something_is_asked_of_it():
    said = "import sys, aif; assert 'torch' not in sys.modules; aif.load; assert 'torch' in sys.modules"
    subprocess.run([sys.executable, "-c", said], check=True, cwd=aif.__path__[0] + "/..")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        aif.nothing  # noqa: B018


def test_the_notebook_runs_as_it_stands_and_was_executed(tmp_path, monkeypatch):
    matplotlib.use("agg")
    for name in ("docs/notebook.ipynb", "resources/kang_pbmc.h5ad"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path / "docs")
    monkeypatch.setattr(
        aif, "correct", partial(aif.correct, **SMALL | {"epochs": 3}), raising=False
    )
    book = nbformat.read("notebook.ipynb", as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    namespace = {}
    for cell in code:
        exec(compile(cell.source, cell.id, "exec"), namespace)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    shown = [output for cell in code for output in cell.outputs]
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
    assert not any(output.output_type == "error" for output in shown)
    assert namespace["mapped"].n_obs == 400
    assert namespace["both"].n_obs == 2000
