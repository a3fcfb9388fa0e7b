"""Correction by shifting: a cell keeps what it has of its own. No part of the published method.

The published correction replaces a cell by its decode, without noise and without what the model did
not learn, and follows the decoder wherever it takes a cell type for a batch effect. A shifted cell is
its decode under its own batch, plus what decoding as the target changes, plus a share of its residual
(benchmarks/README.md, "Shifting instead of decoding").
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aif.decoding import CHUNK, Target, decodes
from aif.networks import Networks

SPREAD_BOUNDS = (0.5, 2.0)  # of the factor by which a residual is brought to the target's spread


@dataclass(frozen=True)
class Setting:
    """How much a shifted cell keeps of its own.

    Attributes
    ----------
    residual
        The share of the residual that is kept, between 0 and 1.
    local
        The weight of the cell's own shift against the common one, between 0 and 1.
    slope_bounds
        Between what a gene's decode is stretched, see `calibration`.
    """

    residual: float
    local: float
    slope_bounds: tuple[float, float]

    @classmethod
    def of(cls, hyperparameters: dict[str, Any]) -> Setting:
        """Return the setting among all hyperparameters of a model."""
        return cls(**{field.name: hyperparameters[field.name] for field in dataclasses.fields(cls)})


def shifted_expression(
    networks: Networks,
    expression: np.ndarray,
    scale: np.ndarray,
    batch: np.ndarray,
    target: Target,
    setting: Setting,
    n_samplings: int,
    seed: int,
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
    setting
        How much of their own the cells keep.
    n_samplings, seed, chunk
        As in `aif.decoding.decodes`.
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
    slope, offset = calibration(x, own, batch, setting.slope_bounds)
    shift = slope * (setting.local * (goal - own) + (1 - setting.local) * common[batch])
    own = offset + slope * own
    kept = at_target(x - own, batch, target.weights @ target.labels)
    return (own + shift + setting.residual * kept).numpy() * scale, torch.cat(latent).numpy()


def calibration(
    x: Tensor, decoded: Tensor, batch: Tensor, bounds: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Return each gene's slope and offset (G,) by which its decode fits the data best.

    Decodes are drawn to the mean: their differences between cell types come out smaller than the
    data's. The slope undoes that. It is of the regression within batches, of x on the decode, as
    what stands between batches is to go; and it is bounded, as a gene that differs little between
    cells has a slope of noise. It is 1 where the decode does not vary.

    Parameters
    ----------
    x, decoded
        (n, G), expression and its decode under each cell's own batch.
    batch
        (n,), the index of each cell's batch.
    bounds
        The least and the largest slope.
    """
    centred, deviation = within_batches(decoded, batch), within_batches(x, batch)
    variance = centred.square().mean(0)
    varies = variance > torch.finfo(x.dtype).eps
    fitted = (centred * deviation).mean(0) / variance.where(varies, 1)
    slope = torch.where(varies, fitted, 1).clamp(*bounds)
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
    means, centred = batch_means(residual, batch), within_batches(residual, batch)
    spreads = batch_means(centred.square(), batch).sqrt()
    factors = (shares @ spreads) / spreads.clamp_min(torch.finfo(residual.dtype).eps)
    factors = factors.clamp(*SPREAD_BOUNDS)
    return centred * factors[batch] + shares @ means


def within_batches(values: Tensor, batch: Tensor) -> Tensor:
    """Return values (n, G) as deviations from the mean of their batch, by its index (n,)."""
    return values - batch_means(values, batch)[batch]


def batch_means(values: Tensor, batch: Tensor) -> Tensor:
    """Return the mean of values (n, G) in each batch (b, G)."""
    sums = torch.zeros(int(batch.max()) + 1, values.shape[1]).index_add_(0, batch, values)
    return sums / torch.bincount(batch)[:, None]
