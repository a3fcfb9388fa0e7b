"""Correction: what cells are decoded as, and that chunks do not change it."""

import numpy as np
import pytest
import torch
from scipy import sparse

from aif.correction.decoding import correction_target, decoded_expression
from aif.model.cells import Cells, SparseCells
from aif.model.networks import Networks, Shape
from aif.model.population import set_population_statistics

SHAPE = Shape(genes=12, batches=3, latent=4, hidden=16, label_hidden=8, covariates=2)
BATCHES = ["a", "b", "c"]
KNOWN = torch.linspace(-1, 1, 60).reshape(30, SHAPE.covariates)
UNITS = np.ones(SHAPE.genes, dtype=np.float32)


def dense(x):
    return Cells(x, torch.arange(30) % 3, KNOWN, SHAPE.batches)


@pytest.fixture
def trained():
    x = torch.rand(30, SHAPE.genes)
    networks = Networks(SHAPE, seed=0)
    set_population_statistics(networks, dense(x), torch.Generator().manual_seed(0))
    return networks, x


def corrected(networks, x, target, n_samplings=3, seed=0, scale=UNITS, **kwargs):
    goal = correction_target(target, BATCHES)
    cells = SparseCells(sparse.csr_matrix(x.numpy() * scale), scale, KNOWN)
    parts = decoded_expression(networks, cells, goal, n_samplings, seed, **kwargs)
    expression, latent, smooth = map(np.concatenate, zip(*parts, strict=True))
    assert np.array_equal(smooth, expression)
    return expression, latent


def test_chunks_give_the_same_numbers(trained):
    whole, chunked = corrected(*trained, "mean", chunk=100), corrected(*trained, "mean", chunk=7)
    np.testing.assert_allclose(whole[0], chunked[0], atol=1e-6)
    np.testing.assert_allclose(whole[1], chunked[1], atol=1e-6)


def test_mean_is_the_mean_over_the_decodes_for_all_batches(trained):
    singles = [corrected(*trained, batch)[0] for batch in BATCHES]
    np.testing.assert_allclose(corrected(*trained, "mean")[0], np.mean(singles, 0), atol=1e-6)
    assert np.abs(singles[0] - singles[1]).max() > 1e-3


def test_a_point_between_batches_is_decoded_as_such(trained):
    networks, x = trained
    mean, _ = networks.encoder(x[None])
    label = torch.tensor([0.25, 0.0, 0.75]).expand(1, len(x), -1)
    expected = networks.decoder(label, KNOWN[None], mean)[0].detach().numpy()
    found, latent = corrected(networks, x, {"a": 1, "c": 3}, n_samplings=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(latent, mean[0].detach().numpy(), atol=1e-6)


def test_draws_are_averaged_and_seeded(trained):
    one, again, other = (corrected(*trained, "a", seed=seed)[0] for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    many = [corrected(*trained, "a", n_samplings=500, seed=seed)[0] for seed in (0, 1)]
    assert np.abs(many[0] - many[1]).mean() < np.abs(one - other).mean() / 5


def test_an_unknown_target_names_the_batches():
    with pytest.raises(ValueError, match=r"no batch 'd'; batches are \['a', 'b', 'c'\]"):
        correction_target("d", BATCHES)


def test_correction_takes_and_gives_the_units_of_the_data(trained):
    networks, x = trained
    scale = np.arange(1, 13, dtype=np.float32)
    found, latent = corrected(networks, x, "a", scale=scale)
    expected, means = corrected(networks, x, "a")
    np.testing.assert_allclose(found, expected * scale, atol=1e-4)
    np.testing.assert_allclose(latent, means, atol=1e-5)
