"""Every loss term against a closed form, what it reaches, and what it does not depend on."""

import dataclasses
import math

import pytest
import torch
from torch.distributions import Normal

from aif.model.batch_weights import BatchWeights
from aif.model.losses import (
    TERMS,
    batch_cross_entropy,
    kl_divergence,
    log_aux,
    projection,
    real_or_fake,
    reconstruction,
    step_losses,
)
from aif.model.minibatch import Minibatch
from aif.model.networks import Networks, Shape

SHAPE = Shape(genes=12, batches=3, latent=4, hidden=16, label_hidden=8, covariates=2)


def minibatch(n_cells=9, seed=0, weighted=False):
    generator = torch.Generator().manual_seed(seed)
    batch = torch.arange(n_cells) % SHAPE.batches
    x = torch.rand(n_cells, SHAPE.genes, generator=generator) + 0.1
    covariates = torch.randn(n_cells, SHAPE.covariates, generator=generator)
    weights = BatchWeights.of(batch, SHAPE.batches, weighted)
    return Minibatch(
        x=x,
        seen=x,
        batch=batch,
        covariates=covariates,
        cell_weights=weights.of_cells,
        entropy=weights.entropy,
        noise=torch.randn(n_cells, SHAPE.latent, generator=generator),
        prior=torch.randn(n_cells, SHAPE.latent, generator=generator),
        other_batch=(batch + 1) % SHAPE.batches,
    )


def twice(cells):
    per_cell = {
        name: torch.cat([field, field])
        for name, field in vars(cells).items()
        if name != "entropy" and field is not None
    }
    return dataclasses.replace(cells, **per_cell)


def test_reconstruction_is_the_mean_squared_difference():
    x = torch.tensor([[1.0, 2.0], [0.0, 4.0]])
    x_hat = torch.tensor([[2.0, 2.0], [0.0, 1.0]])
    assert reconstruction(x, x_hat) == pytest.approx((1 + 0 + 0 + 9) / 4)


def test_kl_is_that_of_torch_distributions():
    mean, log_var = torch.randn(5, 4), torch.randn(5, 4)
    expected = torch.distributions.kl_divergence(
        Normal(mean, torch.exp(0.5 * log_var)), Normal(0.0, 1.0)
    ).mean()
    assert kl_divergence(mean, log_var) == pytest.approx(expected.item(), rel=1e-5)


def test_kl_of_the_prior_is_zero():
    assert kl_divergence(torch.zeros(3, 4), torch.zeros(3, 4)) == 0


def test_cross_entropy_of_known_probabilities():
    logits = torch.log(torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]]))
    expected = -(math.log(0.5) + math.log(0.1)) / 2
    assert batch_cross_entropy(logits, torch.tensor([0, 2]), None).item() == pytest.approx(expected)


@pytest.mark.parametrize("n_batches", [2, 3, 5])
def test_weighted_cross_entropy_counts_every_batch_alike(n_batches):
    batch = torch.cat([torch.full((3 * k + 1,), k) for k in range(n_batches)])
    counted = BatchWeights.of(batch, n_batches, weighted_ce=True)
    weights = counted.of_cells
    totals = torch.stack([weights[batch == k].sum() for k in range(n_batches)])
    torch.testing.assert_close(totals, torch.full((n_batches,), len(batch) / n_batches))
    logits = torch.randn(1, len(batch), n_batches)
    per_batch = [
        torch.nn.functional.cross_entropy(logits[0, batch == k], batch[batch == k]).item()
        for k in range(n_batches)
    ]
    weighted = batch_cross_entropy(logits, batch, weights).item()
    assert weighted == pytest.approx(sum(per_batch) / n_batches, rel=1e-5)
    assert weights.mean().item() == pytest.approx(1)
    assert counted.entropy.item() == pytest.approx(math.log(n_batches))


@pytest.mark.parametrize("weighted_ce", [False, True])
def test_log_aux_is_the_logarithm_of_the_cross_entropy_in_units_of_the_least(weighted_ce):
    batch = torch.tensor([0] * 5 + [1] * 2 + [2])
    weights = BatchWeights.of(batch, 3, weighted_ce)
    logits = torch.randn(2, len(batch), 3)
    aux = batch_cross_entropy(logits, batch, weights.of_cells)
    found = log_aux(logits, batch, weights.entropy, weights.of_cells)
    torch.testing.assert_close(found, -weights.entropy * (aux / weights.entropy).log())


@pytest.mark.parametrize("weighted_ce", [False, True])
def test_log_aux_is_zero_for_the_best_answer_without_a_look_at_the_cells(weighted_ce):
    """The batches' shares minimise the cross-entropy among all answers that are the same for every cell."""
    batch = torch.tensor([0] * 7 + [1] * 2 + [2])
    weights = BatchWeights.of(batch, 3, weighted_ce)
    counts = torch.ones(3) if weighted_ce else torch.tensor([7.0, 2.0, 1.0])
    blind = (counts / counts.sum()).log().expand(1, len(batch), 3)
    options = (batch, weights.entropy, weights.of_cells)
    assert log_aux(blind, *options).item() == pytest.approx(0, abs=1e-6)
    for shift in 0.1 * torch.eye(3):
        assert log_aux(blind + shift, *options) < 0


