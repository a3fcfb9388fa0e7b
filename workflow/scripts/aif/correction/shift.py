"""Correction by shifting: a cell keeps what it has of its own. No part of the published method.

The published correction replaces a cell by its decode, without noise and without what the model did
not learn, and follows the decoder wherever it takes a cell type for a batch effect. A shifted cell is
its decode under its own batch, plus what decoding as the target changes, plus a share of its residual
(benchmarks/README.md, "Shifting instead of decoding").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aif.correction.decoding import CHUNK, Target, hidden_decodes
from aif.model.cells import SparseCells
from aif.model.networks import Networks

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
    cells: SparseCells,
    batch: np.ndarray,
    known: np.ndarray,
    target: Target,
    setting: Setting,
    n_samplings: int,
    seed: int,
    chunk: int = CHUNK,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield shifted expression (cells, G) in its own units, and the latent means (cells, d).

    With x̂ a cell's calibrated decode under its own batch and x* that under the target, it becomes
    x̂ + local · (x* − x̂) + (1 − local) · s + residual · r. The common shift s of its batch is the mean
    over all known cells, of every batch, of x* minus their decode under this batch; r is x − x̂ with
    mean and spread as the target has them (`Residuals`). All cells are decoded twice: first for what
    these and the calibration take of all known cells, and then one chunk after the other.

    Parameters
    ----------
    networks
        One trained model (a stack of one) in evaluation mode.
    cells
        All cells.
    batch
        (n,), the index of each cell's batch.
    known
        (n,) bool, the cells that the model was trained on.
    target
        The labels to correct to.
    setting
        How much of their own the cells keep.
    n_samplings, seed
        As in `aif.correction.decoding.hidden_decodes`.
    chunk
        Cells at a time.
    """
    n_batches, n_known = networks.shape.batches, int(known.sum())
    # A target between all batches is a mean over their own labels: none is decoded twice.
    labels, which = torch.cat([torch.eye(n_batches), target.labels]).unique(
        dim=0, return_inverse=True
    )
    weights = torch.zeros(len(labels)).index_add_(0, which[n_batches:], target.weights)

    def passes() -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Yield the index of the batch, the cells, their hidden decodes and latent means."""
        codes = torch.tensor(batch, dtype=torch.int64).split(chunk)
        decoded = hidden_decodes(networks, cells.chunks(chunk), labels, n_samplings, seed)
        for code, parts in zip(codes, decoded, strict=True):
            yield code, *parts

    def own_decode(hidden: Tensor, code: Tensor) -> Tensor:
        return networks.decoder.decodes(hidden[which[code], torch.arange(len(code))])

    moments = Moments(n_batches, len(cells.scale))
    mean_hidden = torch.zeros(len(labels), networks.shape.hidden)
    for seen, (code, x, hidden, _) in zip(torch.tensor(known).split(chunk), passes(), strict=True):
        moments.add(x[seen], own_decode(hidden, code)[seen], code[seen])
        mean_hidden += hidden[:, seen].sum(1) / n_known
    mean_decodes = networks.decoder.decodes(mean_hidden)
    common = weights @ mean_decodes - mean_decodes[which[:n_batches]]
    slope, offset = calibration(moments, setting.slope_bounds)
    residuals = Residuals.of(moments, slope, offset, target.weights @ target.labels)
    for code, x, hidden, mean in passes():
        own = own_decode(hidden, code)
        goal = networks.decoder.decodes(torch.tensordot(weights, hidden, 1))
        shift = slope * (setting.local * (goal - own) + (1 - setting.local) * common[code])
        own = offset + slope * own
        kept = residuals.at_target(x - own, code)
        yield (own + shift + setting.residual * kept).numpy() * cells.scale, mean.numpy()


class Moments:
    """Sums over the cells of each batch, of expression x and of its decode under the own batch.

    Attributes
    ----------
    cells
        (b, 1), how many there are.
    x, decoded, x_x, decoded_decoded, x_decoded
        (b, G) float64, sums of values and of products.
    """

    def __init__(self, n_batches: int, genes: int) -> None:
        self.cells = torch.zeros(n_batches, 1, dtype=torch.float64)
        self.x, self.decoded, self.x_x, self.decoded_decoded, self.x_decoded = torch.zeros(
            5, n_batches, genes, dtype=torch.float64
        )

    def add(self, x: Tensor, decoded: Tensor, batch: Tensor) -> None:
        """Add cells: (cells, G), (cells, G), and the index of their batch (cells,)."""
        self.cells += torch.bincount(batch, minlength=len(self.cells))[:, None]
        x, decoded = x.double(), decoded.double()
        self.x.index_add_(0, batch, x)
        self.decoded.index_add_(0, batch, decoded)
        self.x_x.index_add_(0, batch, x.square())
        self.decoded_decoded.index_add_(0, batch, decoded.square())
        self.x_decoded.index_add_(0, batch, x * decoded)

    def within(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return Σ(x−x̄)², Σ(d−d̄)² and Σ(x−x̄)(d−d̄) over each batch with its own means, (b, G)."""
        return (
            self.x_x - self.x.square() / self.cells,
            self.decoded_decoded - self.decoded.square() / self.cells,
            self.x_decoded - self.x * self.decoded / self.cells,
        )


