"""How much cells, and so batches, count in the cross-entropies."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class BatchWeights:
    """The weights of a data set's cells and batches.

    Attributes
    ----------
    of_cells
        (n,), with mean 1, or None where every cell counts the same.
    entropy
        (), that of what the batches count together, in nats: the cross-entropy of an A that knows
        nothing of the cells.
    """

    of_cells: Tensor | None
    entropy: Tensor

    @classmethod
    def of(cls, batch: Tensor, n_batches: int, weighted_ce: bool) -> BatchWeights:
        """Return equal weights of all cells, or with `weighted_ce` of all batches.

        Parameters
        ----------
        batch
            (n,), the index of each cell's batch; every batch has at least one cell.
        n_batches
            The number of batches, any b ≥ 2.
        weighted_ce
            Weight cells by 1 / size of their batch.
        """
        sizes = torch.bincount(batch, minlength=n_batches).float()
        shares = torch.full_like(sizes, 1 / n_batches) if weighted_ce else sizes / len(batch)
        of_cells = (shares * len(batch) / sizes)[batch] if weighted_ce else None
        return cls(of_cells, -shares.xlogy(shares).sum())
