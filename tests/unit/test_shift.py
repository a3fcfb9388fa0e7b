"""Shifting: its limits are known, its calibration and spread have closed forms."""

import numpy as np
import pytest
import torch
from scipy import sparse

from aif.correction.decoding import correction_target, decoded_expression
from aif.correction.residuals import SPREAD_BOUNDS, Moments, Residuals, calibration
from aif.correction.shift import Setting, Shift, trust, typical_length
from aif.model.cells import Cells, SparseCells
from aif.model.networks import Networks, Shape
from aif.model.population import set_population_statistics

SHAPE = Shape(genes=12, batches=3, latent=4, hidden=16, label_hidden=8, covariates=2)
BATCHES = ["a", "b", "c"]
KNOWN = torch.linspace(-1, 1, 60).reshape(30, SHAPE.covariates)
CODES = np.arange(30) % 3
ALL = np.ones(30, dtype=bool)
BOUNDS = (0.5, 2.0)
SCALE = np.full(SHAPE.genes, 2.0, dtype=np.float32)


def dense(x):
    return Cells(x, torch.from_numpy(CODES), KNOWN, SHAPE.batches)


def stored(x):
    return SparseCells(sparse.csr_matrix(x), SCALE, KNOWN)


@pytest.fixture
def trained():
    x = torch.rand(30, SHAPE.genes)
    networks = Networks(SHAPE, seed=0)
    set_population_statistics(networks, dense(x), torch.Generator().manual_seed(0))
    return networks, x.numpy()


def chunks(networks, x, target="mean", known=ALL, chunk=100, **own):
    default = {"tolerance": None, "likeness": None}
    default |= {"slope_bounds": BOUNDS, "embedding_residual": 0.7}
    goal, setting = correction_target(target, BATCHES), Setting(**default | own)
    return Shift(networks, stored(x), CODES, known, goal, setting, 3, 0, chunk).parts()


def shifted(networks, x, target="mean", known=ALL, **own):
    return joined(chunks(networks, x, target, known, **own))


def decoded(networks, x, target):
    goal = correction_target(target, BATCHES)
    return joined(decoded_expression(networks, stored(x), goal, 3, 0))


def joined(chunks):
    return np.concatenate([part.expression for part in chunks])


def moments_of(x, decoded, batch, parts=2):
    """Moments of (n, G) tensors, added in parts."""
    moments = Moments(int(batch.max()) + 1, x.shape[1])
    for part in zip(x.chunk(parts), decoded.chunk(parts), batch.chunk(parts), strict=True):
        moments.add(*part)
    return moments


def calibrated(x, own):
    parts = (torch.from_numpy(array) for array in (x / SCALE, own / SCALE, CODES))
    return calibration(moments_of(*parts), BOUNDS)


def at_target(residual, batch, shares):
    """Residuals of a model that decodes nothing, with mean and spread of the target."""
    nothing = torch.zeros_like(residual)
    zeros = torch.zeros(residual.shape[1])
    moments = moments_of(residual, nothing, batch)
    return Residuals.of(moments, zeros, zeros, shares).at_target(residual, batch)


