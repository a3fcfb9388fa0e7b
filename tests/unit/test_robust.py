"""Metrics that cannot be fooled: against values by hand, their packages, and controls."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scib_metrics
from cells import simulated
from harmonypy import compute_lisi

from aif.data.preprocessing import transform
from aif.evaluation.evaluate import evaluate
from aif.evaluation.metric import LeftOut
from aif.evaluation.robust import batch_lisi, bras, cilisi, purity
from aif.evaluation.space import EMBEDDING
from aif.evaluation.type_tables import type_tables
from aif.methods.controls import perfect_types, shuffled

OPTIONS = {"n_pcs": 10, "embedding": "pca", "repetitions": 1, "subsample": 0.8, "seed": 0}


def embedded(places, types, batches):
    obs = pd.DataFrame({"batch": list(batches), "cell_type": list(types)}, dtype="category")
    obs.index = obs.index.astype(str)
    return ad.AnnData(obs=obs, obsm={EMBEDDING: np.asarray(places, dtype=np.float32)})


@pytest.fixture(scope="module")
def clouds():
    """Three types of 60 cells in two batches, apart from each other; batches differ within types."""
    rng = np.random.default_rng(0)
    types = np.repeat(["a", "b", "c"], 60)
    batches = np.tile(["x", "y"], 90)
    centres = {"a": (9, 0, 0), "b": (0, 9, 0), "c": (0, 0, 9)}
    places = np.array([centres[name] for name in types]) + rng.normal(size=(180, 3))
    places[batches == "y"] += 0.8
    return embedded(places, types, batches)


def moved(clouds):
    """Return the cells with type a of batch y where type b is."""
    result = clouds.copy()
    gone = ((result.obs["cell_type"] == "a") & (result.obs["batch"] == "y")).to_numpy()
    result.obsm[EMBEDDING][gone] += np.array([-9, 9, 0])
    return result


def test_purity_is_the_share_of_neighbours_of_the_own_type():
    places = [[0], [1], [2], [10]]
    assert purity(embedded(places, "aabb", "xyxy")) == pytest.approx(1 / 3)  # 3 neighbours each
    near = [[i / 1000] for i in range(30)] + [[100 + i / 1000] for i in range(30)]
    cells = embedded(near, "a" * 29 + "b" + "b" * 30, "xy" * 30)
    # Of a's 29 cells all have b's single cell among 25 of 29 neighbours or not: counted by hand.
    order = np.abs(np.subtract.outer(np.arange(30), np.arange(30)))
    np.fill_diagonal(order, 99)
    nearest = np.argsort(order, axis=1, kind="stable")[:, :25]
    inside = (nearest == 29).any(axis=1)[:29].sum()
    assert purity(cells) == pytest.approx((29 * 25 - inside + 30 * 25) / (60 * 25), abs=2 / 1500)


def test_bras_is_that_of_scib_metrics(clouds):
    types, batches = (clouds.obs[name].to_numpy() for name in ("cell_type", "batch"))
    expected = scib_metrics.bras(clouds.obsm[EMBEDDING], types, batches)
    assert 0.5 < expected < 0.99
    assert bras(clouds) == pytest.approx(expected)


def test_cilisi_is_the_mean_over_the_cells_of_types_in_several_batches(clouds):
    cells = clouds.copy()
    cells.obs["batch"] = cells.obs["batch"].where(cells.obs["cell_type"] != "c", "x")
    scaled = []
    for name in ("a", "b"):
        own = cells[cells.obs["cell_type"] == name]
        lisi = compute_lisi(own.obsm[EMBEDDING], own.obs, ["batch"], 59 // 3)
        scaled.append(lisi - 1)
    assert 0.05 < np.mean(scaled) < 0.95
    assert cilisi(cells) == pytest.approx(np.concatenate(scaled).mean())


def test_types_of_one_batch_or_few_cells_have_no_mixing(clouds):
    apart = clouds.copy()
    apart.obs["batch"] = apart.obs["cell_type"].astype(str).astype("category")
    for metric in (bras, cilisi):
        with pytest.raises(LeftOut, match="no cell type has"):
            metric(apart)
    few = clouds[[0, 1, 60, 61, 120, 121]].copy()
    with pytest.raises(LeftOut, match="10 cells"):
        cilisi(few)
    with pytest.raises(LeftOut, match="cells to compare"):
        bras(few)  # a cell of each batch: there is no distance within


def test_a_type_that_was_moved_into_another_is_seen(clouds):
    tables = [type_tables(cells).types for cells in (clouds, moved(clouds))]
    before, after = (table.set_index("cell_type") for table in tables)
    assert (before["purity"] > 0.95).all()
    assert before.loc["a", ["n_cells", "n_batches"]].tolist() == [60, 2]
    assert after.loc["a", "purity"] < before.loc["a", "purity"] - 0.2
    assert after.loc["a", "other_type"] == "b"
    assert after.loc["b", "other_type"] == "a"
    assert after.loc["b", "foreign_share"] > before.loc["b", "foreign_share"] + 0.1
    assert after.loc["c", "purity"] == before.loc["c", "purity"]
    assert purity(moved(clouds)) < purity(clouds) - 0.1
    mean = np.average(after["purity"], weights=after["n_cells"])
    assert purity(moved(clouds)) == pytest.approx(mean)


def test_a_collapsed_embedding_has_values_and_a_low_purity(clouds):
    collapsed = clouds.copy()
    collapsed.obsm[EMBEDDING][:] = 0
    assert purity(collapsed) < 0.6
    assert 0 <= bras(collapsed) <= 1
    assert 0 <= cilisi(collapsed) <= 1


@pytest.fixture(scope="module")
def judged():
    """All scores of controls on cells with a batch effect, by control and metric."""
    logs = transform(simulated(n=300, effect=1), "norm_log")
    corrections = {
        "uncorrected": (logs.copy(), "expression"),
        "shuffled": (shuffled(logs, 0), "expression"),
        "perfect_types": (perfect_types(logs, 0), "embedding"),
        "collapsed": (perfect_types(logs, 0), "embedding"),
        "moved": (perfect_types(logs, 0), "embedding"),
    }
    corrections["collapsed"][0].obsm["X_corrected"][:] = 0
    one_type_of_one_batch_moved(corrections["moved"][0])
    hidden, blind = perfect_types(logs, 0), logs.copy()
    for adata in (hidden, blind):
        del adata.obs["cell_type"]
    corrections["hidden"] = (hidden, "embedding")
    found = {}
    for name, (correction, output) in corrections.items():
        reference = blind if name == "hidden" else logs
        correction.uns["aif"] = {"dataset": "toy", "method": name, "row": "", "seed": 0}
        correction.uns["aif"] |= {"transform": "norm_log", "output": output}
        found[name] = evaluate(correction, reference, OPTIONS).metrics.set_index("metric")["value"]
    return pd.DataFrame(found).astype(float)


def one_type_of_one_batch_moved(cells):
    """Put the cells of the first type of the first batch where the second type is."""
    types, batches = cells.obs["cell_type"], cells.obs["batch"]
    first, second, *_ = types.cat.categories
    is_first = (types == first).to_numpy()
    gone = is_first & (batches == batches.cat.categories[0]).to_numpy()
    places = cells.obsm["X_corrected"]
    places[gone] += places[(types == second).to_numpy()].mean(0) - places[is_first].mean(0)


# What each metric must tell apart: the low ones from the one between, and that from the high ones. All that
# look at batches alone, BRAS and kBET too, take a collapse for a good mixture.
@pytest.mark.parametrize(
    ("metrics", "low", "high"),
    [
        ("NMI ARI purity", "shuffled collapsed", "perfect_types"),
        ("purity structure", "shuffled collapsed", "perfect_types uncorrected"),
        ("BRAS CiLISI kBET mixing", "uncorrected", "perfect_types shuffled collapsed"),
        ("PCR_comparison", "uncorrected", "perfect_types shuffled collapsed"),
        ("robust_overall unlabelled", "shuffled collapsed", "perfect_types"),
    ],
)
def test_every_metric_puts_the_controls_in_their_order(judged, metrics, low, high):
    for metric in metrics.split():
        values = judged.loc[metric]
        assert values[low.split()].max() < values["moved"] - 0.05, metric
        assert values["moved"] < values[high.split()].min() - 0.05, metric


def test_cells_that_lost_their_types_score_below_uncorrected_ones(judged):
    for score in ("robust_overall", "unlabelled"):
        lost = judged.loc[score, ["shuffled", "collapsed"]]
        assert lost.max() < judged.loc[score, "uncorrected"] - 0.05


def test_the_scores_put_the_controls_in_their_order(judged):
    robust, unlabelled = judged.loc["robust_overall"], judged.loc["unlabelled"]
    assert robust["perfect_types"] > 0.9
    assert robust["perfect_types"] > robust["uncorrected"] + 0.2
    assert robust["perfect_types"] > robust["shuffled"] + 0.2
    assert unlabelled["perfect_types"] > unlabelled["shuffled"] + 0.2
    assert judged.loc["structure", "shuffled"] < 0.2
    assert judged.loc["mixing", "uncorrected"] < 0.2


def test_the_robust_score_is_the_mean_that_it_says(judged):
    own = judged["uncorrected"]
    bio = own[["NMI", "ARI", "purity"]].mean()
    batch = own[["BRAS", "CiLISI", "kBET", "PCR_comparison"]].mean()
    assert own["robust_overall"] == pytest.approx(0.6 * bio + 0.4 * batch)


def test_the_score_without_labels_is_the_mean_that_it_says(judged):
    for name in ("uncorrected", "shuffled", "perfect_types"):
        own = judged[name]
        mixed = np.sqrt(own["mixing"] * own["variance_removed"])
        assert own["unlabelled"] == pytest.approx(0.7 * own["structure"] + 0.3 * mixed)
        assert own["variance_removed"] == pytest.approx(own["PCR_comparison"], abs=1e-6)


def test_the_score_without_labels_never_looks_at_them(judged):
    names = ["structure", "mixing", "variance_removed", "unlabelled"]
    assert judged.loc[names, "hidden"].tolist() == judged.loc[names, "perfect_types"].tolist()
    assert judged.loc[["robust_overall", "batch_score", "overall"], "hidden"].isna().all()


def test_a_cell_without_neighbours_that_count_is_not_mixed():
    """Of four cells one is far from the three others, which lie together."""
    space = np.array([[0.0, 0.0], [0.0, 1e-9], [1e-9, 0.0], [1e6, 1e6]])
    scaled = batch_lisi(space, pd.Series(["x", "y", "x", "y"]))
    assert ((scaled >= 0) & (scaled <= 1 + 1e-6)).all()
