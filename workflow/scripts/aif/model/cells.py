"""What the model sees of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import anndata as ad
import numpy as np
import torch
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis
from torch import Tensor


@dataclass(frozen=True)
class Cells:
    """What a training sees of a data set, in the units of the model (see `unit_scale`).

    Attributes
    ----------
    x
        (n, G) float32, expression divided by the unit scale.
    batch
        (n,) int64, the index of each cell's batch.
    n_batches
        b ≥ 2.
    """

    x: Tensor
    batch: Tensor
    n_batches: int

    def to(self, device: str) -> Cells:
        return Cells(self.x.to(device), self.batch.to(device), self.n_batches)

    def subset(self, mask: np.ndarray) -> Cells:
        """Return the cells of a mask (n,)."""
        if mask.all():
            return self
        rows = torch.from_numpy(np.flatnonzero(mask)).to(self.x.device)
        return Cells(self.x[rows], self.batch[rows], self.n_batches)


def unit_scale(x: sparse.csr_matrix, transform: str) -> np.ndarray:
    """Return the numbers (G,) to divide expression by before it enters the model.

    Counts and shares are divided by the square root of each gene's mean, the unit of their sampling
    noise, so that a few abundant genes do not make up the whole squared error; logarithms are left
    in proportion. Then all are divided by one number, so that genes have variance 1 on average: the
    squared error of a model that knows only each gene's mean is 1 for every kind of input, and one
    set of coefficients means the same for all (benchmarks/README.md, "Units of the model").

    Parameters
    ----------
    x
        (n, G) expression.
    transform
        raw, norm or norm_log.
    """
    mean, variance = mean_variance_axis(x, axis=0)
    scale = np.ones(x.shape[1])
    if transform != "norm_log":
        scale = np.sqrt(np.where(mean == 0, 1, mean))
    left = (variance / scale**2).mean()
    return (scale * np.sqrt(left or 1)).astype(np.float32)


def dense_chunks(x: sparse.csr_matrix, scale: np.ndarray, size: int) -> Iterator[Tensor]:
    """Yield expression in the units of the model, (up to `size` cells, G) at a time.

    Parameters
    ----------
    x
        (n, G) expression.
    scale
        (G,), the units of the model.
    size
        Cells per chunk.
    """
    for start in range(0, x.shape[0], size):
        yield torch.from_numpy(x[start : start + size].toarray() / scale)


def model_cells(
    adata: ad.AnnData, transform: str, trained: np.ndarray | None = None
) -> tuple[Cells, np.ndarray]:
    """Return a preprocessed data set in the units of the model, and those units (G,).

    Parameters
    ----------
    adata
        One of the files of preprocessing.
    transform
        raw, norm or norm_log.
    trained
        (n,) bool, the cells that the units are taken from; all where not given.
    """
    scale = unit_scale(adata.X if trained is None else adata.X[trained], transform)
    x = adata.X.toarray()
    x /= scale
    batch = adata.obs["batch"].cat
    codes = torch.tensor(batch.codes, dtype=torch.int64)
    return Cells(torch.from_numpy(x), codes, len(batch.categories)), scale
