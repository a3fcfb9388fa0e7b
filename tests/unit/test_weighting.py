"""The weighting strategies on histories whose medians are known."""

import pytest
import torch

from aif.losses import TERMS
from aif.weighting import FIXED_ADVERSARY, fixed, intrinsic, relative

WIDE = (1e-9, 1e9)


def history(*epochs):
    """One model, each epoch given as {term: value}; other terms are 1."""
    return torch.tensor([[[epoch.get(term, 1.0) for term in TERMS]] for epoch in epochs])


def weight(weights, term):
    return weights[0, TERMS.index(term)].item()


def test_intrinsic_weights_are_one():
    assert (intrinsic(history({"rec": 7.0}), 0.1, WIDE) == 1).all()


def test_fixed_follows_the_median_of_rec_and_divides_the_adversaries():
    weights = fixed(history({"rec": 4.0}, {"rec": 2.0}, {"rec": 1.0}), 0.1, WIDE)
    assert weight(weights, "rec") == pytest.approx(1 / 2)
    assert weight(weights, "gan") == weight(weights, "aux") == pytest.approx(FIXED_ADVERSARY)
    assert weight(weights, "kl") == weight(weights, "class") == 1


@pytest.mark.parametrize("strategy", [intrinsic, fixed, relative])
def test_before_the_first_epoch_rec_has_weight_one(strategy):
    assert weight(strategy(torch.zeros(0, 1, len(TERMS)), 0.1, WIDE), "rec") == 1


def test_relative_is_the_ratio_of_medians_in_the_window():
    epochs = [{"rec": 100.0, "kl": 1.0}] * 17 + [
        {"rec": 2.0, "kl": 8.0},
        {"rec": 1.0, "kl": 4.0},
        {"rec": 3.0, "kl": 4.0},
    ]
    two_epochs = relative(history(*epochs), 0.1, WIDE)  # torch's median is the lower of two
    assert weight(two_epochs, "kl") == pytest.approx(1 / 4)
    assert weight(two_epochs, "rec") == 1
    three_epochs = relative(history(*epochs), 0.15, WIDE)
    assert weight(three_epochs, "kl") == pytest.approx(2 / 4)


def test_dynamic_ratio_matters():
    epochs = history(*[{"rec": 10.0 - k, "kl": 1.0 + k} for k in range(10)])
    assert weight(relative(epochs, 0.1, WIDE), "kl") != weight(relative(epochs, 1.0, WIDE), "kl")


def test_relative_weights_are_positive_for_negative_terms_and_one_for_zero():
    weights = relative(history({"proj": -0.5, "class": 0.0, "rec": 1.0}), 0.1, WIDE)
    assert weight(weights, "proj") == pytest.approx(2)
    assert weight(weights, "class") == 1


def test_relative_weights_are_held_within_bounds():
    weights = relative(history({"rec": 1.0, "kl": 1e-6, "class": 1e6}), 0.1, (0.1, 10))
    assert weight(weights, "kl") == pytest.approx(10)
    assert weight(weights, "class") == pytest.approx(0.1)


def test_every_model_has_its_own_weights():
    both = torch.cat([history({"rec": 2.0, "kl": 1.0}), history({"rec": 1.0, "kl": 4.0})], dim=1)
    weights = relative(both, 0.1, WIDE)
    assert weights[0, TERMS.index("kl")] == 2
    assert weights[1, TERMS.index("kl")] == 0.25
