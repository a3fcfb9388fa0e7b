"""How the loss terms are weighted against each other: the paper's three strategies and one of our own."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aif.model.losses import TERMS

REC, KL = TERMS.index("rec"), TERMS.index("kl")
ADVERSARIAL = [TERMS.index(name) for name in ("gan", "aux", "log_aux")]
# The factor by which the authors' `aif_norm` divides its adversarial terms. Its discriminator's own
# loss gets the same factor there, without effect: Adam does not see the scale of a loss.
FIXED_ADVERSARY = 1 / 100
# The terms that stand against the reconstruction. The label branch has layers of its own, so its
# cross-entropy competes with none.
COMPETING = [TERMS.index(name) for name in ("kl", "class_rec", "gan", "aux", "log_aux", "proj")]


class Setting(NamedTuple):
    """What strategies know besides the history.

    Attributes
    ----------
    dynamic_ratio
        The share of the epochs so far over which medians are taken, at least one epoch.
    weight_bounds
        Lowest and highest relative weight.
    genes, latent
        Sizes of the cells and of z.
    """

    dynamic_ratio: float
    weight_bounds: tuple[float, float]
    genes: int
    latent: int


def intrinsic(history: Tensor, setting: Setting) -> Tensor:
    """Return weights of 1: the terms count as the coefficients say.

    Parameters
    ----------
    history
        (epochs, M, terms), each epoch's unweighted terms so far; may have no epoch yet.
    setting
        All strategies share their signature.

    Returns
    -------
    (M, terms)
    """
    return torch.ones(history.shape[1:])


def fixed(history: Tensor, setting: Setting) -> Tensor:
    """Return rec by 1 / the median of its history, gan, aux and log_aux by 1/100, the others 1."""
    weights = torch.ones(history.shape[1:])
    weights[:, ADVERSARIAL] = FIXED_ADVERSARY
    if len(history):
        weights[:, REC] = _inverse(history[:, :, REC].median(0).values)
    return weights


def relative(history: Tensor, setting: Setting) -> Tensor:
    """Return w_k = median(rec) / median(|L_k|) over the last part of the epochs so far.

    The rule feeds back on itself where the optimiser can move the term: a small KL gets a large
    weight and vanishes, a large one loses its weight and runs away; a label branch that is always
    right has a cross-entropy of almost 0 and a weight of millions, so that one wrong cell wrecks
    it. So all weights are held within `weight_bounds` (benchmarks/README.md, "Relative weights").

    Parameters
    ----------
    history, setting
        As in `intrinsic`.

    Returns
    -------
    (M, terms), positive; 1 before the first epoch and where a median is zero
    """
    if not len(history):
        return torch.ones(history.shape[1:])
    medians = _recent_medians(history, setting)
    weights = medians[:, [REC]] * _inverse(medians)
    weights[medians == 0] = 1
    return weights.clamp(*setting.weight_bounds)


def likelihood(history: Tensor, setting: Setting) -> Tensor:
    """Return weights by which the COMPETING terms count in nats of a cell's likelihood.

    If expression is normal around the decode, with the model's own squared error r as its variance,
    a cell's negative log-likelihood is G / 2 · rec / r; so a nat weighs 2 r / G against rec. With a
    coefficient of 1 the kl, a mean over d dimensions, then has its weight in the evidence lower
    bound (Kingma & Welling 2014; r as variance: Rybkin et al. 2021), whatever the data's noise and
    number of genes. No part of the published method (benchmarks/README.md, "Weights in nats").

    Parameters
    ----------
    history, setting
        As in `intrinsic`.

    Returns
    -------
    (M, terms); r is 1 before the first epoch, the error of a model that knows the genes' means
    """
    weights = torch.ones(history.shape[1:])
    error = _recent_medians(history, setting)[:, [REC]] if len(history) else weights[:, [REC]]
    weights[:, COMPETING] = 2 * error / setting.genes
    weights[:, KL] *= setting.latent
    return weights


def _recent_medians(history: Tensor, setting: Setting) -> Tensor:
    window = max(1, int(setting.dynamic_ratio * len(history)))
    return history[-window:].abs().median(0).values


def _inverse(medians: Tensor) -> Tensor:
    return torch.where(medians == 0, torch.ones_like(medians), 1 / medians)


STRATEGIES = {
    "intrinsic": intrinsic,
    "fixed": fixed,
    "relative": relative,
    "likelihood": likelihood,
}
ADAPTIVE = ("relative", "likelihood")  # whose weights follow the course of the training
