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

from aif.correction.axes import HiddenMoments, main_axes
from aif.correction.counterparts import belief, likenesses
from aif.correction.decoding import CHUNK, Part, Target, hidden_decodes
from aif.correction.residuals import Moments, Residuals, calibration
from aif.model.cells import SparseCells
from aif.model.networks import Networks

STEEPNESS = 6  # how sharply a cell's own shift is given up beyond the tolerance


@dataclass(frozen=True)
class Setting:
    """How much a shifted cell keeps of its own.

    Attributes
    ----------
    residual
        The share of the residual that is kept, between 0 and 1.
    local
        The weight of the cell's own shift against the common one, between 0 and 1.
    tolerance
        How far the own shift may be from the common one, in the typical length of those, to count half
        of `local`, see `trust`. Without it no distance counts.
    likeness
        How like a cell the cells of another batch that are nearest to it must be for the own shift
        towards that batch to count half, see `aif.correction.counterparts`. Without it all count.
    slope_bounds
        Between what a gene's decode is stretched, see `calibration`.
    embedding_residual
        The share of the residual that is kept where only the embedding is made of it.
    """

    residual: float
    local: float
    tolerance: float | None
    likeness: float | None
    slope_bounds: tuple[float, float]
    embedding_residual: float

    @classmethod
    def of(cls, hyperparameters: dict[str, Any]) -> Setting:
        """Return the setting among all hyperparameters of a model."""
        return cls(**{field.name: hyperparameters[field.name] for field in dataclasses.fields(cls)})


