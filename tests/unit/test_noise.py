"""The share of noise: known for cells that are made of a few components and noise."""

import pytest
import torch

from aif.model.noise import MOST_CELLS, noise_share


def share(x, seed=0):
    return noise_share(x, torch.Generator().manual_seed(seed))


def cells(n, genes, signal, rank=3, seed=0):
    """Normal noise of variance 1 and `rank` components, each of `signal` times its variance in all."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(n, genes, generator=generator)
    places = torch.linalg.qr(torch.randn(n, rank, generator=generator)).Q
    loadings = torch.linalg.qr(torch.randn(genes, rank, generator=generator)).Q
    return noise + (signal * n * genes) ** 0.5 * places @ loadings.T


@pytest.mark.parametrize("shape", [(300, 50), (60, 400)])
def test_all_of_pure_noise_is_noise(shape):
    assert share(cells(*shape, signal=0)) > 0.9


@pytest.mark.parametrize(("n", "genes"), [(400, 200), (200, 600)])
def test_components_above_chance_are_no_noise(n, genes):
    """Three components of half of the noise's variance each: 1 / (1 + 3 / 2) is noise."""
    assert share(cells(n, genes, signal=0.5)) == pytest.approx(0.4, abs=0.03)


def test_neither_units_nor_means_nor_the_order_of_genes_matter():
    x = cells(200, 80, signal=0.5)
    expected = share(x)
    assert share(7 * x + torch.arange(80)) == pytest.approx(expected, abs=1e-3)
    assert share(x.flip(1)) == pytest.approx(expected, abs=1e-3)


def test_of_many_cells_some_are_looked_at():
    x = cells(4 * MOST_CELLS, 30, signal=0.5)
    assert share(x) == pytest.approx(share(x[: 2 * MOST_CELLS]), abs=0.03)


def test_cells_that_do_not_vary_are_all_noise():
    assert share(torch.ones(20, 5)) == 1
