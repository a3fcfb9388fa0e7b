"""Which batches have a cell's type, on clouds whose counterparts are known."""

import numpy as np
import pytest

from aif.correction.counterparts import belief, likenesses

DIMENSIONS = 8


def cloud(n, place, seed):
    return np.random.default_rng(seed).normal(0, 1, (n, DIMENSIONS)) + place


def found(*clouds, known=None):
    """Return the likeness to the batches 0 and 1, of clouds given as (cells, place, batch)."""
    places = np.concatenate([cloud(n, place, seed) for seed, (n, place, _) in enumerate(clouds)])
    batch = np.concatenate([np.full(n, index) for n, _, index in clouds])
    known = np.ones(len(batch), bool) if known is None else known
    likeness = likenesses(places, batch, known, 2)
    ends = np.cumsum([n for n, _, _ in clouds])
    return np.split(likeness, ends[:-1])


def test_a_type_that_the_other_batch_lacks_has_no_counterparts_there():
    shared, other, alone = found((60, 0, 0), (60, 0, 1), (60, 5, 0))
    assert np.median(shared[:, 1]) > 0.9
    assert np.median(other[:, 0]) > 0.9
    assert np.median(alone[:, 1]) < 0.4
    for part, own in ((shared, 0), (other, 1), (alone, 0)):
        assert (part[:, own] == 1).all()


def test_a_type_that_its_batch_has_moved_has_them_all_the_same():
    first, moved, *_ = found((60, 0, 0), (60, 2, 1), (60, 20, 0), (60, 20, 1))
    assert np.median(first[:, 1]) > 0.7
    assert np.median(moved[:, 0]) > 0.7


def test_a_batch_of_few_cells_has_counterparts_of_many():
    many, few = found((300, 0, 0), (15, 0, 1))
    assert np.median(many[:, 1]) > 0.85
    assert np.median(few[:, 0]) > 0.85


def test_cells_that_are_not_known_shape_no_others_likeness():
    known = np.r_[np.ones(60, bool), np.ones(60, bool), np.zeros(60, bool)]
    before = found((60, 0, 0), (60, 0, 1), (60, 5, 1), known=known)
    after = found((60, 0, 0), (60, 0, 1), (60, -1, 1), known=known)
    for one, other in zip(before[:2], after[:2], strict=True):
        assert np.array_equal(one, other)
    assert not np.allclose(before[2], after[2])


def test_equal_cells_and_batches_without_known_cells_are_believed():
    places, batch = np.zeros((20, 3)), np.arange(20) % 2
    assert (likenesses(places, batch, np.ones(20, bool), 2) == 1).all()
    assert (likenesses(places, batch, batch == 0, 2) == 1).all()


def test_belief_is_half_at_the_half_and_grows():
    likeness = np.array([0, 0.3, 0.6, 0.9, 1])
    values = belief(likeness, 0.6)
    assert values[2] == pytest.approx(0.5)
    assert values[0] == pytest.approx(0)
    assert (np.diff(values) > 0).all()
    assert values[-1] > 0.98


def test_among_some_cells_of_a_batch_counterparts_are_found_as_among_all(monkeypatch):
    clouds = [(300, 0, 0), (300, 0, 1), (300, 5, 0)]
    whole = found(*clouds)
    monkeypatch.setattr("aif.correction.counterparts.MEMBERS", 200)
    some = found(*clouds)
    for own, of_some in zip(whole, some, strict=True):
        assert np.median(of_some, axis=0) == pytest.approx(np.median(own, axis=0), abs=0.1)
