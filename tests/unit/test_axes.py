"""Axes of decodes: closed forms."""

import pytest
import torch

from aif.correction.axes import MAIN, HiddenMoments, main_axes


def test_moments_are_the_covariance_within_batches():
    hidden, batch = torch.randn(90, 5), torch.arange(90) % 3
    hidden += 10 * batch[:, None]
    moments = HiddenMoments(3, 5)
    for part in zip(hidden.chunk(4), batch.chunk(4), strict=True):
        moments.add(*part)
    centred = hidden.clone()
    for index in range(3):
        centred[batch == index] -= hidden[batch == index].mean(0)
    torch.testing.assert_close(moments.within().float(), centred.T @ centred / 90)


@pytest.mark.parametrize("genes", [4, 40], ids=["fewer genes than units", "more"])
def test_axes_are_those_of_the_decodes(genes):
    hidden, weight = torch.randn(200, 6), torch.randn(6, genes)
    hidden -= hidden.mean(0)
    decodes, n = hidden @ weight, min(6, genes)
    axes = main_axes(torch.cov(hidden.T, correction=0).double(), weight)
    expected = torch.linalg.eigvalsh(torch.cov(decodes.T, correction=0))[-n:]
    found = (decodes @ axes).var(0, correction=0)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(axes.T @ axes, torch.eye(n))


def test_no_more_axes_than_the_main_ones_are_kept():
    covariance = torch.diag(torch.arange(1.0, 51)).double()
    axes = main_axes(covariance, torch.eye(50))
    assert axes.shape == (50, MAIN)
    assert (axes[: 50 - MAIN].abs() < 1e-6).all()
