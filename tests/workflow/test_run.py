"""Whole runs: what they write, what a second run does, and all variants."""

from pathlib import Path
from zipfile import ZipFile

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse
from small_workflow import jobs_of, planned


def check_corrected(path, original):
    corrected = ad.read_h5ad(path)
    assert corrected.obs_names.tolist() == original.obs_names.tolist()
    assert corrected.var_names.tolist() == original.var_names.tolist()
    assert corrected.obs["batch"].tolist() == original.obs["batch"].tolist()
    assert np.isfinite(corrected.X.data if sparse.issparse(corrected.X) else corrected.X).all()
    assert (corrected.layers["counts"] != original.X).nnz == 0
    return corrected


def test_the_preprocessed_files_keep_their_contract(finished):
    original = ad.read_h5ad(finished.folder / "cells.h5ad")
    for name in ("raw", "norm", "norm_log"):
        data = ad.read_h5ad(finished.results("data", f"{name}.h5ad"))
        assert data.X.format == "csr"
        assert (data.layers["counts"] != original.X).nnz == 0
        assert list(data.obs[["batch", "cell_type"]].columns) == ["batch", "cell_type"]
    np.testing.assert_allclose(
        ad.read_h5ad(finished.results("data", "norm.h5ad")).X.sum(axis=1), 1, rtol=1e-5
    )


def test_a_corrected_file_keeps_its_contract(finished):
    original = ad.read_h5ad(finished.folder / "cells.h5ad")
    path = finished.results("aif_norm_log_rel_dyn", "pipeline", "corrected.h5ad")
    corrected = check_corrected(path, original)
    assert corrected.obsm["X_aif"].shape == (original.n_obs, 4)
    assert corrected.uns["aif"]["method"] == "aif_norm_log_rel_dyn"
    assert not np.allclose(
        corrected.X, ad.read_h5ad(finished.results("data", "norm_log.h5ad")).X.toarray()
    )
    for method in ("uncorrected", "combat", "harmony", "perfect_types"):
        check_corrected(finished.results("baselines", method, "corrected.h5ad"), original)


def test_the_benchmark_has_every_method_and_metric_once(finished):
    table = pd.read_csv(finished.folder / "results" / "benchmark.tsv", sep="\t")
    assert set(table["method"]) == {
        *("aif_norm_log_rel_dyn", "uncorrected", "combat", "harmony", "perfect_types", "mine")
    }
    assert not table.duplicated(["dataset", "method", "space", "metric"]).any()
    assert table.groupby(["method", "space"])["metric"].nunique().nunique() == 1
    spaces = table.groupby("method")["space"].unique()
    assert list(spaces["aif_norm_log_rel_dyn"]) == ["expression", "embedding"]
    assert list(spaces["harmony"]) == ["embedding"]
    without_value = table[table["value"].isna()]
    assert without_value["reason"].notna().all()
    ranked = pd.read_csv(finished.folder / "results" / "ranks.tsv", sep="\t")
    for score in ("overall", "robust_overall"):
        own = ranked[ranked["metric"] == score].set_index("method")
        assert own["median"].idxmax() == "perfect_types"
        assert own.loc["perfect_types", ["rank_median"]].isna().all()
        assert own.loc["perfect_types", "scaled_median"] == 1
    seconds = table[table["metric"] == "seconds"].set_index("method")["value"]
    assert (seconds.drop("mine") > 0).all()
    assert seconds[["mine"]].isna().all()  # made elsewhere


def test_a_correction_made_elsewhere_is_judged_as_all_others(finished):
    path = finished.results("corrections", "mine", "corrected.h5ad")
    corrected = check_corrected(path, ad.read_h5ad(finished.folder / "cells.h5ad"))
    types = corrected.obs["cell_type"].cat.codes.to_numpy()
    assert (corrected.obsm["X_corrected"] == types[:, None]).all()
    table = pd.read_csv(finished.folder / "results" / "benchmark.tsv", sep="\t")
    own = table[table["method"] == "mine"].set_index("metric")
    assert list(own["space"].unique()) == ["embedding"]
    assert own.loc[["purity", "NMI", "ARI"], "value"].eq(1).all()
    assert finished.results("corrections", "mine", "embedding.png").exists()