def calibration(moments: Moments, bounds: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Return each gene's slope and offset (G,) by which its decode fits the data best.

    Decodes are drawn to the mean: their differences between cell types come out smaller than the
    data's. The slope undoes that. It is of the regression within batches, of x on the decode, as
    what stands between batches is to go; and it is bounded, as a gene that differs little between
    cells has a slope of noise. It is 1 where the decode does not vary.

    Parameters
    ----------
    moments
        Of expression and its decode under each cell's own batch.
    bounds
        The least and the largest slope.
    """
    cells = moments.cells.sum()
    _, squares, products = (sums.sum(0) / cells for sums in moments.within())
    varies = squares > torch.finfo(torch.float32).eps
    slope = torch.where(varies, products / squares.where(varies, 1), 1).clamp(*bounds)
    offset = (moments.x.sum(0) - slope * moments.decoded.sum(0)) / cells
    return slope.float(), offset.float()


@dataclass(frozen=True)
class Residuals:
    """What the model does not explain: mostly noise. Batches differ in it, and it tells them apart.

    Attributes
    ----------
    means, factors
        (b, G), each batch's mean, and what its deviations are multiplied with to have the spread
        of the target.
    target_mean
        (G,), the mean that the target has.
    """

    means: Tensor
    factors: Tensor
    target_mean: Tensor

    @classmethod
    def of(cls, moments: Moments, slope: Tensor, offset: Tensor, shares: Tensor) -> Residuals:
        """Return those of x − (offset + slope · decode).

        Parameters
        ----------
        moments
            Of expression and its decode under each cell's own batch.
        slope, offset
            (G,), of the `calibration`.
        shares
            (b,), how much each batch counts in the target; they sum to 1.
        """
        x, decoded, products = moments.within()
        means = (moments.x - slope * moments.decoded) / moments.cells - offset
        squares = (x - 2 * slope * products + slope.square() * decoded) / moments.cells
        means, spreads = means.float(), squares.clamp_min(0).sqrt().float()
        factors = (shares @ spreads) / spreads.clamp_min(torch.finfo(spreads.dtype).eps)
        return cls(means, factors.clamp(*SPREAD_BOUNDS), shares @ means)

    def at_target(self, residual: Tensor, batch: Tensor) -> Tensor:
        """Return residuals (cells, G) with each gene's mean and spread as the target has them.

        Parameters
        ----------
        residual
            (cells, G), of cells under their own batch.
        batch
            (cells,), the index of each cell's batch.
        """
        return (residual - self.means[batch]) * self.factors[batch] + self.target_mean