def test_without_residual_a_cells_own_shift_leads_to_its_calibrated_decode(trained):
    networks, x = trained
    under = np.stack([decoded(networks, x, name) for name in BATCHES])
    own = under[CODES, np.arange(30)]
    slope, offset = calibrated(x, own)
    expected = SCALE * offset.numpy() + slope.numpy() * under[1]
    found = shifted(networks, x, "b", residual=0, local=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("local", [0, 0.5, 1])
def test_a_cell_of_the_target_keeps_its_expression_where_the_residual_is_kept(trained, local):
    networks, x = trained
    found = shifted(networks, x, "b", residual=1, local=local)
    own = CODES == 1
    np.testing.assert_allclose(found[own], x[own], atol=1e-5)
    assert np.abs(found - x)[~own].max() > 1e-3


def test_a_common_shift_is_the_mean_over_all_cells_of_every_batch(trained):
    networks, x = trained
    without, common = (shifted(networks, x, residual=0, local=local) for local in (1, 0))
    under = np.stack([decoded(networks, x, name) for name in BATCHES])
    own = under[CODES, np.arange(30)]
    slope = calibrated(x, own)[0].numpy()
    shifts = slope * (under.mean(0) - under)
    for index in range(3):
        rows = index == CODES
        difference = shifts[index].mean(0) - shifts[index][rows]
        np.testing.assert_allclose((common - without)[rows], difference, atol=1e-5)


def test_shares_mix_what_they_stand_between(trained):
    networks, x = trained
    values = {
        (residual, local): shifted(networks, x, residual=residual, local=local)
        for residual in (0, 0.5, 1)
        for local in (0, 0.5, 1)
    }
    corners = [values[residual, local] for residual in (0, 1) for local in (0, 1)]
    np.testing.assert_allclose(values[0.5, 0.5], np.mean(corners, 0), atol=1e-5)


@pytest.mark.parametrize("limits", [{}, {"likeness": 0.9, "tolerance": 1}], ids=["", "limited"])
def test_cells_that_were_held_out_shape_the_correction_of_no_other(trained, limits):
    networks, x = trained
    known = np.arange(30) % 4 > 0
    others = np.where(known[:, None], x, 3 * x + 1)
    before, after = (
        shifted(networks, cells, known=known, residual=0.5, local=0.5, **limits)
        for cells in (x, others)
    )
    assert np.array_equal(before[known], after[known])
    assert not np.isclose(before[~known], after[~known]).any()


def test_chunks_give_the_same_numbers(trained):
    own = {"residual": 0.5, "local": 0.5, "tolerance": 1.0, "likeness": 0.9}
    whole, chunked = (list(chunks(*trained, chunk=chunk, **own)) for chunk in (100, 7))
    assert [len(part.expression) for part in chunked] == [7, 7, 7, 7, 2]
    for one, many in zip(zip(*whole, strict=True), zip(*chunked, strict=True), strict=True):
        np.testing.assert_allclose(np.concatenate(one), np.concatenate(many), atol=1e-5)


def test_what_an_embedding_is_of_differs_in_the_residual_only(trained):
    own = {"residual": 1, "local": 0.5, "embedding_residual": 0.2}
    smooth = np.concatenate([part.smooth for part in chunks(*trained, **own)])
    expected = shifted(*trained, residual=0.2, local=0.5)
    np.testing.assert_allclose(smooth, expected, atol=1e-6)


@pytest.mark.parametrize("limit", ["tolerance", "likeness"])
def test_limits_lead_from_the_own_shift_to_the_common_one(trained, limit):
    common, own = (shifted(*trained, residual=0, local=local) for local in (0, 1))
    values = {"tolerance": (1e-3, 0.5, 1e3), "likeness": (1e3, 0.9, 1e-3)}[limit]
    strict, between, lenient = (
        shifted(*trained, residual=0, local=1, **{limit: value}) for value in values
    )
    np.testing.assert_allclose(strict, common, atol=1e-5)
    np.testing.assert_allclose(lenient, own, atol=1e-5)
    assert np.abs(between - common).max() > 1e-3
    assert np.abs(between - own).max() > 1e-3


@pytest.mark.parametrize("target", ["mean", "b", {"a": 3, "b": 1}], ids=["mean", "b", "between"])
def test_a_batch_that_is_not_believed_adds_nothing_to_own_shifts(trained, target, monkeypatch):
    def of_cells(likeness, half):
        return np.tile([1.0, 0.0, 1.0], (len(likeness), 1))  # b is not believed

    monkeypatch.setattr("aif.correction.shift.belief", of_cells)
    networks, x = trained
    common, own = (shifted(networks, x, target, residual=0, local=local) for local in (0, 1))
    found = shifted(networks, x, target, residual=0, local=1, likeness=0.5)
    if target == "mean":  # a third of what the target b alone would add
        towards = [shifted(networks, x, "b", residual=0, local=local) for local in (0, 1)]
        expected = own - np.where(CODES[:, None] == 1, 0, (towards[1] - towards[0]) / 3)
    else:  # a label between batches is as its batches but the cell's own
        believed = [0, 1, 0] if target == "b" else [0, 1, 0.75]
        expected = common + np.array(believed)[CODES][:, None] * (own - common)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_is_not_finite_is_a_divergence(trained):
    networks, x = trained
    for parameter in networks.decoder.trunk.parameters():
        parameter.data.fill_(torch.nan)
    with pytest.raises(FloatingPointError, match="not finite"):
        shifted(networks, x, residual=1, local=1, likeness=0.6)


def test_trust_is_lost_beyond_the_tolerance():
    deviation = torch.tensor([[0.0, 0.0], [6.0, 8.0], [0.0, 20.0], [5.0, 0.0]])
    expected = torch.tensor([[1.0], [1 / 2], [1 / 65], [64 / 65]])
    length = torch.tensor(5.0)
    torch.testing.assert_close(trust(deviation, length, tolerance=2), expected)
    assert (trust(deviation, length, tolerance=None) == 1).all()
    nowhere = trust(deviation, torch.tensor(0.0), tolerance=2)
    torch.testing.assert_close(nowhere, torch.tensor([[1.0], [0.0], [0.0], [0.0]]))


def test_the_typical_length_is_that_of_batches_that_are_not_the_target():
    common = torch.tensor([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0]])
    thirds, last = torch.full((3,), 1 / 3), torch.tensor([0.0, 0.0, 1.0])
    assert typical_length(common, thirds) == pytest.approx(np.sqrt(26 / 3))
    assert typical_length(common, last) == pytest.approx(np.sqrt(26 / 2))


