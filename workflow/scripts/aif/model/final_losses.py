"""The losses of trained models on any cells, with the statistics of the population."""

from __future__ import annotations

import torch
from torch import Tensor

from aif.config.variants import Variant
from aif.model.batch_weights import BatchWeights
from aif.model.cells import Cells
from aif.model.losses import TERMS, on_log_scale, step_losses
from aif.model.minibatch import draw_minibatch
from aif.model.networks import Networks

CHUNK = 512


@torch.no_grad()
def final_losses(networks: Networks, cells: Cells, variant: Variant, seed: int) -> Tensor:
    """Return all unweighted losses, means over the cells.

    Unlike the losses in the course of a training they belong to one set of parameters and to no
    minibatch, so those of different cells, as trained and held-out ones, can be compared.

    Parameters
    ----------
    networks
        A trained stack of M models in evaluation mode.
    cells
        The cells, in the units of the model.
    variant
        What the models were trained as.
    seed
        Seeds the draws of z, z_prior and of other batches.

    Returns
    -------
    (M, terms + 1), the last being the discriminator's
    """
    device = cells.x.device
    weights = BatchWeights.of(cells.batch, cells.n_batches, variant.weighted_ce)
    generator = torch.Generator(device).manual_seed(seed)
    total = torch.zeros(networks.n_models, len(TERMS) + 1, device=device)
    for rows in torch.arange(len(cells.x), device=device).split(CHUNK):
        drawn = draw_minibatch(cells, rows, weights, networks.shape.latent, generator)
        losses = step_losses(networks, drawn, with_projection=variant.projection)
        total += losses.all * len(rows)
    means = (total / len(cells.x)).cpu()
    # A mean over parts of the cells is not that of all where a logarithm is taken of it.
    log_loss = means[:, TERMS.index("aux")].clamp_min(torch.finfo(means.dtype).tiny).log()
    means[:, TERMS.index("log_aux")] = on_log_scale(log_loss, weights.entropy.cpu())
    return means
