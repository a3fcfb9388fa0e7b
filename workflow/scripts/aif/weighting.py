"""How the loss terms are weighted against each other: intrinsic, fixed or relative."""

from __future__ import annotations

import torch
from torch import Tensor

from aif.losses import TERMS

REC = TERMS.index("rec")
# The factor by which the authors' `aif_norm` divides its adversarial terms. Its discriminator's own
# loss gets the same factor there, without effect: Adam does not see the scale of a loss.
FIXED_ADVERSARY = 1 / 100


def intrinsic(history: Tensor, dynamic_ratio: float, weight_bounds: tuple[float, float]) -> Tensor:
    """Return weights of 1: the terms count as the coefficients say.

    Parameters
    ----------
    history
        (epochs, M, terms), each epoch's unweighted terms so far; may have no epoch yet.
    dynamic_ratio, weight_bounds
        As in `relative`; the three strategies share their signature.

    Returns
    -------
    (M, terms)
    """
    return torch.ones(history.shape[1:])


def fixed(history: Tensor, dynamic_ratio: float, weight_bounds: tuple[float, float]) -> Tensor:
    """Return rec by 1 / the median of its history, gan and aux by 1/100, the others 1."""
    weights = torch.ones(history.shape[1:])
    weights[:, [TERMS.index("gan"), TERMS.index("aux")]] = FIXED_ADVERSARY
    if len(history):
        weights[:, REC] = _inverse(history[:, :, REC].median(0).values)
    return weights


def relative(history: Tensor, dynamic_ratio: float, weight_bounds: tuple[float, float]) -> Tensor:
    """Return w_k = median(rec) / median(|L_k|) over the last part of the epochs so far.

    The rule feeds back on itself where the optimiser can move the term: a small KL gets a large
    weight and vanishes, a large one loses its weight and runs away; a label branch that is always
    right has a cross-entropy of almost 0 and a weight of millions, so that one wrong cell wrecks
    it. So all weights are held within `weight_bounds` (benchmarks/README.md, "Relative weights").

    Parameters
    ----------
    history
        (epochs, M, terms), each epoch's unweighted terms so far; may have no epoch yet.
    dynamic_ratio
        The share of the epochs so far over which the medians are taken, at least one epoch.
    weight_bounds
        Lowest and highest weight.

    Returns
    -------
    (M, terms), positive; 1 before the first epoch and where a median is zero
    """
    if not len(history):
        return torch.ones(history.shape[1:])
    window = max(1, int(dynamic_ratio * len(history)))
    medians = history[-window:].abs().median(0).values
    weights = medians[:, [REC]] * _inverse(medians)
    weights[medians == 0] = 1
    return weights.clamp(*weight_bounds)


def _inverse(medians: Tensor) -> Tensor:
    return torch.where(medians == 0, torch.ones_like(medians), 1 / medians)


STRATEGIES = {"intrinsic": intrinsic, "fixed": fixed, "relative": relative}
