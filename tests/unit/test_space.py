"""The spaces that corrections are judged in, and their pictures."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from corrections import OPTIONS, as_corrected, counts
from sklearn.metrics import silhouette_score

from aif.data.preprocessing import transform
from aif.evaluation.evaluate import evaluate
from aif.evaluation.robust import purity
from aif.evaluation.space import EMBEDDING, apart, embed, judged_cells, log_expression


def test_the_neighbours_of_many_cells_are_the_nearest():
    rng = np.random.default_rng(0)
    corrected = as_corrected(counts(n=8200), output="embedding")
    corrected.obsm["X_corrected"] = rng.normal(size=(8200, 5)).astype(np.float32)
    cells = judged_cells(corrected, "embedding", None, n_pcs=5, seed=0)
    space = corrected.obsm["X_corrected"]
    for cell in (0, 4100, 8199):
        nearest = np.argsort(((space - space[cell]) ** 2).sum(axis=1))[1:15]
        assert set(cells.obsp["distances"][[cell]].indices) == set(nearest)


def test_all_transforms_are_judged_on_one_scale():
    spaces = []
    for name in ("raw", "norm", "norm_log"):
        correction = as_corrected(transform(counts(), name))
        correction.X = correction.X.toarray()
        if name == "raw":
            correction.X[correction.X == 0] = -1  # below 0 counts as 0
        correction.uns["aif"]["transform"] = name
        logs = log_expression(correction)
        spaces.append(judged_cells(correction, "expression", logs, 5, 0).obsm[EMBEDDING])
    for space in spaces[:2]:
        np.testing.assert_allclose(space, spaces[2], atol=1e-3)


@pytest.mark.parametrize("name", ["pca", "umap", "tsne"])
def test_one_dimension_or_one_type_can_be_drawn_and_judged(name):
    one_type = transform(counts(), "norm_log")
    one_type.obs["cell_type"] = pd.Categorical(["t"] * one_type.n_obs)
    correction = as_corrected(one_type, "embedding")
    correction.obsm["X_corrected"] = np.random.default_rng(0).normal(size=(one_type.n_obs, 1))
    table, coordinates, *_ = evaluate(correction, one_type, {**OPTIONS, "embedding": name})
    assert not (table["status"] == "failed").any(), table["reason"]
    assert np.isfinite(coordinates[["x", "y"]]).all(axis=None)


@pytest.mark.parametrize(("name", "dimensions"), [("pca", 10), ("umap", 2), ("tsne", 2)])
def test_every_embedding_keeps_groups_together(name, dimensions):
    logs = transform(counts(n_types=4, effect=1.3), "norm_log")
    cells = judged_cells(as_corrected(logs), "expression", logs.X, n_pcs=10, seed=0)
    coordinates = embed(cells, name, seed=0)
    assert coordinates.shape == (cells.n_obs, dimensions)
    assert silhouette_score(coordinates, cells.obs["cell_type"]) > 0.3


def test_only_places_that_cells_share_are_moved_and_no_further_than_needed():
    space = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    assert (apart(space, 0) == space).all()
    space[10:20] = space[10]
    moved = apart(space, 0)
    shared = np.arange(50) // 10 == 1
    assert (moved[~shared] == space[~shared]).all()
    assert len(np.unique(moved, axis=0)) == 50
    assert moved == pytest.approx(space, abs=1e-3)
    assert (apart(space, 0) == moved).all()


@pytest.mark.parametrize("step", [1, -1])
def test_cells_at_one_place_are_as_pure_as_any_cells_whatever_their_order(step):
    types = np.array(["a"] * 20 + ["b"] * 180)[::step]
    obs = pd.DataFrame({"batch": list("xy" * 100), "cell_type": types}, dtype="category")
    obs.index = obs.index.astype(str)
    collapsed = ad.AnnData(obs=obs, obsm={"X_corrected": np.zeros((200, 2))})
    cells = judged_cells(as_corrected(collapsed, "embedding"), "embedding", None, 2, 0)
    assert purity(cells) == pytest.approx(0.1**2 + 0.9**2, abs=0.05)
