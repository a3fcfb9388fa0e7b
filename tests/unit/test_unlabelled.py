"""Metrics without cell types, on graphs whose clusters are known."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from sklearn.metrics import normalized_mutual_info_score

from aif.evaluation.metric import LeftOut
from aif.evaluation.space import EMBEDDING
from aif.evaluation.unlabelled import NONE, mixing, own_clusters, structure, variance_removed


def islands(groups, seed=0):
    """Return places of cells in far islands, by group."""
    rng = np.random.default_rng(seed)
    return np.eye(max(groups) + 1)[groups] * 50 + rng.normal(size=(len(groups), max(groups) + 1))


def graph(places, batches):
    obs = pd.DataFrame({"batch": batches}, index=[f"c{i}" for i in range(len(batches))])
    cells = ad.AnnData(places.astype(np.float32), obs=obs.astype("category"))
    sc.pp.neighbors(cells, use_rep="X", transformer="sklearn")
    return cells


GROUPS = np.arange(240) % 4
BATCHES = np.repeat(["x", "y"], [160, 80])


def test_a_batchs_own_clusters_do_not_know_the_other_batches():
    reference = graph(islands(GROUPS), BATCHES)
    found = own_clusters(reference, seed=0)
    for batch in ("x", "y"):
        own = batch == BATCHES
        assert normalized_mutual_info_score(found[own], GROUPS[own]) == pytest.approx(1)
    shifted = reference.copy()
    shifted.X[BATCHES == "y"] += 1000
    assert (own_clusters(shifted, seed=0) == found).all()


def leiden(cells):
    """Return the clusters of a graph as the metric makes them."""
    found = sc.tl.leiden(
        cells, resolution=1, flavor="igraph", n_iterations=2, directed=False, random_state=0, copy=True
    )  # fmt: skip
    return found.obs["leiden"].to_numpy()


def test_structure_is_the_agreement_within_batches_weighted_by_cells():
    """Batch x is kept; of batch y all cells become one island."""
    before = np.array([str(group) for group in GROUPS], dtype=object)
    kept = graph(islands(GROUPS), BATCHES)
    merged = graph(islands(np.where(BATCHES == "y", 4, GROUPS)), BATCHES)
    for cells in (kept, merged):
        of_x, of_y = (
            normalized_mutual_info_score(before[name == BATCHES], leiden(cells)[name == BATCHES])
            for name in ("x", "y")
        )
        assert structure(cells, before, seed=0) == pytest.approx((160 * of_x + 80 * of_y) / 240)
    assert of_x > 0.9 > 0.5 > of_y
    assert structure(kept, before, seed=0) > 0.9


def test_mixing_is_that_of_places_whatever_the_graph():
    """In half of the islands both batches are, in the others one: LISI of 2 and of 1."""
    cells = graph(
        islands(GROUPS), np.where(GROUPS < 2, np.arange(240) // 4 % 2, GROUPS % 2).astype(str)
    )
    cells.obsm[EMBEDDING] = cells.X
    assert mixing(cells) == pytest.approx(0.5, abs=0.05)
    few = cells[:60].copy()
    assert mixing(few) == pytest.approx(0.5, abs=0.1)
    del cells.obsm[EMBEDDING]
    with pytest.raises(LeftOut, match="neighbour graph only"):
        mixing(cells)


def test_small_batches_are_left_out_and_without_another_there_is_no_structure():
    batches = np.where(np.arange(240) < 9, "few", "many")
    reference = graph(islands(GROUPS), batches)
    before = own_clusters(reference, seed=0)
    assert set(before[:9]) == {NONE}
    of_many = normalized_mutual_info_score(before[9:], leiden(reference)[9:])
    assert structure(reference, before, seed=0) == pytest.approx(of_many)
    with pytest.raises(LeftOut, match="no batch has 10 cells"):
        structure(reference, np.full(240, NONE, dtype=object), seed=0)


@pytest.mark.parametrize("left", [1, 0.5, 0])
def test_the_variance_removed_is_that_between_batches(left):
    """Two batches of equal size lie 2 apart, then 2 · left; within them the variance is 1."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=240)
    own = np.repeat([-1, 1], 120)
    for batch in (-1, 1):
        noise[own == batch] -= noise[own == batch].mean()
    noise /= noise.std()
    obs = pd.DataFrame({"batch": np.where(own > 0, "x", "y")}).astype("category")
    before, after = (ad.AnnData((noise + apart * own)[:, None], obs) for apart in (1, left))
    after.obsm[EMBEDDING] = after.X
    explained = left**2 / (1 + left**2)  # before it is a half
    found = variance_removed(after, before)
    assert found == pytest.approx((0.5 - explained) / 0.5, abs=0.01)


def test_a_graph_alone_has_no_variance():
    cells = ad.AnnData(np.zeros((4, 1)), pd.DataFrame({"batch": ["x", "x", "y", "y"]}))
    with pytest.raises(LeftOut):
        variance_removed(cells, cells)
