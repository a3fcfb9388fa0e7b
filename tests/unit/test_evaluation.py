"""The evaluation as a whole: scib's values, ranges, and what happens when parts fail."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import scib
from corrections import OPTIONS, as_corrected, counts, scores
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from aif.config.schema import Evaluation as Settings
from aif.data.preprocessing import transform
from aif.errors import InputError
from aif.evaluation.evaluate import evaluate
from aif.evaluation.metric import COLUMNS
from aif.evaluation.metrics import ORIGINAL, SCIB_BATCH, SCIB_BIO
from aif.evaluation.scib_suite import CLUSTERS, cluster, isolated_f1
from aif.evaluation.space import EMBEDDING, group_columns
from aif.methods.controls import perfect_types


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def reference():
    return transform(counts(), "norm_log")


@pytest.fixture(scope="module")
def uncorrected(reference):
    return evaluate(as_corrected(reference), reference, OPTIONS)[0]


@pytest.fixture(scope="module")
def cells():
    """Clusterable cells with one type missing from one batch, another from the other."""
    adata = transform(counts(n_types=4, effect=1.3, missing=[(0, 0), (1, 1)]), "norm_log")
    space = sc.pp.pca(adata.X, n_comps=10, random_state=0)
    result = ad.AnnData(obs=group_columns(adata.obs), obsm={EMBEDDING: space})
    sc.pp.neighbors(result, use_rep=EMBEDDING, random_state=0)
    return result


def test_one_set_of_clusterings_gives_what_scib_gives_by_clustering_anew(cells, monkeypatch):
    shared, plain = cells.copy(), cells.copy()
    cluster(shared, seed=0)
    leiden, calls = sc.tl.leiden, []

    def igraph_leiden(adata, **options):
        calls.append(options["key_added"])
        leiden(adata, flavor="igraph", n_iterations=2, directed=False, random_state=0, **options)

    monkeypatch.setattr(sc.tl, "leiden", igraph_leiden)
    keys = {"batch_key": "batch", "label_key": "cell_type", "embed": EMBEDDING, "verbose": False}
    expected = scib.metrics.isolated_labels_f1(plain, **keys)
    assert len(calls) == 20  # ten resolutions for each of two isolated labels
    assert isolated_f1(shared) == pytest.approx(expected, abs=1e-12)
    assert len(calls) == 20
    _, best = scib.metrics.cluster_optimal_resolution(plain, "cell_type", "anew", verbose=False)
    assert scib.metrics.nmi(shared, CLUSTERS, "cell_type") == best
    assert (shared.obs[CLUSTERS] == plain.obs["anew"]).all()


def test_values_are_those_of_scibs_plain_functions(cells):
    correction = as_corrected(cells, output="embedding")
    correction.obsm["X_corrected"] = cells.obsm[EMBEDDING]
    reference = transform(counts(), "norm_log")
    found = scores(evaluate(correction, reference, OPTIONS)[0])
    me, plain = scib.metrics, cells.copy()
    keys = {"batch_key": "batch", "label_key": "cell_type", "embed": EMBEDDING, "verbose": False}
    before = reference.copy()
    sc.pp.pca(before, n_comps=10, random_state=0)
    expected = {
        "ASW_label": me.silhouette(plain, "cell_type", EMBEDDING),
        "ASW_batch": me.silhouette_batch(plain, **keys),
        "isolated_labels_ASW": me.isolated_labels_asw(plain, **keys),
        "graph_connectivity": me.graph_connectivity(plain, "cell_type"),
        "cLISI": me.clisi_graph(plain, "cell_type", "embed", EMBEDDING),
        "iLISI": me.ilisi_graph(plain, "batch", "embed", EMBEDDING),
    }
    before.obs["batch"] = plain.obs["batch"].to_numpy()
    expected["PCR_comparison"] = me.pcr_comparison(before, plain, "batch", embed=EMBEDDING)
    assert 0.1 < expected["iLISI"] < 0.9  # neither end, where anything would do
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name
    assert found["bio_score"] == pytest.approx(found[[m.name for m in SCIB_BIO]].mean())
    assert found["batch_score"] == pytest.approx(found[[m.name for m in SCIB_BATCH]].mean())
    overall = 0.6 * found["bio_score"] + 0.4 * found["batch_score"]
    assert found["overall"] == pytest.approx(overall)


def test_cells_without_a_type_are_left_out_of_what_needs_one_and_of_nothing_else(reference):
    known = np.arange(reference.n_obs) % 4 > 0
    partly = reference.copy()
    partly.obs["cell_type"] = reference.obs["cell_type"].where(known)
    space = sc.pp.pca(reference.X, n_comps=10, random_state=0)

    def judged(cells):
        correction = as_corrected(cells, output="embedding")
        correction.obsm["X_corrected"] = space[reference.obs_names.isin(cells.obs_names)]
        return evaluate(correction, cells, OPTIONS)

    found, alone, whole = (judged(c) for c in (partly, reference[known].copy(), reference))
    of_part, of_known, of_all = (scores(evaluation[0]) for evaluation in (found, alone, whole))
    for name in ("purity", "CiLISI", "NMI", "ARI", "ASW_label", "graph_connectivity"):
        assert of_part[name] == pytest.approx(of_known[name], abs=1e-6), name
    for name in ("structure", "mixing", "variance_removed", "unlabelled"):
        assert of_part[name] == of_all[name], name
    assert found.types["n_cells"].sum() == known.sum()
    assert found.coordinates["cell_type"].isna().sum() == (~known).sum()
    assert len(found.coordinates) == reference.n_obs


def test_metrics_that_both_profiles_have_are_the_same():
    cells, own_settings = transform(counts(n=120), "norm_log"), Settings(n_pcs=10, seed=0)
    tables = {
        name: evaluate(as_corrected(cells), cells, own_settings.options(name))
        for name in ("full", "fast")
    }
    full, fast = (scores(tables[name].metrics) for name in ("full", "fast"))
    original = {m.name + end for m in ORIGINAL for end in ("", "_max")}
    assert set(full.index) - set(fast.index) == original
    assert {"overall", "robust_overall", "unlabelled"} <= set(fast.index)
    assert (full[fast.index] == fast).all()
    rows = tables["fast"].metrics.set_index("metric")
    assert set(rows.loc[sorted(original), "status"]) == {"left_out"}
    assert "profile: full" in rows.loc["ASW_CT", "reason"]
    pictures = [table.provenance["picture"].item() for table in tables.values()]
    assert [text.split(" of ")[0] for text in pictures] == ["t-SNE", "first two dimensions"]


def test_uncorrected_batches_do_not_mix(uncorrected):
    found = scores(uncorrected)
    assert found["PCR_comparison"] == 0
    assert found["iLISI"] < 0.1
    assert found["LISI_B"] < 1.1
    left_out = uncorrected[uncorrected["status"] == "left_out"].set_index("metric")["reason"]
    assert set(left_out[["isolated_labels_F1", "isolated_labels_ASW"]]) == {
        "every cell type is in every batch"
    }
    assert left_out["peak_memory_mb"] == "not recorded"
    assert found["seconds"] == 1.5


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    n=st.integers(24, 150),
    n_types=st.integers(2, 4),
    n_batches=st.integers(2, 3),
    effect=st.floats(1, 4),
    seed=st.integers(0, 99),
)
def test_values_lie_in_their_ranges(n, n_types, n_batches, effect, seed):
    reference = transform(counts(n, n_types, n_batches, effect, seed), "norm_log")
    table, *_ = evaluate(as_corrected(reference), reference, {**OPTIONS, "repetitions": 2})
    assert not (table["status"] == "failed").any(), table["reason"]
    found = table[table["status"] == "ok"].astype({"value": float, "low": float, "high": float})
    assert (found["value"] >= found["low"] - 1e-6).all()
    assert (found["value"] <= found["high"].fillna(np.inf) + 1e-6).all()
    assert set(table["better"]) == {"higher", "lower"}


def test_without_labels_the_label_free_metrics_remain(reference, uncorrected):
    unlabelled = as_corrected(reference)
    del unlabelled.obs["cell_type"]
    blind = reference.copy()
    del blind.obs["cell_type"]
    table, coordinates, *_ = evaluate(unlabelled, blind, OPTIONS)
    found, labelled = scores(table), scores(uncorrected)
    free = ["PCR_comparison", "iLISI", "1-ASW_B", "LISI_B"]
    free += ["structure", "mixing", "variance_removed", "unlabelled"]
    pd.testing.assert_series_equal(found[free], labelled[free])
    assert len(table) == len(uncorrected)
    for name in (
        "NMI",
        "overall",
        "robust_overall",
        "F1_ARI",
        "ASW_batch",
        "batch_score",
        "purity",
    ):
        row = table.set_index("metric").loc[name]
        assert (row["status"], row["reason"]) == ("left_out", "no label_key")
    assert coordinates["cell_type"].isna().all()


def test_a_failing_metric_fails_its_score_and_nothing_else(reference, uncorrected, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("no graph")

    monkeypatch.setattr(scib.metrics, "graph_connectivity", broken)
    table = evaluate(as_corrected(reference), reference, OPTIONS)[0].set_index("metric")
    failed = table.loc[table["status"] == "failed", "reason"].to_dict()
    assert failed == {
        "graph_connectivity": "ZeroDivisionError: no graph",
        "batch_score": "RuntimeError: graph_connectivity failed",
        "overall": "RuntimeError: graph_connectivity failed",
    }
    assert table.loc["bio_score", "value"] == scores(uncorrected)["bio_score"]


@pytest.mark.parametrize("program", [None, "#!/bin/sh\nexit 1\n"])
def test_a_lisi_program_that_does_not_run_is_an_error(program, reference, monkeypatch, tmp_path):
    if program:
        (tmp_path / "knn_graph").mkdir()
        (tmp_path / "knn_graph" / "knn_graph.o").write_text(program)
        (tmp_path / "knn_graph" / "knn_graph.o").chmod(0o755)
    monkeypatch.setattr(scib, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(InputError, match=r"LISI program did not run.*--no-binary scib"):
        evaluate(as_corrected(reference), reference, OPTIONS)


def test_lisi_is_left_out_where_cells_have_too_few_others_to_reach():
    few = transform(counts(n=90), "norm_log")
    table = evaluate(as_corrected(few), few, OPTIONS)[0].set_index("metric")
    for name in ("iLISI", "cLISI"):
        assert table.loc[name, "status"] == "left_out"
        assert "cannot reach 90 others" in table.loc[name, "reason"]


def test_every_output_of_a_method_is_judged_by_itself(reference, uncorrected):
    both = as_corrected(perfect_types(reference, 0))
    found = evaluate(both, reference, OPTIONS)
    assert found.metrics["space"].unique().tolist() == ["expression", "embedding"]
    by_space = {space: table for space, table in found.metrics.groupby("space")}
    pd.testing.assert_series_equal(scores(by_space["expression"]), scores(uncorrected))
    assert scores(by_space["embedding"])["purity"] == 1
    for table in (found.coordinates, found.types, found.parts):
        assert table["space"].unique().tolist() == ["expression", "embedding"]
    one = evaluate(both, reference, OPTIONS, spaces=["expression"])
    assert one.metrics["space"].unique().tolist() == ["expression"]
    judged_in = "10 principal components of its expression; its embedding of 30 dimensions"
    assert found.provenance["judged_in"].item() == judged_in


def test_evaluation_repeats_bitwise_and_writes_the_contract(reference):
    options = {**OPTIONS, "embedding": "tsne"}
    runs = [evaluate(as_corrected(reference), reference, options) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert one.to_csv() == other.to_csv()
    metrics, coordinates, *_ = runs[0]
    assert tuple(metrics.columns) == COLUMNS
    assert not metrics.duplicated(["suite", "metric"]).any()
    assert set(metrics["suite"]) == {"original", "scib", "robust", "unlabelled", "cost"}
    columns = ["dataset", "method", "space", "cell", "batch", "cell_type", "x", "y"]
    columns += ["cluster"]
    assert list(coordinates.columns) == columns
    assert list(coordinates["cell"]) == list(reference.obs_names)
    assert list(coordinates["batch"]) == list(reference.obs["batch"])
    assert np.isfinite(coordinates[["x", "y"]]).all(axis=None)


def test_a_correction_that_makes_all_cells_equal_has_scores(reference):
    collapsed = as_corrected(reference)
    collapsed.X = np.ones(reference.shape, dtype=np.float32)
    table, coordinates, *_ = evaluate(collapsed, reference, {**OPTIONS, "embedding": "tsne"})
    assert not (table["status"] == "failed").any(), table["reason"]
    found = scores(table)
    assert abs(found["ARI_CT"]) < 0.1
    # Like shuffled cells: mixed, and without types.
    assert found[["NMI", "ARI", "structure"]].max() < 0.1
    assert found["purity"] == pytest.approx(0.5, abs=0.05)
    assert found["mixing"] > 0.7
    assert np.isfinite(coordinates[["x", "y"]]).all(axis=None)


def test_other_cells_and_missing_values_are_refused(reference):
    with pytest.raises(ValueError, match="in their order"):
        evaluate(as_corrected(reference[::-1]), reference, OPTIONS)
    correction = as_corrected(reference)
    correction.X = reference.X.toarray()
    correction.X[3, 4] = np.nan
    with pytest.raises(ValueError, match="X has NaN"):
        evaluate(correction, reference, OPTIONS)
