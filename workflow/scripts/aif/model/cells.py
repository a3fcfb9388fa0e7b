"""What the model sees of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import anndata as ad
import numpy as np
import torch
from scipy import sparse
from sklearn.utils.sparsefuncs import incr_mean_variance_axis, mean_variance_axis
from torch import Tensor

from aif.data.covariates import covariates_of
from aif.model.expression import SparseExpression

READ = 10_000  # cells of a file that are read at a time


@dataclass(frozen=True)
class Cells:
    """What a training sees of a data set, in the units of the model (see `unit_scale`).

    Attributes
    ----------
    x
        (n, G) float32, expression divided by the unit scale: a tensor, or what stands for one and makes
        dense the cells that are asked for.
    batch
        (n,) int64, the index of each cell's batch.
    covariates
        (n, K) float32, what is known of the cells beside the batch; K is 0 where nothing is to be kept.
    n_batches
        b ≥ 2.
    """

    x: Tensor | SparseExpression
    batch: Tensor
    covariates: Tensor
    n_batches: int

    @classmethod
    def without_covariates(cls, x: Tensor, batch: Tensor, n_batches: int) -> Cells:
        """Return cells of which only the batch is known."""
        return cls(x, batch, x.new_zeros(len(x), 0), n_batches)

    def to(self, device: str) -> Cells:
        """Return the cells on a device, with expression as `SparseExpression.to` has it there."""
        parts = (values.to(device) for values in (self.x, self.batch, self.covariates))
        return Cells(*parts, self.n_batches)

    def subset(self, mask: np.ndarray) -> Cells:
        """Return the cells of a mask (n,)."""
        if mask.all():
            return self
        rows = torch.from_numpy(np.flatnonzero(mask)).to(self.x.device)
        x = self.x[rows] if isinstance(self.x, Tensor) else self.x.subset(rows)
        return Cells(x, self.batch[rows], self.covariates[rows], self.n_batches)


@dataclass(frozen=True)
class SparseCells:
    """Cells as they are stored, made dense a chunk at a time.

    Attributes
    ----------
    expression
        (n, G), in the units of the variant's input.
    scale
        (G,), the units of the model.
    covariates
        (n, K), as in `Cells`.
    """

    expression: sparse.csr_matrix
    scale: np.ndarray
    covariates: Tensor

    def chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield expression in the units of the model and covariates, up to `size` cells at a time."""
        x = SparseExpression(self.expression, self.scale)
        yield from zip(x.split(size), self.covariates.split(size), strict=True)


def unit_scale(x: Any, transform: str, trained: np.ndarray | None = None) -> np.ndarray:
    """Return the numbers (G,) to divide expression by before it enters the model.

    Counts and shares are divided by the square root of each gene's mean, the unit of their sampling
    noise, so that a few abundant genes do not make up the whole squared error; logarithms are left
    in proportion. Then all are divided by one number, so that genes have variance 1 on average: the
    squared error of a model that knows only each gene's mean is 1 for every kind of input, and one
    set of coefficients means the same for all (benchmarks/README.md, "Units of the model").

    Parameters
    ----------
    x
        (n, G) expression, CSR, in memory or on disk.
    transform
        raw, norm or norm_log.
    trained
        (n,) bool, the cells that the numbers are taken from; all where not given.
    """
    of_all = trained is None or trained.all()
    if sparse.issparse(x):
        mean, variance = mean_variance_axis(x if of_all else x[trained], axis=0)
    else:
        mean, variance = _moments(x, np.ones(x.shape[0], bool) if of_all else trained)
    scale = np.ones(x.shape[1])
    if transform != "norm_log":
        scale = np.sqrt(np.where(mean == 0, 1, mean))
    left = (variance / scale**2).mean()
    return (scale * np.sqrt(left or 1)).astype(np.float32)


def _moments(x: Any, trained: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (G,) of expression on disk over the cells of a mask (n,)."""
    mean, variance, seen = np.zeros((3, x.shape[1]), np.float32)
    for start in range(0, x.shape[0], READ):
        part = x[start : start + READ][trained[start : start + READ]]
        if part.shape[0]:
            known = {"last_mean": mean, "last_var": variance, "last_n": seen}
            mean, variance, seen = incr_mean_variance_axis(part, axis=0, **known)
    return mean, variance


def model_cells(
    adata: ad.AnnData, transform: str, trained: np.ndarray | None = None
) -> tuple[Cells, np.ndarray]:
    """Return a preprocessed data set in the units of the model, and those units (G,).

    Parameters
    ----------
    adata
        One of the files of preprocessing; X may lie on disk (anndata's CSRDataset).
    transform
        raw, norm or norm_log.
    trained
        (n,) bool, the cells that the units are taken from; all where not given.
    """
    scale = unit_scale(adata.X, transform, trained)
    batch = adata.obs["batch"].cat
    codes = torch.from_numpy(batch.codes.to_numpy(np.int64))
    covariates = torch.from_numpy(covariates_of(adata).to_numpy(np.float32))
    x = SparseExpression(adata.X, scale)
    return Cells(x, codes, covariates, len(batch.categories)), scale
