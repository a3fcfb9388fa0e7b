"""What a step's parameters get is the gradient of each network's own objective."""

import dataclasses
import math
from typing import get_args

import pytest
import torch
from test_losses import SHAPE, minibatch

from aif.config.variants import Adversary
from aif.model.gradients import set_gradients
from aif.model.losses import SIGNS, TERMS, step_losses
from aif.model.networks import Networks

N_MODELS = 2
ADVERSARIES = get_args(Adversary)


def signed(adversary="aux"):
    """Return weights of all terms but the other adversary's, different ones for each model."""
    weights = torch.tensor(
        [[sign * 0.3 for sign in SIGNS.values()], list(range(1, len(TERMS) + 1))]
    )
    unused = [TERMS.index(name) for name in ADVERSARIES if name != adversary]
    return weights.index_fill(1, torch.tensor(unused), 0.0)


def networks_of(seed=1):
    """Return a stack whose models differ."""
    networks = Networks(SHAPE, N_MODELS, seed)
    generator = torch.Generator().manual_seed(seed)
    for parameter in networks.parameters():
        parameter.data += 0.05 * torch.randn(parameter.shape, generator=generator)
    return networks


def losses_of(networks, with_projection=True):
    return step_losses(networks, minibatch(weighted=True), with_projection)


def expected(networks, losses, adversary="aux"):
    """Return each parameter's gradient, differentiated objective by objective."""
    objectives = {
        (losses.all[:, :-1] * signed(adversary)).sum(): networks.autoencoder_parameters(),
        losses.by_term["aux"].sum(): list(networks.auxiliary.parameters()),
        losses.discriminator.sum(): list(networks.discriminator.parameters()),
    }
    return [
        (parameter, gradient)
        for objective, parameters in objectives.items()
        for parameter, gradient in zip(
            parameters, torch.autograd.grad(objective, parameters, retain_graph=True), strict=True
        )
    ]


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("with_projection", [True, False])
def test_every_network_gets_the_gradient_of_its_own_objective(with_projection, adversary):
    networks = networks_of()
    gradients = expected(networks, losses_of(networks, with_projection), adversary)
    losses = losses_of(networks, with_projection)
    set_gradients(networks, losses, signed(adversary), adversary, with_critics=True)
    assert len(gradients) == len(list(networks.parameters()))
    for parameter, gradient in gradients:
        assert gradient.abs().max() > 0
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("certain", [-1000.0, -100.0, -30.0, 30.0])
def test_a_discriminator_that_is_certain_passes_back_what_it_should(certain):
    networks = networks_of()
    networks.discriminator.out.bias.data[0] = certain
    gradients = expected(networks, losses_of(networks))
    set_gradients(networks, losses_of(networks), signed(), "aux", with_critics=True)
    for parameter, gradient in gradients:
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("adversary", ADVERSARIES)
def test_resting_critics_get_no_gradient_and_pass_the_same_back(adversary):
    networks, weights = networks_of(), signed(adversary)
    set_gradients(networks, losses_of(networks), weights, adversary, with_critics=False)
    resting = [parameter.grad for parameter in networks.autoencoder_parameters()]
    critics = [*networks.auxiliary.parameters(), *networks.discriminator.parameters()]
    assert all(parameter.grad is None for parameter in critics)
    set_gradients(networks, losses_of(networks), weights, adversary, with_critics=True)
    for parameter, before in zip(networks.autoencoder_parameters(), resting, strict=True):
        assert (parameter.grad == before).all()


def test_in_bfloat16_they_are_those_gradients_up_to_its_rounding():
    networks = networks_of()
    with torch.autocast("cpu", torch.bfloat16):
        plain, losses = losses_of(networks), losses_of(networks)
    gradients = expected(networks, plain)
    set_gradients(networks, losses, signed(), "aux", with_critics=True)
    for parameter, gradient in gradients:
        assert (parameter.grad - gradient).norm() < 0.02 * gradient.norm()


def test_an_auxiliary_network_that_is_sure_is_silent_by_cross_entropy_but_not_by_its_logarithm():
    """Scale A's last layer: all its answers become certain, and those of its own cells right."""
    networks, cells = Networks(SHAPE, seed=1), minibatch()
    eye = 60 * torch.eye(SHAPE.batches)
    networks.auxiliary.trunk = torch.nn.Identity()
    weight = torch.zeros(1, SHAPE.auxiliary_input, SHAPE.batches)
    weight[0, SHAPE.covariates : SHAPE.covariates + SHAPE.batches] = eye
    networks.auxiliary.out.weight.data = weight
    networks.auxiliary.out.bias.data.zero_()
    networks.encoder.latent.weight.data.zero_()
    networks.encoder.latent.bias.data.zero_()
    z = torch.zeros(len(cells.batch), SHAPE.latent)
    z[torch.arange(len(z)), cells.batch] = 1
    cells = dataclasses.replace(cells, noise=z)  # μ = 0 and σ = 1, so z is the noise
    losses = step_losses(networks, cells, with_projection=False)
    assert losses.by_term["aux"].item() < 1e-20
    silent, heard = (
        torch.autograd.grad(losses.by_term[name].sum(), losses.latent, retain_graph=True)[0]
        for name in ("aux", "log_aux")
    )
    assert silent.abs().max() < 1e-20
    # All cells are as sure, so each has 1 / n of H = log 3; A's layer multiplies it by 60.
    own = heard[0, torch.arange(len(z)), cells.batch] * len(z)
    torch.testing.assert_close(own, torch.full_like(own, 60 * math.log(3)))
