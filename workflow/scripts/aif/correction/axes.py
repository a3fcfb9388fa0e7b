"""The axes along which cells of a batch differ."""

from __future__ import annotations

import torch
from torch import Tensor

MAIN = 30  # axes that hold what tells cell types apart


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


def main_axes(covariance: Tensor, weight: Tensor) -> Tensor:
    """Return the principal axes of decodes (G, k), orthonormal, MAIN of them at most.

    Parameters
    ----------
    covariance
        (hidden, hidden), of what decodes are linear in.
    weight
        (hidden, G), by which it becomes a decode.
    """
    basis, mixing = torch.linalg.qr(weight.T.double())
    rotation = torch.linalg.eigh(mixing @ covariance @ mixing.T).eigenvectors
    return (basis @ rotation[:, -MAIN:]).float()
