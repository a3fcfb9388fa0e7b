"""How much of a data set's variance is noise, told from its principal components."""

from __future__ import annotations

import torch
from torch import Tensor

MOST_CELLS = 2000  # that are looked at; as many dimensions a spectrum may have


def noise_share(x: Tensor, generator: torch.Generator) -> float:
    """Return the share of the variance outside of the components that are more than chance.

    Components count whose variance is above that of the first component of the same cells with every
    gene's values shuffled among them (parallel analysis, Horn 1965, doi 10.1007/BF02289447). What
    is left a model can explain only by learning cells by heart.

    Parameters
    ----------
    x
        (n, G), expression; of more than MOST_CELLS as many at equal distances are taken.
    generator
        On the CPU; shuffles the genes.

    Returns
    -------
    Between 0 and 1; 1 where no component is more than chance, or nothing varies.
    """
    rows = torch.linspace(0, len(x) - 1, min(len(x), MOST_CELLS)).long().unique()
    cells = x[rows.to(x.device)].double()
    cells = cells - cells.mean(0)
    order = torch.rand(cells.shape, generator=generator).argsort(0).to(x.device)
    variances, by_chance = _spectrum(cells), _spectrum(cells.gather(0, order)).max()
    signal = variances[variances > by_chance].sum() / variances.sum()
    return 1 - signal.nan_to_num().item()


def _spectrum(cells: Tensor) -> Tensor:
    """Return the variances of all components of centred cells, times the number of cells."""
    tall = cells.shape[0] > cells.shape[1]
    return torch.linalg.eigvalsh(cells.T @ cells if tall else cells @ cells.T)
