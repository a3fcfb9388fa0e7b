"""The original's metrics against closed forms and their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from aif.evaluation.metric import Groups, LeftOut, Metric
from aif.evaluation.metrics import ORIGINAL
from aif.evaluation.original_metrics import (
    Repetitions,
    Subsample,
    f1,
    in_all_batches,
    kmeans_ari,
    median_lisi,
    original_rows,
    subsamples,
)

LINE = np.array([[0.0], [1.0], [10.0], [11.0]])


def table(batch, cell_type=None):
    columns = {"batch": list(batch)} | ({"cell_type": list(cell_type)} if cell_type else {})
    return pd.DataFrame(columns)


def sample(x, batch, cell_type):
    obs = table(batch, cell_type)
    return Subsample(x, obs.assign(shared=in_all_batches(obs)), Groups.of(obs), seed=0)


def clouds(n, seed=0):
    """Two types far apart, in two batches that do not differ."""
    rng = np.random.default_rng(seed)
    types = np.repeat([0, 1], n // 2)
    x = rng.normal(size=(n, 2)) + 20 * types[:, None]
    return x, table(rng.choice(["b1", "b2"], n), np.array(["t1", "t2"])[types].tolist())


@pytest.mark.parametrize(
    ("sides", "expected"), [((1, 1), 1), ((0.5, 1), 2 / 3), ((0.3, 0.3), 0.3), ((0, 0), 0)]
)
def test_f1_is_the_harmonic_mean(sides, expected):
    assert f1(*sides) == pytest.approx(expected)
    assert f1(*reversed(sides)) == pytest.approx(expected)


def test_silhouettes_of_four_points_on_a_line():
    cells = sample(LINE, "abab", "ttuu")
    types = (9.5 / 10.5 + 8.5 / 9.5) / 2
    batches = ((6 - 10) / 10 + (5 - 10) / 10) / 2
    assert cells.asw_types == pytest.approx(types)
    assert cells.asw_batches == pytest.approx(batches)
    assert cells.f1_asw == pytest.approx(f1((1 + types) / 2, (1 - batches) / 2))


def test_ari_of_four_points_on_a_line():
    assert kmeans_ari(LINE, pd.Series(list("ttuu")), 0) == 1
    assert kmeans_ari(LINE, pd.Series(list("tutu")), 0) == pytest.approx(
        -0.5
    )  # the lowest there is
    assert sample(LINE, "abab", "ttuu").f1_ari == 1  # batches below chance count as chance
    assert sample(LINE, "aabb", "tutu").f1_ari == 0


def test_ari_of_batches_looks_at_types_that_all_batches_have():
    x = np.array([[0.0], [1.0], [10.0], [11.0], [100.0], [101.0]])
    cells = sample(x, "ababaa", "ttttuu")
    assert cells.obs["shared"].tolist() == [True] * 4 + [False] * 2
    assert cells.ari_batches == pytest.approx(-0.5)
    with pytest.raises(LeftOut, match="no cell type is in every batch"):
        _ = sample(LINE, "aabb", "ttuu").ari_batches


def simpson_by_definition(x, names, perplexity):
    """LISI of every cell: Gaussian weights of the given perplexity on 3 × as many neighbours."""
    result = []
    for i, row in enumerate(cdist(x, x)):
        near = [j for j in np.argsort(row) if j != i][: 3 * perplexity]
        distances = row[near]

        def weights(beta, distances=distances):
            w = np.exp(-beta * (distances - distances.min()))
            return w / w.sum()

        def excess(beta, weights=weights):
            w = weights(beta)
            return -(w[w > 0] * np.log(w[w > 0])).sum() - np.log(perplexity)

        w = weights(brentq(excess, 1e-6, 1e4))
        result.append(1 / pd.Series(w).groupby(names[near]).sum().pow(2).sum())
    return np.array(result)


@pytest.mark.parametrize("n", [40, 200])
def test_lisi_is_its_definition(n):
    x, obs = clouds(n)
    perplexity = min(30, (n - 1) // 3)
    expected = np.median(simpson_by_definition(x, obs["batch"].to_numpy(), perplexity))
    assert median_lisi(x, obs, "batch") == pytest.approx(expected, rel=1e-3)


def test_f1_of_lisi_is_scaled_by_the_numbers_of_groups():
    cells = Subsample(np.zeros((1, 1)), pd.DataFrame(), Groups(batches=3, types=5), 0)
    cells.lisi_types, cells.lisi_batches = 1.0, 3.0
    assert cells.f1_lisi == 1
    cells = Subsample(np.zeros((1, 1)), pd.DataFrame(), Groups(batches=3, types=5), 0)
    cells.lisi_types, cells.lisi_batches = 2.0, 1.5
    assert cells.f1_lisi == pytest.approx(2 * 0.75 * 0.25 / (0.75 + 0.25))


def test_rows_are_medians_and_maxima_over_subsamples():
    x, obs = clouds(50)
    repetitions = Repetitions(n=5, share=0.6, seed=3)
    rows = {row["metric"]: row for row in original_rows(obs, x, repetitions)}
    samples = subsamples(obs, x, repetitions, Groups.of(obs))
    assert [len(s.x) for s in samples] == [30] * 5
    assert len({tuple(s.obs.index) for s in samples}) == 5
    assert all(s.obs.index.is_unique for s in samples)
    expected = [silhouette_score(x[s.obs.index], obs["cell_type"][s.obs.index]) for s in samples]
    assert rows["ASW_CT"]["value"] == pytest.approx(np.median(expected))
    assert rows["ASW_CT_max"]["value"] == pytest.approx(max(expected))
    assert list(rows) == [m.name + suffix for m in ORIGINAL for suffix in ("", "_max")]
    assert rows["ARI_CT"]["value"] == 1
    assert rows["LISI_CT"]["value"] == pytest.approx(1, abs=1e-3)
    assert (rows["LISI_B"]["low"], rows["LISI_B"]["high"]) == (1, 2)


def test_without_repetitions_all_rows_say_how_to_have_them():
    x, obs = clouds(40)
    rows = original_rows(obs, x, Repetitions(0, 0.8, 0))
    assert len(rows) == 2 * len(ORIGINAL)
    assert {row["status"] for row in rows} == {"left_out"}
    assert all("profile: full" in row["reason"] for row in rows)


def test_without_labels_only_the_batch_side_has_values():
    x, obs = clouds(40)
    rows = original_rows(obs[["batch"]], x, Repetitions(2, 0.8, 0))
    given = {row["metric"] for row in rows if row["status"] == "ok"}
    assert given == {"1-ASW_B", "1-ASW_B_max", "LISI_B", "LISI_B_max"}
    assert {row["reason"] for row in rows if row["status"] != "ok"} == {"no label_key"}


def test_a_metric_that_fails_says_why_in_one_line():
    def broken():
        raise ValueError("first line\nsecond line")

    metric, groups = Metric("m", "scib"), Groups(2, 2)
    assert metric.row(broken, groups)["reason"] == "ValueError: first line"
    assert metric.row(lambda: np.nan, groups)["status"] == "failed"
    assert metric.row(lambda: 0.5, groups)["value"] == 0.5
    assert metric.row(lambda: 0.5, Groups(2, 1))["reason"] == "there is one cell type only"