class Shift:
    """What is fitted on all known cells, and the cells shifted by it.

    With x̂ a cell's calibrated decode under its own batch and x* that under the target, it becomes
    x̂ + s + local · δ + residual · r. The common shift s of its batch is the mean over all known cells, of
    every batch, of x* minus their decode under this batch. δ is x* − x̂ − s as far as it is believed: the
    share of each batch in it by `aif.correction.counterparts`, and the whole by `trust`. r is x − x̂ with
    mean and spread as the target has them (`Residuals`).

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

    def __init__(
        self,
        networks: Networks,
        cells: SparseCells,
        batch: np.ndarray,
        known: np.ndarray,
        target: Target,
        setting: Setting,
        n_samplings: int,
        seed: int,
        chunk: int = CHUNK,
    ) -> None:
        self.networks, self.cells, self.setting = networks, cells, setting
        self.batch = torch.tensor(batch, dtype=torch.int64)
        self.sampling = {"n_samplings": n_samplings, "seed": seed}
        self.chunk, n_batches = chunk, networks.shape.batches
        # A target between all batches is a mean over their own labels: none is decoded twice.
        self.labels, self.which = torch.cat([torch.eye(n_batches), target.labels]).unique(
            dim=0, return_inverse=True
        )
        self.weights = torch.zeros(len(self.labels)).index_add_(
            0, self.which[n_batches:], target.weights
        )
        moments, spread, self.mean_hidden, own_hidden = self._means(torch.tensor(known))
        if not (spread.products.isfinite().all() and self.mean_hidden.isfinite().all()):
            raise FloatingPointError("what the model makes of the cells is not finite")
        mean_decodes = networks.decoder.decodes(self.mean_hidden)
        self.common = self.weights @ mean_decodes - mean_decodes[self.which[:n_batches]]
        self.slope, self.offset = calibration(moments, setting.slope_bounds)
        shares = target.weights @ target.labels
        self.length = typical_length(self.common, shares)
        self.believed = torch.ones(len(batch), len(self.labels))
        if setting.likeness is not None:
            weight = networks.decoder.out.weight.detach()[0]
            axes = main_axes(spread.within(), weight)
            # Of decodes that are moved by the common shift of their batch only.
            on_axes = torch.cat([own @ (weight @ axes) for own in own_hidden])
            places = on_axes + (self.common @ axes)[self.batch]
            likeness = likenesses(places.numpy(), batch, known, n_batches)
            self.believed = self._of_labels(belief(likeness, setting.likeness))
        self.residuals = Residuals.of(moments, self.slope, self.offset, shares)

    def learned(self) -> dict[str, Tensor]:
        """Return what was fitted that new cells take, (G,) each (`aif.mapping`)."""
        own = {"slope": self.slope, "offset": self.offset}
        target = self.residuals.target_mean, self.residuals.target_spread
        return own | dict(zip(("target_mean", "target_spread"), target, strict=True))

    def parts(self, chosen: Tensor | None = None) -> Iterator[Part]:
        """Yield the shifted cells, one chunk after the other; with a mask (n,) only those of it."""
        setting, decodes = self.setting, self.networks.decoder.decodes
        believed = self._chunks(self.believed * self.weights, chosen)
        for weights, (code, x, hidden, mean) in zip(believed, self._passes(chosen), strict=True):
            own_hidden = self._own_hidden(hidden, code)
            common_hidden = self.mean_hidden[:, None] - self.mean_hidden[self.which[code]]
            steps = hidden - own_hidden - common_hidden
            own = decodes(own_hidden)
            deviation = decodes(own_hidden + torch.einsum("cl,lch->ch", weights, steps)) - own
            deviation = setting.local * trust(deviation, self.length, setting.tolerance) * deviation
            own = self.offset + self.slope * own
            moved = own + self.slope * (self.common[code] + deviation)
            kept = self.residuals.at_target(x - own, code)
            expression, smooth = (
                (moved + share * kept).numpy() * self.cells.scale
                for share in (setting.residual, setting.embedding_residual)
            )
            yield Part(expression, mean.numpy(), smooth)

    def _means(self, known: Tensor) -> tuple[Moments, HiddenMoments, Tensor, list[Tensor]]:
        """Return moments of the known cells, their mean hidden decode under each label, all cells' own.

        The last is kept where `likeness` needs it, in chunks: of many cells it is the largest thing there is.
        """
        shape = self.networks.shape
        moments, spread = (
            Moments(shape.batches, shape.genes),
            HiddenMoments(shape.batches, shape.hidden),
        )
        mean_hidden, all_own = torch.zeros(len(self.labels), shape.hidden), []
        for seen, (code, x, hidden, _) in zip(known.split(self.chunk), self._passes(), strict=True):
            own = self._own_hidden(hidden, code)
            if self.setting.likeness is not None:
                all_own.append(own)
            own = own[seen]
            moments.add(x[seen], self.networks.decoder.decodes(own), code[seen])
            spread.add(own, code[seen])
            mean_hidden += hidden[:, seen].sum(1) / known.sum()
        return moments, spread, mean_hidden, all_own

    def _of_labels(self, believed: np.ndarray) -> Tensor:
        """Return how far a cell's decode under each label is believed, (n, L), of that of batches (n, b).

        A label between batches is as its batches but the cell's own, in their shares of it.
        """
        others = torch.from_numpy(believed).float()
        others[torch.arange(len(others)), self.batch] = 0
        missing = 1 - self.labels[:, self.batch].T
        return torch.where(missing > 0, others @ self.labels.T / missing, 1)

    def _passes(
        self, chosen: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Yield the index of the batch, the cells, their hidden decodes and latent means."""
        chunks = self.cells.chunks(self.chunk)
        decoded = hidden_decodes(self.networks, chunks, self.labels, **self.sampling, chosen=chosen)
        for code, parts in zip(self._chunks(self.batch, chosen), decoded, strict=True):
            yield code, *parts

    def _chunks(self, values: Tensor, chosen: Tensor | None) -> Iterator[Tensor]:
        """Yield values of all cells (n, …), or of those chosen, a chunk of cells at a time."""
        if chosen is None:
            return iter(values.split(self.chunk))
        pairs = zip(values.split(self.chunk), chosen.split(self.chunk), strict=True)
        return (part[own] for part, own in pairs)

    def _own_hidden(self, hidden: Tensor, code: Tensor) -> Tensor:
        return hidden[self.which[code], torch.arange(len(code))]


def typical_length(common: Tensor, shares: Tensor) -> Tensor:
    """Return the root mean square length of the batches' common shifts (b, G).

    A batch counts by what it is not of the target, its share there being `shares` (b,): that of a batch
    that is the target is 0 and says nothing of the others.
    """
    missing = 1 - shares
    return ((missing @ common.square().sum(1)) / missing.sum()).sqrt()


def trust(deviation: Tensor, length: Tensor, tolerance: float | None) -> Tensor:
    """Return how far each cell's own shift is to be believed, (cells, 1), between 0 and 1.

    Where a batch has another type in a cell type's place, the own shift leads into that, and is far from
    the common one. With ρ their distance in `length` it is 1 / (1 + (ρ / tolerance)⁶).

    Parameters
    ----------
    deviation
        (cells, G), own shifts without the common ones of their batches, in the units of the model.
    length
        (), the `typical_length` of common shifts.
    tolerance
        The ρ that is believed to a half. Without it all are believed.
    """
    if tolerance is None:
        return torch.ones(len(deviation), 1)
    ratio = deviation.norm(dim=1, keepdim=True) / (tolerance * length)
    return 1 / (1 + ratio.nan_to_num(nan=0, posinf=torch.inf) ** STEEPNESS)
