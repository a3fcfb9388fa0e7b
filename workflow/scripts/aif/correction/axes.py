"""The axes along which cells of a batch differ, and shifts along them, which are not to be believed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

HALF = 0.05  # the share of the variance by which an axis counts half
STEEPNESS = 6  # how sharply a cell's own shift is given up beyond the tolerance


class Axes(NamedTuple):
    """Principal axes of decodes within batches.

    Attributes
    ----------
    directions
        (G, r), orthonormal; r is no more than the decoder's hidden units.
    shares
        (r,), of the variance within batches; they sum to 1.
    """

    directions: Tensor
    shares: Tensor


class HiddenMoments:
    """Sums over the cells of each batch, of what their decodes are linear in, (cells, hidden)."""

    def __init__(self, n_batches: int, hidden: int) -> None:
        self.cells = torch.zeros(n_batches, 1, dtype=torch.float64)
        self.sums = torch.zeros(n_batches, hidden, dtype=torch.float64)
        self.products = torch.zeros(hidden, hidden, dtype=torch.float64)

    def add(self, hidden: Tensor, batch: Tensor) -> None:
        """Add cells (cells, hidden) and the index of their batch (cells,)."""
        hidden = hidden.double()
        self.cells += torch.bincount(batch, minlength=len(self.cells))[:, None]
        self.sums.index_add_(0, batch, hidden)
        self.products += hidden.T @ hidden

    def within(self) -> Tensor:
        """Return the covariance within batches, (hidden, hidden)."""
        means = self.sums / self.cells.clamp_min(1)
        return (self.products - means.T @ self.sums) / self.cells.sum()


def axes_of(covariance: Tensor, weight: Tensor) -> Axes:
    """Return the axes of decodes.

    Parameters
    ----------
    covariance
        (hidden, hidden), of what decodes are linear in.
    weight
        (hidden, G), by which it becomes a decode.
    """
    basis, mixing = torch.linalg.qr(weight.T.double())
    variances, rotation = torch.linalg.eigh(mixing @ covariance @ mixing.T)
    variances = variances.clamp_min(0)
    shares = variances / variances.sum().clamp_min(torch.finfo(variances.dtype).tiny)
    return Axes((basis @ rotation).float(), shares.float())


def trust(deviation: Tensor, axes: Axes, tolerance: float | None) -> Tensor:
    """Return how far each cell's own shift is to be believed, (cells, 1), between 0 and 1.

    Where a batch lacks a cell type, the decoder takes the nearest type there for what that type looks
    like in it, and the own shift leads into it: along the axes by which types differ. With q the share
    of the deviation along these (an axis with a share s of the variance counts s / (s + HALF)), it is
    1 / (1 + (q / tolerance)⁶).

    Parameters
    ----------
    deviation
        (cells, G), own shifts without the common ones of their batches, in the units of the model.
    axes
        Of the data.
    tolerance
        The q that is believed to a half. Without it all are believed.
    """
    if tolerance is None:
        return torch.ones(len(deviation), 1)
    counts = axes.shares / (axes.shares + HALF)
    along = (deviation @ axes.directions).square() @ counts
    share = (along / deviation.square().sum(1)).nan_to_num(nan=0)
    return 1 / (1 + (share[:, None] / tolerance) ** STEEPNESS)
