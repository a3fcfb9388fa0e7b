"""The loss terms of AIF. Every term is a mean over cells, so none changes with the minibatch size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from aif.minibatch import Minibatch
from aif.networks import Networks

# The terms of the encoder-decoder objective with their signs: A is fooled, the projection maximised.
SIGNS = {"rec": 1, "kl": 1, "class": 1, "class_rec": 1, "gan": 1, "aux": -1, "proj": -1}
TERMS = tuple(SIGNS)


def reconstruction(x: Tensor, x_hat: Tensor) -> Tensor:
    """Return the squared error, a mean over genes and cells: (..., B, G) → (...)."""
    return (x_hat - x).square().mean((-2, -1))


def kl_divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return KL(N(μ, σ²) ‖ N(0, 1)), a mean over latent dimensions and cells: (..., B, d) → (...)."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).mean((-2, -1))


def batch_cross_entropy(logits: Tensor, batch: Tensor, cell_weights: Tensor | None) -> Tensor:
    """Return the cross-entropy of batch logits, a (weighted) mean over cells.

    Parameters
    ----------
    logits
        (M, B, batches).
    batch
        (B,), the index of each cell's batch.
    cell_weights
        (B,), per-cell weights with mean 1 over the data set, or None for plain cross-entropy.

    Returns
    -------
    (M,)
    """
    losses = F.cross_entropy(
        logits.flatten(0, 1), batch.repeat(logits.shape[0]), reduction="none"
    ).view(logits.shape[:2])
    return (losses if cell_weights is None else losses * cell_weights).mean(-1)


def real_or_fake(logits: Tensor, real: bool) -> Tensor:
    """Return BCE(logits, real), a mean over cells: (..., B, 1) → (...)."""
    return F.softplus(-logits if real else logits).mean((-2, -1))


def projection(x: Tensor, x_avg: Tensor, x_rand: Tensor) -> Tensor:
    """Return cos(x, x_avg) + cos(x, x_rand), a mean over cells: (..., B, G) → (...)."""
    return sum(F.cosine_similarity(x, other, dim=-1).mean(-1) for other in (x_avg, x_rand))


def inverse_frequency_weights(batch: Tensor, n_batches: int) -> Tensor:
    """Return per-cell weights ∝ 1 / size of the cell's batch, with mean 1 over the data set.

    Parameters
    ----------
    batch
        (n,), the index of each cell's batch; every batch has at least one cell.
    n_batches
        The number of batches, any b ≥ 2.
    """
    sizes = torch.bincount(batch, minlength=n_batches)
    return len(batch) / (n_batches * sizes[batch]).float()


@dataclass(frozen=True)
class StepLosses:
    """All losses of one step, each of shape (M,).

    Attributes
    ----------
    terms
        (M, len(TERMS)), the unsigned, unweighted terms of the encoder-decoder objective.
        The auxiliary network's own loss is the term `aux` itself, minimised by A.
    discriminator
        (M,), C's own loss.
    """

    terms: Tensor
    discriminator: Tensor

    @property
    def auxiliary(self) -> Tensor:
        return self.terms[:, TERMS.index("aux")]


def step_losses(networks: Networks, cells: Minibatch, with_projection: bool) -> StepLosses:
    """Run every network once and return all losses (Monnier & Cournède 2024).

    Each network sees all of its inputs in one pass. No gradient is stopped here: every optimiser
    differentiates its own objective with respect to its own parameters only (`aif.training`).
    """
    n_models, n_batches = networks.n_models, networks.shape.batches
    x = cells.x.expand(n_models, -1, -1)
    mean, log_var = networks.encoder(x)
    z = mean + torch.exp(0.5 * log_var) * cells.noise
    logits = networks.encoder.batch_logits(x)
    aux_logits = networks.auxiliary(z)

    labels = [logits.softmax(-1), one_hot(cells.batch, n_batches, n_models)]
    latents = [z, cells.prior.expand_as(z)]
    if with_projection:
        labels += [
            torch.full_like(logits, 1 / n_batches),
            one_hot(cells.other_batch, n_batches, n_models),
        ]
        latents += [z, z]
    decoded = networks.decoder(torch.stack(labels, 1), torch.stack(latents, 1))
    x_hat, x_prior, *projected = decoded.unbind(1)

    critic = networks.discriminator(torch.stack([x, x_hat, x_prior], 1))
    on_x, on_hat, on_prior = critic.unbind(1)
    terms = {
        "rec": reconstruction(x, x_hat),
        "kl": kl_divergence(mean, log_var),
        "class": batch_cross_entropy(logits, cells.batch, cells.cell_weights),
        "class_rec": batch_cross_entropy(
            networks.encoder.batch_logits(x_hat), cells.batch, cells.cell_weights
        ),
        "gan": (real_or_fake(on_hat, True) + real_or_fake(on_prior, True)) / 2,
        "aux": batch_cross_entropy(aux_logits, cells.batch, cells.cell_weights),
        "proj": projection(x, *projected) if with_projection else torch.zeros_like(mean[:, 0, 0]),
    }
    return StepLosses(
        terms=torch.stack([terms[name] for name in TERMS], -1),
        discriminator=(
            real_or_fake(on_x, True) + real_or_fake(on_hat, False) + real_or_fake(on_prior, False)
        )
        / 3,
    )


def one_hot(batch: Tensor, n_batches: int, n_models: int) -> Tensor:
    """Return one-hot labels (M, B, batches) of batch indices (B,)."""
    return F.one_hot(batch, n_batches).float().expand(n_models, -1, -1)
