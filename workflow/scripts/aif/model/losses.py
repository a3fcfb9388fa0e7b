"""The loss terms of AIF. Every term is a mean over cells, so none changes with the minibatch size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from aif.model.minibatch import Minibatch
from aif.model.networks import Networks

# The terms of the encoder-decoder objective with their signs: A is to be wrong, which is maximised or,
# in log_aux, has its sign already; the projection is maximised.
SIGNS = {
    **{"rec": 1, "kl": 1, "class": 1, "class_rec": 1, "gan": 1},
    **{"aux": -1, "log_aux": 1, "proj": -1},
}
TERMS = tuple(SIGNS)
SURE = -15.0  # float32 tells softplus(x) from exp(x) above it


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


def log_aux(logits: Tensor, batch: Tensor, entropy: Tensor, cell_weights: Tensor | None) -> Tensor:
    """Return -H log(L / H) of the cross-entropy L of batch logits: 0 where A knows nothing.

    Its gradient is that of -L, times H / L. So an encoder that minimises it goes where one that
    maximises L goes, and does not stop where A is sure: there L vanishes, and its gradient with it.
    No part of the published method (docs/method.md, "An adversary that does not fall silent").

    Parameters
    ----------
    logits, batch, cell_weights
        As in `batch_cross_entropy`.
    entropy
        (), H, the cross-entropy of an A that knows nothing of the cells.

    Returns
    -------
    (M,)
    """
    own = F.one_hot(batch, logits.shape[-1]).bool()
    others = logits.masked_fill(own, -torch.inf).logsumexp(-1)
    against = others - (logits * own).sum(-1)
    # A cell's cross-entropy is softplus(against), of which the logarithm tends to `against` itself.
    losses = torch.where(against < SURE, against, F.softplus(against.clamp_min(SURE)).log())
    if cell_weights is not None:
        losses = losses + cell_weights.log()
    return on_log_scale(losses.logsumexp(-1) - math.log(len(batch)), entropy)


def on_log_scale(log_loss: Tensor, entropy: Tensor) -> Tensor:
    """Return -H (log L - log H), and 0 if H is, as there is one batch only."""
    return entropy * (entropy.clamp_min(torch.finfo(entropy.dtype).tiny).log() - log_loss)


def real_or_fake(logits: Tensor, real: bool) -> Tensor:
    """Return BCE(logits, real), a mean over cells: (..., B, 1) → (...)."""
    return F.softplus(-logits if real else logits).mean((-2, -1))


def projection(x: Tensor, x_avg: Tensor, x_rand: Tensor) -> Tensor:
    """Return cos(x, x_avg) + cos(x, x_rand), a mean over cells: (..., B, G) → (...)."""
    return sum(F.cosine_similarity(x, other, dim=-1).mean(-1) for other in (x_avg, x_rand))


@dataclass(frozen=True)
class StepLosses:
    """All losses of one step, and what the critics A and C judged for them.

    Attributes
    ----------
    by_term
        For each of TERMS, (M,), unsigned and unweighted. The auxiliary network's own loss is `aux`
        itself, minimised by A.
    discriminator
        (M,), C's own loss.
    latent
        (M, B, d), the z that A judged.
    fakes
        (M, 2, B, G), the x̂ and x_prior that C judged.
    judgement
        (M, 3, B, 1), C's logits on x and on the fakes.
    """

    by_term: dict[str, Tensor]
    discriminator: Tensor
    latent: Tensor
    fakes: Tensor
    judgement: Tensor

    @property
    def all(self) -> Tensor:
        """The terms in the order of TERMS and C's own loss, (M, terms + 1)."""
        return torch.stack([*(self.by_term[name] for name in TERMS), self.discriminator], -1)


def step_losses(networks: Networks, cells: Minibatch, with_projection: bool) -> StepLosses:
    """Run every network once and return all losses (Monnier & Cournède 2024).

    Each network sees all of its inputs in one pass. No gradient is stopped here: `aif.model.gradients`
    gives each network's parameters the gradient of its own objective only.
    """
    n_models, n_batches = networks.n_models, networks.shape.batches
    x = cells.x.expand(n_models, -1, -1)
    mean, log_var = networks.encoder(cells.seen.expand(n_models, -1, -1))
    z = mean + torch.exp(0.5 * log_var) * cells.noise
    logits = networks.encoder.batch_logits(x)
    covariates = cells.covariates.expand(n_models, -1, -1)
    aux_logits = networks.auxiliary(torch.cat([covariates, z], -1))

    labels = [logits.softmax(-1), one_hot(cells.batch, n_batches, n_models)]
    latents = [z, cells.prior.expand_as(z)]
    if with_projection:
        labels += [
            torch.full_like(logits, 1 / n_batches),
            one_hot(cells.other_batch, n_batches, n_models),
        ]
        latents += [z, z]
    stacked = torch.stack(labels, 1)
    known = covariates[:, None].expand(-1, len(labels), -1, -1)
    decoded = networks.decoder(stacked, known, torch.stack(latents, 1))
    fakes, projected = decoded.split([2, len(labels) - 2], 1)
    x_hat = fakes[:, 0]

    judgement = networks.discriminator(torch.cat([x[:, None], fakes], 1))
    on_x, on_hat, on_prior = judgement.unbind(1)
    by_term = {
        "rec": reconstruction(x, x_hat),
        "kl": kl_divergence(mean, log_var),
        "class": batch_cross_entropy(logits, cells.batch, cells.cell_weights),
        "class_rec": batch_cross_entropy(
            networks.encoder.batch_logits(x_hat), cells.batch, cells.cell_weights
        ),
        "gan": (real_or_fake(on_hat, True) + real_or_fake(on_prior, True)) / 2,
        "aux": batch_cross_entropy(aux_logits, cells.batch, cells.cell_weights),
        "log_aux": log_aux(aux_logits, cells.batch, cells.entropy, cells.cell_weights),
        "proj": projection(x, *projected.unbind(1))
        if with_projection
        else torch.zeros_like(mean[:, 0, 0]),
    }
    discriminator = (
        real_or_fake(on_x, True) + real_or_fake(on_hat, False) + real_or_fake(on_prior, False)
    ) / 3
    return StepLosses(by_term, discriminator, z, fakes, judgement)


def one_hot(batch: Tensor, n_batches: int, n_models: int) -> Tensor:
    """Return one-hot labels (M, B, batches) of batch indices (B,)."""
    return F.one_hot(batch, n_batches).float().expand(n_models, -1, -1)