@pytest.mark.parametrize("sure", [3.0, 30.0, 300.0, 3000.0])
def test_log_aux_of_a_network_that_is_sure_grows_and_its_gradient_does_not_vanish(sure):
    """If all cells have the logits (s, 0) the cross-entropy is log(1 + e^-s): its logarithm tends to -s."""
    logits = torch.tensor([[[sure, 0.0]] * 4], requires_grad=True)
    entropy = torch.tensor(math.log(2))
    found = log_aux(logits, torch.zeros(4, dtype=torch.int64), entropy, None)
    exact = math.log(math.log1p(math.exp(-sure))) if sure < 700 else -sure
    assert found.item() == pytest.approx(math.log(2) * (math.log(math.log(2)) - exact), rel=1e-5)
    (gradient,) = torch.autograd.grad(found.sum(), logits)
    slope = 1 / (1 + math.exp(sure)) / math.log1p(math.exp(-sure)) if sure < 700 else 1.0
    expected = math.log(2) * slope / 4
    assert gradient[0, :, 0].tolist() == pytest.approx([expected] * 4, rel=1e-4)


def test_real_or_fake_is_binary_cross_entropy():
    logits = torch.tensor([[0.0], [2.0]])
    assert real_or_fake(logits, True).item() == pytest.approx(
        (math.log(2) + math.log(1 + math.exp(-2))) / 2
    )
    assert real_or_fake(logits, False).item() == pytest.approx(
        (math.log(2) + math.log(1 + math.exp(2))) / 2
    )


def test_projection_is_two_for_parallel_and_zero_for_orthogonal_cells():
    x = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    assert projection(x, 2 * x, 5 * x).item() == pytest.approx(2)
    assert projection(x, x.flip(1), x.flip(1)).item() == pytest.approx(0)


def test_step_losses_put_the_right_tensors_together():
    """Recompute every term from separate passes through the networks."""
    networks, cells = Networks(SHAPE, seed=1), minibatch(weighted=True)
    losses = step_losses(networks, cells, with_projection=True)
    encoder, decoder, critic = networks.encoder, networks.decoder, networks.discriminator
    x = cells.x[None]
    mean, log_var = encoder(x)
    z = mean + log_var.exp().sqrt() * cells.noise
    eye = torch.eye(SHAPE.batches)
    logits = encoder.batch_logits(x)
    known = cells.covariates[None]
    x_hat = decoder(logits.softmax(-1), known, z)
    x_prior = decoder(eye[cells.batch][None], known, cells.prior[None])
    x_avg = decoder(torch.full_like(logits, 1 / 3), known, z)
    x_rand = decoder(eye[cells.other_batch][None], known, z)
    answers = networks.auxiliary(torch.cat([known, z], -1))
    weights = cells.cell_weights
    expected = {
        "rec": reconstruction(x, x_hat),
        "kl": kl_divergence(mean, log_var),
        "class": batch_cross_entropy(logits, cells.batch, weights),
        "class_rec": batch_cross_entropy(encoder.batch_logits(x_hat), cells.batch, weights),
        "gan": (real_or_fake(critic(x_hat), True) + real_or_fake(critic(x_prior), True)) / 2,
        "aux": batch_cross_entropy(answers, cells.batch, weights),
        "log_aux": log_aux(answers, cells.batch, cells.entropy, weights),
        "proj": projection(x, x_avg, x_rand),
    }
    for name, value in expected.items():
        torch.testing.assert_close(losses.by_term[name], value, msg=name)
    on_x, on_hat, on_prior = critic(x), critic(x_hat), critic(x_prior)
    torch.testing.assert_close(
        losses.discriminator,
        (real_or_fake(on_x, True) + real_or_fake(on_hat, False) + real_or_fake(on_prior, False))
        / 3,
    )


# Which parameters of E and D each term reaches. A and C learn from their own losses only.
REACH = {
    "rec": {"trunk", "latent", "label", "decoder"},
    "kl": {"trunk", "latent"},
    "class": {"label"},
    "class_rec": {"trunk", "latent", "label", "decoder"},
    "gan": {"trunk", "latent", "label", "decoder"},
    "aux": {"trunk", "latent"},
    "log_aux": {"trunk", "latent"},
    "proj": {"trunk", "latent", "decoder"},
}


@pytest.mark.parametrize("term", TERMS)
def test_term_reaches_its_parameters_and_no_others(term):
    networks = Networks(SHAPE, seed=1)
    losses = step_losses(networks, minibatch(), with_projection=True)
    losses.by_term[term].sum().backward()
    groups = {
        "trunk": networks.encoder.trunk,
        "latent": networks.encoder.latent,
        "label": networks.encoder.label,
        "decoder": networks.decoder,
    }
    reached = {
        name
        for name, module in groups.items()
        if any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())
    }
    assert reached == REACH[term]


@pytest.mark.parametrize("weighted", [False, True])
def test_terms_do_not_change_with_the_minibatch_size(weighted):
    networks, cells = Networks(SHAPE, seed=1), minibatch(weighted=weighted)
    once = step_losses(networks, cells, with_projection=True)
    doubled = step_losses(networks, twice(cells), with_projection=True)
    torch.testing.assert_close(once.all, doubled.all)
