"""What decodes miss of the data: their scale, gene by gene, and the residuals of each batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SPREAD_BOUNDS = (0.5, 2.0)  # of the factor by which a residual is brought to the target's spread


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
    target_mean, target_spread
        (G,), mean and spread that the target has.
    """

    means: Tensor
    factors: Tensor
    target_mean: Tensor
    target_spread: Tensor

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
        means, spreads = _means_and_spreads(moments, slope, offset)
        return cls._towards(means, spreads, shares @ means, shares @ spreads)

    @classmethod
    def towards(
        cls, moments: Moments, slope: Tensor, offset: Tensor, mean: Tensor, spread: Tensor
    ) -> Residuals:
        """Return those of batches that have no part in the target, whose mean and spread (G,) are given.

        Other parameters as in `of`.
        """
        own = _means_and_spreads(moments, slope, offset)
        return cls._towards(*own, mean, spread)

    @classmethod
    def _towards(cls, means: Tensor, spreads: Tensor, mean: Tensor, spread: Tensor) -> Residuals:
        factors = spread / spreads.clamp_min(torch.finfo(spreads.dtype).eps)
        return cls(means, factors.clamp(*SPREAD_BOUNDS), mean, spread)

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


def _means_and_spreads(moments: Moments, slope: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and spread of x − (offset + slope · decode) in each batch, (b, G)."""
    x, decoded, products = moments.within()
    means = (moments.x - slope * moments.decoded) / moments.cells - offset
    squares = (x - 2 * slope * products + slope.square() * decoded) / moments.cells
    return means.float(), squares.clamp_min(0).sqrt().float()
