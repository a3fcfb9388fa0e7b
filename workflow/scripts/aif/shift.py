"""Correction by shifting: a cell keeps what it has of its own. No part of the published method.

The published correction replaces a cell by its decode, without noise and without what the model did
not learn, and follows the decoder wherever it takes a cell type for a batch effect. A shifted cell is
its decode under its own batch, plus what decoding as the target changes, plus a share of its residual
(benchmarks/README.md, "Shifting instead of decoding").
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aif.decoding import CHUNK, Target, decodes
from aif.networks import Networks

SPREAD_BOUNDS = (0.5, 2.0)  # of the factor by which a residual is brought to the target's spread


def shifted_expression(
    networks: Networks,
    expression: np.ndarray,
    scale: np.ndarray,
    batch: np.ndarray,
    target: Target,
    n_samplings: int,
    seed: int,
    residual: float,
    local: float,
    chunk: int = CHUNK,
) -> tuple[np.ndarray, np.ndarray]:
    """Return shifted expression (n, G) in its own units, and the latent means (n, d).

    With x̂ a cell's calibrated decode under its own batch and x* that under the target, it becomes
    x̂ + local · (x* − x̂) + (1 − local) · s + residual · r. The common shift s of its batch is the mean
    over all cells, of every batch, of x* minus their decode under this batch; r is x − x̂ with mean
    and spread as the target has them (`at_target`).

    Parameters
    ----------
    networks
        One trained model (a stack of one) in evaluation mode.
    expression
        (n, G), in the units of the variant's input.
    scale
        (G,), the units of the model.
    batch
        (n,), the index of each cell's batch.
    target
        The labels to correct to.
    n_samplings, seed, chunk
        As in `aif.decoding.decodes`.
    residual
        The share of the residual that is kept, between 0 and 1.
    local
        The weight of the cell's own shift against the common one, between 0 and 1.
    """
    x, batch = torch.from_numpy(expression / scale), torch.from_numpy(batch).long()
    n_batches = networks.shape.batches
    labels = torch.cat([torch.eye(n_batches), target.labels])
    own, goal, latent = torch.empty_like(x), torch.empty_like(x), []
    common = torch.zeros(n_batches, x.shape[1])
    start = 0
    for decoded, mean in decodes(networks, x, labels, n_samplings, seed, chunk):
        rows = slice(start, start + len(mean))
        under_batch, start = decoded[:n_batches], rows.stop
        goal[rows] = torch.tensordot(target.weights, decoded[n_batches:], 1)
        own[rows] = under_batch[batch[rows], torch.arange(len(mean))]
        common += (goal[rows] - under_batch).sum(1) / len(x)
        latent.append(mean)
    slope, offset = calibration(x, own)
    shift = slope * (local * (goal - own) + (1 - local) * common[batch])
    own = offset + slope * own
    kept = at_target(x - own, batch, target.weights @ target.labels)
    return (own + shift + residual * kept).numpy() * scale, torch.cat(latent).numpy()


def calibration(x: Tensor, decoded: Tensor) -> tuple[Tensor, Tensor]:
    """Return each gene's slope and offset (G,) by which its decode fits the data best.

    Decodes are drawn to the mean: their differences between cell types come out smaller than the
    data's. The slope, of the regression of x on the decode, undoes that; it is held in [0, 2], and 1
    where the decode does not vary.

    Parameters
    ----------
    x, decoded
        (n, G), expression and its decode under each cell's own batch.
    """
    centred = decoded - decoded.mean(0)
    variance = centred.square().mean(0)
    covariance = (centred * (x - x.mean(0))).mean(0)
    varies = variance > torch.finfo(x.dtype).eps
    slope = torch.where(varies, covariance / variance.where(varies, 1), 1).clamp(0, 2)
    return slope, x.mean(0) - slope * decoded.mean(0)


def at_target(residual: Tensor, batch: Tensor, shares: Tensor) -> Tensor:
    """Return residuals (n, G) with each gene's mean and spread over batches as the target has them.

    What the model does not explain is mostly noise, and batches differ in it: left as it is, it
    tells them apart.

    Parameters
    ----------
    residual
        (n, G), of cells under their own batch.
    batch
        (n,), the index of each cell's batch.
    shares
        (b,), how much each batch counts in the target; they sum to 1.
    """
    parts = [residual[batch == index] for index in range(len(shares))]
    means = torch.stack([part.mean(0) for part in parts])
    spreads = torch.stack([part.std(0, correction=0) for part in parts])
    factors = (shares @ spreads) / spreads.clamp_min(torch.finfo(residual.dtype).eps)
    factors = factors.clamp(*SPREAD_BOUNDS)
    return (residual - means[batch]) * factors[batch] + shares @ means
