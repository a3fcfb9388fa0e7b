"""A minibatch: cells of one training step with all the random numbers the step uses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aif.model.batch_weights import BatchWeights
from aif.model.cells import Cells


@dataclass(frozen=True)
class Minibatch:
    """Cells and random numbers of one step.

    Attributes
    ----------
    x
        (B, G), expression.
    seen
        (B, G), what the encoder sees of it.
    batch
        (B,), the index of each cell's batch.
    covariates
        (B, K), what is known of the cells beside the batch.
    cell_weights
        (B,), weights of the cross-entropies, or None.
    entropy
        (), the cross-entropy of an A that knows nothing of the cells.
    noise, prior
        (B, d), standard normal draws for z and for z_prior.
    other_batch
        (B,), for each cell another batch than its own.
    """

    x: Tensor
    seen: Tensor
    batch: Tensor
    covariates: Tensor
    cell_weights: Tensor | None
    entropy: Tensor
    noise: Tensor
    prior: Tensor
    other_batch: Tensor


def draw_minibatch(
    cells: Cells,
    rows: Tensor,
    weights: BatchWeights,
    latent: int,
    generator: torch.Generator,
    dropout: float = 0.0,
) -> Minibatch:
    """Return the cells of `rows` with draws from the generator.

    Parameters
    ----------
    cells
        All cells.
    rows
        (B,), which of them.
    weights
        Of all cells.
    latent
        d, the latent dimensions.
    generator
        On the cells' device.
    dropout
        The share of each cell's genes that the encoder does not see.
    """
    x, batch = cells.x[rows], cells.batch[rows]
    draw = {"generator": generator, "device": cells.x.device}
    size = (len(rows), latent)
    return Minibatch(
        x=x,
        seen=x if dropout == 0 else _with_holes(x, dropout, generator),
        batch=batch,
        covariates=cells.covariates[rows],
        cell_weights=None if weights.of_cells is None else weights.of_cells[rows],
        entropy=weights.entropy,
        noise=torch.randn(size, **draw),
        prior=torch.randn(size, **draw),
        other_batch=(batch + torch.randint(1, cells.n_batches, (len(rows),), **draw))
        % cells.n_batches,
    )


def _with_holes(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return x (B, G) with a share of its entries 0 and the others larger, its mean being kept."""
    left = torch.rand(x.shape, generator=generator, device=x.device) >= share
    return x * left / (1 - share)
