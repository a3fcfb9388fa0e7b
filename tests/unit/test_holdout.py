"""Held-out cells: the same share of every batch and type, the same for the same seed."""

import numpy as np
import pytest
from cells import simulated

from aif.data.holdout import cell_groups, held_out

OBS = simulated(n=400, n_types=4).obs


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_every_type_of_every_batch_gives_its_share(share):
    mask = held_out(OBS, share, seed=0)
    for _, group in OBS.assign(mask=mask).groupby(["batch", "cell_type"], observed=True):
        assert abs(group["mask"].sum() - share * len(group)) <= 0.5


def test_the_seed_decides():
    first, again, other = (held_out(OBS, 0.2, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_batch_keeps_cells_to_train_on():
    tiny = OBS.groupby("batch", observed=True).head(2)
    mask = held_out(tiny, 0.5, seed=0)
    assert set(tiny.loc[~mask, "batch"]) == set(tiny["batch"])


def test_cells_without_types_are_drawn_by_batch():
    mask = held_out(OBS[["batch"]], 0.25, seed=0)
    shares = OBS.assign(mask=mask).groupby("batch", observed=True)["mask"].mean()
    np.testing.assert_allclose(shares, 0.25, atol=0.01)


def test_nothing_is_held_out_where_no_share_is_asked_for():
    assert not held_out(OBS, 0, seed=0).any()
    assert list(cell_groups(held_out(OBS, 0, seed=0))) == ["all"]


def test_groups_of_cells_are_scored_apart_where_some_were_held_out():
    mask = held_out(OBS, 0.2, seed=0)
    groups = cell_groups(mask)
    assert list(groups) == ["train", "heldout"]
    assert np.array_equal(groups["heldout"], mask)
    assert np.array_equal(groups["train"], ~mask)
