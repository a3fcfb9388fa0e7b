"""The networks: shapes, initial numbers, normalisation and population statistics."""

import pytest
import torch
from torch.nn import functional as F

from aif.model.cells import Cells
from aif.model.networks import CellNorm, Networks, Shape, StackedLinear
from aif.model.population import set_population_statistics

SHAPE = Shape(genes=12, batches=3, latent=4, hidden=16, label_hidden=8, covariates=2)


def cells(x):
    batch = torch.arange(len(x)) % SHAPE.batches
    return Cells(x, batch, x[:, : SHAPE.covariates], SHAPE.batches)


def test_stacked_linear_is_a_linear_layer_per_model():
    layer = StackedLinear(2, 5, 3)
    layer.weight.data.normal_()
    layer.bias.data.normal_()
    x = torch.randn(2, 4, 7, 5)
    for model in range(2):
        expected = F.linear(x[model], layer.weight[model].T, layer.bias[model, 0])
        torch.testing.assert_close(layer(x)[model], expected)


def test_initial_numbers_depend_on_the_seed_and_are_the_same_for_all_models():
    one, again, other = (Networks(SHAPE, 2, seed).encoder.latent.weight for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert torch.equal(one[0], one[1])
    assert not torch.equal(one, other)
    assert one.abs().max() <= SHAPE.hidden**-0.5


def test_no_two_networks_start_from_the_same_numbers():
    networks = Networks(SHAPE, seed=0)
    encoder, decoder = networks.encoder.trunk.linears[1], networks.decoder.trunk.linears[1]
    assert not torch.equal(encoder.weight, decoder.weight)


def test_cell_norm_in_training_normalises_each_pass_by_its_own_cells():
    norm = CellNorm(2, 6)
    x = torch.randn(2, 3, 50, 6) * 4 + torch.arange(3.0)[:, None, None]
    y = norm(x)
    torch.testing.assert_close(y.mean(-2), torch.zeros(2, 3, 6), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(-2, correction=0), torch.ones(2, 3, 6), atol=1e-3, rtol=0)
    torch.testing.assert_close(y[:, :1], norm(x[:, :1]))


@pytest.mark.parametrize("chunk", [7, 1000])
def test_population_statistics_are_those_of_one_pass_over_all_cells(chunk):
    """With all cells in one minibatch, training and evaluation mode agree in the encoder."""
    networks = Networks(SHAPE, n_models=2, seed=0)
    x = torch.rand(40, SHAPE.genes)
    expected_mean, expected_log_var = networks.train().encoder(x.expand(2, -1, -1))
    set_population_statistics(networks, cells(x), torch.Generator().manual_seed(0), chunk)
    mean, log_var = networks.encoder(x.expand(2, -1, -1))
    torch.testing.assert_close(mean, expected_mean, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(log_var, expected_log_var, atol=1e-5, rtol=1e-4)


def test_population_statistics_of_the_decoder_are_those_of_the_reconstruction():
    networks = Networks(SHAPE, seed=0)
    x = torch.rand(40, SHAPE.genes)
    set_population_statistics(networks, cells(x), torch.Generator().manual_seed(5))
    mean, log_var = networks.encoder(x[None])
    noise = torch.randn(mean.shape[1:], generator=torch.Generator().manual_seed(5))
    z, known = mean + torch.exp(0.5 * log_var) * noise, cells(x).covariates[None]
    label = networks.encoder.batch_logits(x[None]).softmax(-1)
    in_evaluation = networks.decoder(label, known, z)
    torch.testing.assert_close(
        networks.train().decoder(label, known, z), in_evaluation, atol=1e-5, rtol=1e-4
    )