def test_the_report_names_every_method(finished):
    page = (finished.folder / "results" / "report.html").read_text()
    for method in ("aif_norm_log_rel_dyn", "combat", "harmony", "mine"):
        assert f"<td>{method}</td>" in page
    # Of four methods, uncorrected cells and perfect types; losses and markers; summary, halves and types.
    assert page.count('<img src="data:image/png;base64,') == 6 + 2 + 3
    assert "mine, corrected elsewhere" in page


def test_training_shows_plain_lines_without_a_terminal(finished):
    log = finished.results("aif_norm_log_rel_dyn", "pipeline", "train.log").read_text()
    for text in (log, finished.output):
        assert "epoch 2/2, 0 s left: rec " in text
        assert "\r" not in text


def test_snakemakes_own_report_has_the_tables_and_pictures(finished):
    process = finished.run("--report", "report.zip")
    assert process.returncode == 0, process.stderr[-2000:]
    with ZipFile(finished.folder / "report.zip") as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"report.html", "benchmark.tsv", "ranks.tsv", "embedding.png", "losses.png"} <= names


def test_a_second_run_has_nothing_to_do(finished):
    process = finished.run()
    assert process.returncode == 0
    assert "Nothing to be done" in process.stderr


def test_repeats_run_every_method_with_several_seeds_and_the_first_not_again(finished, tmp_path):
    workflow = finished.copied_to(tmp_path / "copy")
    workflow.config |= {"baselines": ["uncorrected"], "repeats": 2}
    process = workflow.run("results/ranks.tsv")
    assert process.returncode == 0, process.stderr[-2000:]
    assert jobs_of(process.stderr)["train"] == 1
    table = pd.read_csv(workflow.folder / "results" / "benchmark.tsv", sep="\t")
    runs = table.groupby("method")["seed"].unique()
    assert {method: sorted(seeds) for method, seeds in runs.items()} == {
        "uncorrected": [0, 1],
        "perfect_types": [0, 1],
        "aif_norm_log_rel_dyn": [0, 1],
        "mine": [0],
    }
    ranks = pd.read_csv(workflow.folder / "results" / "ranks.tsv", sep="\t")
    of_methods = ranks[ranks["method"] != "mine"]
    assert set(of_methods.loc[of_methods["metric"] == "iLISI", "n_seeds"]) == {2}
    own = table[(table["method"] == "aif_norm_log_rel_dyn") & (table["metric"] == "overall")]
    own = own[own["space"] == "expression"]
    assert own["value"].nunique() == 2


def test_settings_of_a_method_stand_side_by_side(finished):
    settings = {"harmony": {"theta": 1}, "few": {"of": "harmony", "n_pcs": 5}}
    jobs = planned(finished, baselines=["combat", "harmony", "few"], methods=settings)
    assert jobs["harmony"] == 2  # the one there is has other parameters now
    assert not {"baseline", "train", "correct"} & set(jobs)
    assert jobs["evaluate"] == 2


def test_a_changed_seed_trains_again_but_does_not_preprocess(finished):
    finished.config["seed"] = 1
    process = finished.run("--dry-run")
    finished.config["seed"] = 0
    assert "rule train:" in process.stdout
    assert "rule preprocess:" not in process.stdout


def test_another_target_corrects_again_but_does_not_train(finished):
    finished.config["correction"] = {"target": "b0"}
    process = finished.run("--dry-run")
    del finished.config["correction"]
    assert "rule correct:" in process.stdout
    assert "rule preprocess:" not in process.stdout
    assert "rule train:" not in process.stdout


def test_the_embedding_alone_goes_to_the_report(workflow):
    workflow.config |= {
        "variants": ["aif_steady"],
        "correction": {"output": ["embedding"]},
        "evaluation": {"profile": "fast", "n_pcs": 10},
    }
    process = workflow.run()
    assert process.returncode == 0, process.stderr[-2000:]
    folder = workflow.results("aif_steady", "pipeline")
    corrected = ad.read_h5ad(folder / "corrected.h5ad")
    assert corrected.X is None
    assert corrected.obsm["X_corrected"].shape == (corrected.n_obs, 4)
    assert corrected.uns["aif"]["output"] == "embedding"
    table = pd.read_csv(folder / "metrics.tsv", sep="\t")
    assert set(table["space"]) == {"embedding"}
    assert table.loc[table["metric"] == "unlabelled", "status"].item() == "ok"
    assert len(pd.read_csv(folder / "markers.tsv", sep="\t")) == 0
    assert "aif_steady" in (workflow.folder / "results" / "report.html").read_text()
    log = (folder / "correct.log").read_text()
    assert "no expression is written, as correction.output says" in log
