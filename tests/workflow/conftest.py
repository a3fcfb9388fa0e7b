"""Small runs of the workflow that tests share."""

import anndata as ad
import pytest
from small_workflow import Workflow


@pytest.fixture
def workflow(tmp_path):
    return Workflow(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A workflow whose default target has run, with baselines, controls and a correction made elsewhere."""
    workflow = Workflow(tmp_path_factory.mktemp("finished"))
    write_mine(workflow.folder)
    workflow.dataset(corrections={"mine": {"path": "mine.h5ad", "embedding": "X_mine"}})
    workflow.config["baselines"] = ["uncorrected", "combat", "harmony", "perfect_types"]
    process = workflow.run()
    assert process.returncode == 0, process.stderr[-2000:]
    workflow.output = process.stderr
    return workflow


def write_mine(folder):
    """Write the cells in another order, with their types as places."""
    cells = ad.read_h5ad(folder / "cells.h5ad")[::-1].copy()
    cells.obsm["X_mine"] = cells.obs["cell_type"].cat.codes.to_numpy()[:, None].repeat(3, axis=1)
    cells.write_h5ad(folder / "mine.h5ad")
