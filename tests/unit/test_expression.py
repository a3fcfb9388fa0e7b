"""Cells that stay as they are stored: the same training, to the last bit, as of dense ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from cells import simulated
from test_training import SMALL, VARIANT, state

from aif.data.covariates import covariates_of
from aif.data.preprocessing import transform
from aif.model.cells import model_cells
from aif.model.expression import SparseExpression
from aif.model.final_losses import final_losses
from aif.model.stored import trained_cells
from aif.model.training import train


@pytest.fixture
def adata():
    return transform(simulated(n=70, genes=20, n_batches=3), "norm_log")


@pytest.fixture
def path(adata, tmp_path):
    adata.write_h5ad(tmp_path / "norm_log.h5ad", compression="gzip")
    return tmp_path / "norm_log.h5ad"


def dense(cells):
    return replace(cells, x=cells.x.dense())


def test_its_rows_are_those_of_the_dense_tensor(adata):
    cells, scale = model_cells(adata, "norm_log")
    expected = torch.from_numpy(adata.X.toarray() / scale)
    rows = torch.tensor([5, 2, 2, 69])
    some = torch.tensor([1, 3, 60])
    assert cells.x.shape == expected.shape
    assert len(cells.x) == len(expected)
    assert torch.equal(cells.x.dense(), expected)
    assert torch.equal(cells.x[rows], expected[rows])
    assert torch.equal(cells.x[60:90], expected[60:90])
    assert torch.equal(torch.cat(list(cells.x.split(33))), expected)
    assert torch.equal(cells.x.subset(some).dense(), expected[some])
    assert torch.equal(cells.x.subset(some).subset(torch.tensor([2, 0]))[:2], expected[[60, 1]])


@pytest.mark.parametrize("part", [slice(None), slice(40)], ids=["all", "some"])
def test_training_on_sparse_cells_is_training_on_dense_ones_to_the_last_bit(adata, part):
    mask = np.zeros(adata.n_obs, bool)
    mask[part] = True
    cells = model_cells(adata, "norm_log", mask)[0].subset(mask)
    sparse_one, dense_one = (train(own, VARIANT, [SMALL], seed=1) for own in (cells, dense(cells)))
    found, expected = state(sparse_one), state(dense_one)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert sparse_one.losses[0].equals(dense_one.losses[0])
    losses = (
        final_losses(sparse_one.networks, own, VARIANT, seed=2) for own in (cells, dense(cells))
    )
    assert torch.equal(*losses)


def test_cells_on_disk_train_as_cells_in_memory(adata, path):
    trained = np.arange(adata.n_obs) % 5 != 0
    on_disk = trained_cells(path, memory_mb=1e-6)
    assert not isinstance(on_disk.X, type(adata.X))
    there, scale = model_cells(on_disk, "norm_log", trained)
    here, expected = model_cells(adata, "norm_log", trained)
    assert scale == pytest.approx(expected, rel=1e-5)
    here = replace(here, x=SparseExpression(adata.X, scale))
    trainings = (train(own.subset(trained), VARIANT, [SMALL], seed=1) for own in (there, here))
    found, wanted = (state(training) for training in trainings)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_a_training_reads_all_but_the_counts(adata, path):
    found = trained_cells(path)
    assert not found.layers
    assert (found.X != adata.X).nnz == 0
    assert found.obs.equals(adata.obs)
    assert found.var_names.equals(adata.var_names)
    assert covariates_of(found).equals(covariates_of(adata))


@pytest.mark.parametrize(("free", "held"), [(70 * 20 * 8, True), (70 * 20 * 8 - 1, False)])
def test_a_card_gets_all_cells_where_they_take_half_of_its_free_memory_at_most(
    adata, monkeypatch, free, held
):
    x = model_cells(adata, "norm_log")[0].x
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 10 * free))
    monkeypatch.setattr(SparseExpression, "dense", lambda own: ("dense", own.device.type))
    there = x.to("cuda")
    assert (there == ("dense", "cuda")) == held
    if not held:
        assert there.device.type == "cuda"
        assert there.stored is x.stored


def test_few_cells_are_made_dense_in_memory_too(adata, monkeypatch):
    x = model_cells(adata, "norm_log")[0].x
    monkeypatch.setattr("aif.model.expression.DENSE_BYTES", 4 * 70 * 20)
    assert torch.equal(x.to("cpu"), x.dense())
    monkeypatch.setattr("aif.model.expression.DENSE_BYTES", 4 * 70 * 20 - 1)
    assert x.to("cpu").stored is x.stored
