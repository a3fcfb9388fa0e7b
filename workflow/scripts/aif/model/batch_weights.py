"""How much cells, and so batches, count in the cross-entropies."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from aif.model.cells import Cells

FIT = {"C": 100.0, "max_iter": 1000}  # weak regularisation: shares are those of the cells


@dataclass(frozen=True)
class BatchWeights:
    """The weights of a data set's cells and batches.

    Attributes
    ----------
    of_cells
        (n,), with mean 1, or None where every cell counts the same.
    shares
        (n, batches), what each batch counts among cells of the same covariates; rows sum to 1. They are
        what minimises A's cross-entropy if z says nothing of the batch.
    """

    of_cells: Tensor | None
    shares: Tensor

    @classmethod
    def of(cls, cells: Cells, weighted_ce: bool) -> BatchWeights:
        """Return equal weights of all cells, or with `weighted_ce` of all batches.

        Parameters
        ----------
        cells
            Every batch has at least one of them.
        weighted_ce
            Weight cells by 1 / size of their batch.
        """
        sizes = torch.bincount(cells.batch, minlength=cells.n_batches).float()
        n_cells = len(cells.batch)
        of_cells = (n_cells / cells.n_batches / sizes)[cells.batch] if weighted_ce else None
        shares = torch.full_like(sizes, 1 / cells.n_batches) if weighted_ce else sizes / n_cells
        if not cells.covariates.shape[1]:
            return cls(of_cells, shares.expand(n_cells, -1))
        return cls(of_cells, _given_covariates(cells, of_cells))


def _given_covariates(cells: Cells, of_cells: Tensor | None) -> Tensor:
    """Return the probability of each batch given a cell's covariates, by logistic regression."""
    known = cells.covariates.cpu().numpy()
    weights = None if of_cells is None else of_cells.cpu().numpy()
    model = LogisticRegression(**FIT).fit(known, cells.batch.cpu().numpy(), weights)
    shares = torch.from_numpy(model.predict_proba(known)).float()
    return shares.to(cells.x.device)
