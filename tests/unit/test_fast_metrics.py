"""What is computed of all cells at once has the values of the packages that look at one after the other."""

import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import scib
import scib_metrics
from corrections import counts
from harmonypy import compute_lisi
from scib_metrics.nearest_neighbors import NeighborsResults
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from aif.data.preprocessing import transform
from aif.evaluation.lisi import lisi
from aif.evaluation.original_metrics import Repetitions, original_rows
from aif.evaluation.robust import batch_lisi, bras
from aif.evaluation.scib_suite import GraphLisi, kbet
from aif.evaluation.silhouettes import mean_silhouettes
from aif.evaluation.space import EMBEDDING


@pytest.fixture(scope="module")
def cells():
    """Three types in three batches that mix in part; one type is missing from a batch."""
    adata = transform(
        counts(n=330, n_types=3, n_batches=3, effect=1.4, missing=[(0, 0)]), "norm_log"
    )
    adata.obsm[EMBEDDING] = sc.pp.pca(adata.X, n_comps=8, random_state=0)
    sc.pp.neighbors(adata, use_rep=EMBEDDING, random_state=0)
    return adata


@pytest.mark.parametrize("perplexity", [5, 30])
def test_lisi_is_harmonypys(cells, perplexity):
    space = cells.obsm[EMBEDDING]
    expected = compute_lisi(space, cells.obs, ["batch"], perplexity)[:, 0]
    assert expected.std() > 0.1
    np.testing.assert_allclose(lisi(space, cells.obs["batch"], perplexity), expected, rtol=1e-9)


def test_a_cell_from_which_all_others_are_too_far_mixes_with_none():
    space = np.append(np.arange(20.0), 1e20)[:, None]
    batches = pd.Series(list("xy") * 10 + ["x"])
    mixed = batch_lisi(space, batches)
    assert mixed[-1] == 0
    assert (mixed[:-1] > 0.5).all()


def test_lisi_on_the_graph_is_scibs_also_of_cells_that_reach_few_others(cells):
    few = cells.copy()
    apart = np.arange(few.n_obs) < 30  # no link to all others
    graph = few.obsp["connectivities"].tolil()
    graph[np.ix_(apart, ~apart)] = 0
    graph[np.ix_(~apart, apart)] = 0
    few.obsp["connectivities"] = graph.tocsr()
    few.obsp["connectivities"].eliminate_zeros()
    for own in (cells, few):
        plain = own.copy()
        found = GraphLisi(own)
        batches = scib.metrics.ilisi_graph(plain, "batch", type_="knn", k0=90)
        types = scib.metrics.clisi_graph(plain, "cell_type", type_="knn", k0=90)
        assert 0.1 < batches < 0.95
        assert found.of_batches() == pytest.approx(batches, abs=1e-9)
        assert found.of_types() == pytest.approx(types, abs=1e-9)


def test_silhouettes_of_samples_are_scikit_learns(cells):
    space, rng = cells.obsm[EMBEDDING], np.random.default_rng(0)
    whole = cells.obs["cell_type"].cat.codes.to_numpy()
    sample = np.where(rng.random(len(whole)) < 0.5, cells.obs["batch"].cat.codes, -1)
    alone = np.where(np.arange(len(whole)) == 7, 3, whole)  # a group of one cell
    found = mean_silhouettes(space, [whole, sample, alone])
    expected = [
        silhouette_score(space[codes >= 0], codes[codes >= 0]) for codes in (whole, sample, alone)
    ]
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_sample_of_one_batch_fails_as_it_has_no_silhouette():
    obs = pd.DataFrame({"batch": ["a"] * 30 + ["b"], "cell_type": ["t", "u", "v"] * 10 + ["t"]})
    space = np.random.default_rng(0).normal(size=(31, 2))
    rows = {row["metric"]: row for row in original_rows(obs, space, Repetitions(5, 0.5, 0))}
    assert rows["1-ASW_B"]["status"] == "failed"
    assert "Number of labels is 1" in rows["1-ASW_B"]["reason"]
    assert rows["ASW_CT"]["status"] == "ok"


def test_kbet_is_scib_metrics_of_each_type(cells):
    shares = []
    for rows in cells.obs.groupby("cell_type", observed=True).indices.values():
        space, batches = cells.obsm[EMBEDDING][rows], cells.obs["batch"].to_numpy()[rows]
        k = int(np.clip(np.unique(batches, return_counts=True)[1].mean() // 4, 10, 70))
        distances, indices = NearestNeighbors(n_neighbors=k).fit(space).kneighbors(space)
        near = NeighborsResults(indices=indices, distances=distances)
        shares.append(scib_metrics.kbet(near, batches)[0])
    assert 0.1 < np.mean(shares) < 0.9
    assert kbet(cells) == pytest.approx(np.mean(shares), abs=1e-12)


def test_bras_is_scib_metrics_of_batches_of_one_cell_too(cells):
    one = cells.copy()
    one.obs["batch"] = one.obs["batch"].cat.add_categories("lone")
    one.obs.iloc[5, one.obs.columns.get_loc("batch")] = "lone"
    types, batches = (one.obs[name].to_numpy() for name in ("cell_type", "batch"))
    expected = scib_metrics.bras(one.obsm[EMBEDDING], types, batches)
    assert bras(one) == pytest.approx(expected, abs=1e-5)