def test_calibration_finds_the_line_within_batches_and_leaves_constants():
    batch = torch.arange(5000) % 2
    decoded = torch.randn(5000, 4)
    decoded[:, 2] = 4
    between = batch[:, None] * torch.tensor([5.0, -5.0, 0.0, 5.0])
    x = 1 + decoded * torch.tensor([1.1, 0.9, 1.0, 3.0]) + 0.1 * torch.randn(5000, 4) + between
    slope, offset = calibration(moments_of(x, decoded + between, batch), BOUNDS)
    expected = torch.tensor([1.1, 0.9, 1.0, BOUNDS[1]])
    torch.testing.assert_close(slope, expected, atol=0.02, rtol=0)
    torch.testing.assert_close(slope * (decoded + between).mean(0) + offset, x.mean(0))


def test_residuals_take_the_targets_mean_and_spread():
    batch = torch.from_numpy(np.repeat([0, 1], 500))
    residual = torch.randn(1000, 4) * torch.where(batch == 0, 1.0, 1.6)[:, None] + batch[:, None]
    whole = at_target(residual, batch, torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(whole[batch == 1], residual[batch == 1])
    torch.testing.assert_close(whole[batch == 0].mean(0), residual[batch == 1].mean(0))
    torch.testing.assert_close(whole[batch == 0].std(0), residual[batch == 1].std(0))
    middle = at_target(residual, batch, torch.tensor([0.5, 0.5]))
    spreads = [middle[batch == index].std(0) for index in (0, 1)]
    torch.testing.assert_close(spreads[0], spreads[1])


def test_the_spread_of_a_nearly_constant_gene_is_not_blown_up():
    batch = torch.from_numpy(np.repeat([0, 1], 50))
    residual = torch.randn(100, 1) * torch.where(batch == 0, 1e-3, 1.0)[:, None]
    found = at_target(residual, batch, torch.tensor([0.5, 0.5]))
    factor = found[:50].std() / residual[:50].std()
    assert factor == pytest.approx(SPREAD_BOUNDS[1])
