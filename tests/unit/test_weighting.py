"""The weighting strategies on histories whose medians are known."""

import pytest
import torch

from aif.model.losses import TERMS
from aif.model.weighting import (
    FIXED_ADVERSARY,
    STRATEGIES,
    Setting,
    fixed,
    intrinsic,
    likelihood,
    relative,
)


def setting(dynamic_ratio=0.1, weight_bounds=(1e-9, 1e9)):
    return Setting(dynamic_ratio, weight_bounds, genes=500, latent=20)


def history(*epochs):
    """One model, each epoch given as {term: value}; other terms are 1."""
    return torch.tensor([[[epoch.get(term, 1.0) for term in TERMS]] for epoch in epochs])


def weight(weights, term):
    return weights[0, TERMS.index(term)].item()


def test_intrinsic_weights_are_one():
    assert (intrinsic(history({"rec": 7.0}), setting()) == 1).all()


def test_fixed_follows_the_median_of_rec_and_divides_the_adversaries():
    weights = fixed(history({"rec": 4.0}, {"rec": 2.0}, {"rec": 1.0}), setting())
    assert weight(weights, "rec") == pytest.approx(1 / 2)
    assert weight(weights, "gan") == weight(weights, "aux") == pytest.approx(FIXED_ADVERSARY)
    assert weight(weights, "kl") == weight(weights, "class") == 1


@pytest.mark.parametrize("strategy", STRATEGIES.values())
def test_before_the_first_epoch_rec_has_weight_one(strategy):
    assert weight(strategy(torch.zeros(0, 1, len(TERMS)), setting()), "rec") == 1


def test_relative_is_the_ratio_of_medians_in_the_window():
    epochs = [{"rec": 100.0, "kl": 1.0}] * 17 + [
        {"rec": 2.0, "kl": 8.0},
        {"rec": 1.0, "kl": 4.0},
        {"rec": 3.0, "kl": 4.0},
    ]
    two_epochs = relative(history(*epochs), setting())  # torch's median is the lower of two
    assert weight(two_epochs, "kl") == pytest.approx(1 / 4)
    assert weight(two_epochs, "rec") == 1
    three_epochs = relative(history(*epochs), setting(0.15))
    assert weight(three_epochs, "kl") == pytest.approx(2 / 4)


def test_dynamic_ratio_matters():
    epochs = history(*[{"rec": 10.0 - k, "kl": 1.0 + k} for k in range(10)])
    assert weight(relative(epochs, setting()), "kl") != weight(relative(epochs, setting(1.0)), "kl")


def test_relative_weights_are_positive_for_negative_terms_and_one_for_zero():
    weights = relative(history({"proj": -0.5, "class": 0.0, "rec": 1.0}), setting())
    assert weight(weights, "proj") == pytest.approx(2)
    assert weight(weights, "class") == 1


def test_relative_weights_are_held_within_bounds():
    weights = relative(
        history({"rec": 1.0, "kl": 1e-6, "class": 1e6}), setting(weight_bounds=(0.1, 10))
    )
    assert weight(weights, "kl") == pytest.approx(10)
    assert weight(weights, "class") == pytest.approx(0.1)


def test_every_model_has_its_own_weights():
    both = torch.cat([history({"rec": 2.0, "kl": 1.0}), history({"rec": 1.0, "kl": 4.0})], dim=1)
    weights = relative(both, setting())
    assert weights[0, TERMS.index("kl")] == 2
    assert weights[1, TERMS.index("kl")] == 0.25


def test_likelihood_gives_competing_terms_the_worth_of_a_nat():
    weights = likelihood(history({"rec": 9.0}, {"rec": 0.5}), setting())
    nat = 2 * 0.5 / 500
    assert weight(weights, "gan") == weight(weights, "aux") == pytest.approx(nat)
    assert weight(weights, "kl") == pytest.approx(20 * nat)
    assert weight(weights, "rec") == weight(weights, "class") == 1
    first = likelihood(torch.zeros(0, 1, len(TERMS)), setting())
    assert weight(first, "aux") == pytest.approx(2 / 500)


def test_likelihood_weights_are_those_of_a_normal_likelihood_with_its_best_variance():
    x, x_hat = torch.randn(40, 500), torch.randn(40, 500, requires_grad=True)
    error = (x - x_hat).square().mean()
    normal = torch.distributions.Normal(x_hat, error.detach().sqrt())
    nats = -normal.log_prob(x).sum(1).mean()
    expected = torch.autograd.grad(nats, x_hat, retain_graph=True)[0]
    found = torch.autograd.grad(error, x_hat)[0]
    weights = likelihood(history({"rec": error.item()}), setting())
    torch.testing.assert_close(found / weight(weights, "aux"), expected)
