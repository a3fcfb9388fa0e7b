"""Axes of decodes, and how far shifts along them are believed: closed forms."""

import numpy as np
import pytest
import torch

from aif.correction.axes import HALF, STEEPNESS, Axes, HiddenMoments, axes_of, trust


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
    decodes = hidden @ weight
    axes = axes_of(torch.cov(hidden.T, correction=0).double(), weight)
    expected = torch.linalg.eigvalsh(torch.cov(decodes.T, correction=0)).flip(0)[: min(6, genes)]
    torch.testing.assert_close(axes.shares.flip(0), expected / expected.sum(), atol=1e-4, rtol=0)
    found = (decodes @ axes.directions).var(0, correction=0).flip(0)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(axes.directions.T @ axes.directions, torch.eye(min(6, genes)))


def test_a_shift_is_believed_as_far_as_it_leads_off_the_axes():
    axes = Axes(torch.eye(3)[:, :2], torch.tensor([0.95, 0.05]))
    deviation = torch.tensor([[2.0, 0, 0], [0, 3.0, 0], [0, 0, 4.0], [1.0, 0, 1.0], [0, 0, 0]])
    large, half = 0.95 / (0.95 + HALF), 1 / 2
    along = np.array([large, half, 0, large / 2, 0])
    found = trust(deviation, axes, tolerance=0.4)
    expected = 1 / (1 + (along / 0.4) ** STEEPNESS)
    assert found[:, 0].numpy() == pytest.approx(expected, rel=1e-4)
    assert (trust(deviation, axes, tolerance=None) == 1).all()


def test_cells_that_do_not_differ_have_no_axes_and_all_is_believed():
    axes = axes_of(torch.zeros(3, 3, dtype=torch.float64), torch.randn(3, 5))
    assert (axes.shares == 0).all()
    assert (trust(torch.randn(4, 5), axes, tolerance=0.4) == 1).all()
