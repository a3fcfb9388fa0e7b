"""A corrected data set: written in chunks it is what it is in memory."""

from dataclasses import replace

import anndata as ad
import h5py
import numpy as np
import pytest
import scanpy as sc
from cells import simulated
from scipy import sparse
from sklearn.decomposition import PCA
from small_workflow import ROOT

from aif.config.hyperparameters import Hyperparameters
from aif.config.schema import load_yaml
from aif.config.variants import Variant, defaults_of, variant_of
from aif.correction.corrected import correct_dataset, write_corrected
from aif.correction.decoding import CHUNK
from aif.correction.outputs import MANY, outputs_of
from aif.data.preprocessing import transform
from aif.model.run import Job, train_job
from aif.model.stored import trained_cells

MODEL = Hyperparameters(
    alpha=0.05, rho=0.5, beta=0.0, delta=0.01, gamma=0.3,
    epochs=1, min_steps=0, latent=4, hidden=16, label_hidden=8,
)  # fmt: skip
OPTIONS = {"target": "mean", "n_samplings": 2}

TABLE = load_yaml(ROOT / "config" / "variants.yaml")


@pytest.fixture(
    scope="module",
    params=[{}, {"shift": True}, {"shift": True, "embedding": "components"}],
    ids=["decoded", "shifted", "components"],
)
def trained(request):
    adata = transform(simulated(n=CHUNK + 100, genes=30), "norm_log")
    adata.obsm["X_mine"] = np.arange(adata.n_obs)[:, None]
    variant = Variant(input="norm_log", weighting="likelihood", **request.param)
    job = Job("cells", "v", "", 3, variant, [MODEL], holdout=0.1)
    done = train_job(job, adata, lambda *_: None)
    return done.training.networks, done.infos[0], adata


def test_a_written_correction_is_the_one_in_memory(trained, tmp_path):
    expected = correct_dataset(*trained, OPTIONS)
    write_corrected(tmp_path / "corrected.h5ad", *trained, OPTIONS)
    written = ad.read_h5ad(tmp_path / "corrected.h5ad")
    assert np.array_equal(written.X, expected.X)
    for name in ("X_aif", "X_corrected", "X_mine"):
        assert np.array_equal(written.obsm[name], expected.obsm[name])
    assert (written.layers["counts"] != expected.layers["counts"]).nnz == 0
    assert written.obs.astype(str).equals(expected.obs.astype(str))
    assert written.obs["held_out"].sum() == expected.obs["held_out"].sum() > 0
    assert written.var.equals(expected.var)
    assert set(written.uns["aif"]) == set(expected.uns["aif"])
    with h5py.File(tmp_path / "corrected.h5ad") as file:
        assert file["X"].chunks[0] < expected.n_obs


@pytest.mark.parametrize("output", [["expression"], ["embedding"], ["expression", "embedding"]])
def test_what_is_asked_for_is_written_and_the_same_as_with_all(trained, output, tmp_path):
    both = correct_dataset(*trained, OPTIONS)
    write_corrected(tmp_path / "corrected.h5ad", *trained, OPTIONS | {"output": output})
    found = ad.read_h5ad(tmp_path / "corrected.h5ad")
    assert np.array_equal(found.obsm["X_aif"], both.obsm["X_aif"])
    assert found.uns["aif"]["output"] == output[0]
    assert ("X_corrected" in found.obsm) == ("embedding" in output)
    if "embedding" in output:
        assert np.array_equal(found.obsm["X_corrected"], both.obsm["X_corrected"])
    assert (found.X is not None) == ("expression" in output)
    if "expression" in output:
        assert np.array_equal(found.X, both.X)


def test_of_many_cells_the_embedding_alone_is_the_default():
    both = ["expression", "embedding"]
    assert outputs_of(OPTIONS, MANY) == both
    assert outputs_of(OPTIONS, MANY + 1) == ["embedding"]
    assert outputs_of(OPTIONS | {"output": None}, MANY + 1) == ["embedding"]
    assert outputs_of(OPTIONS | {"output": both}, MANY + 1) == both


def test_components_of_some_cells_are_found_before_all_are_placed(trained, monkeypatch):
    networks, info, adata = trained
    apart = correct_dataset(networks, info, adata, OPTIONS).obs["held_out"].to_numpy()
    at_once = correct_dataset(networks, info, adata, OPTIONS).obsm["X_corrected"]
    monkeypatch.setattr("aif.correction.corrected.SHAPING", (~apart).sum())  # less than all cells
    found = correct_dataset(networks, info, adata, OPTIONS).obsm["X_corrected"]
    assert found == pytest.approx(at_once, abs=1e-4 * np.abs(at_once).max())
    monkeypatch.setattr("aif.correction.corrected.SHAPING", 100)
    of_few = correct_dataset(networks, info, adata, OPTIONS).obsm["X_corrected"]
    assert of_few.shape == found.shape


def test_some_cells_are_corrected_as_among_all(trained):
    networks, info, adata = trained
    rows = np.sort(np.random.default_rng(0).choice(adata.n_obs, 200, replace=False))
    whole = correct_dataset(networks, info, adata, OPTIONS)
    some = correct_dataset(networks, info, adata, OPTIONS, rows)
    assert some.obs_names.equals(adata.obs_names[rows])
    assert pytest.approx(whole.X[rows], abs=1e-4) == some.X
    spread = np.abs(whole.obsm["X_corrected"]).max()
    assert some.obsm["X_corrected"] == pytest.approx(
        whole.obsm["X_corrected"][rows], abs=1e-3 * spread
    )


def test_counts_are_those_of_the_file_that_was_read_without_them(trained, tmp_path):
    networks, info, adata = trained
    adata.write_h5ad(tmp_path / "norm_log.h5ad", compression="gzip")
    for memory in (None, 1e-6):
        cells = trained_cells(tmp_path / "norm_log.h5ad", memory)
        paths = tmp_path / "corrected.h5ad", tmp_path / "norm_log.h5ad"
        write_corrected(paths[0], networks, info, cells, OPTIONS, source=paths[1])
        found, expected = ad.read_h5ad(paths[0]), correct_dataset(networks, info, adata, OPTIONS)
        assert (found.layers["counts"] != adata.layers["counts"]).nnz == 0
        assert np.array_equal(found.X, expected.X)
        assert np.array_equal(found.obsm["X_corrected"], expected.obsm["X_corrected"])


def test_held_out_cells_shape_the_correction_of_no_other(trained):
    networks, info, adata = trained
    apart = correct_dataset(networks, info, adata, OPTIONS).obs["held_out"].to_numpy()
    changed = adata.copy()
    changed.X = sparse.diags_array(np.where(apart, 2.0, 1.0), dtype="f4").tocsr() @ adata.X
    corrected = [correct_dataset(networks, info, cells, OPTIONS) for cells in (adata, changed)]
    for part in (lambda cells: cells.X, lambda cells: cells.obsm["X_corrected"]):
        before, after = map(part, corrected)
        assert np.array_equal(before[~apart], after[~apart])
        assert not np.allclose(before[apart], after[apart])


def test_a_correction_that_is_not_finite_is_refused(trained):
    networks, info, adata = trained
    broken = replace(info, scale=[np.inf] * adata.n_vars)
    with pytest.raises(FloatingPointError, match="not finite"):
        correct_dataset(networks, broken, adata, OPTIONS)


def test_what_has_no_negative_expression_is_the_same_correction_with_zeros_in_place_of_little(
    trained,
):
    networks, info, adata = trained
    before = correct_dataset(networks, info, adata, OPTIONS).X
    positive = replace(info, variant=info.variant | {"nonnegative": True})
    found = correct_dataset(networks, positive, adata, OPTIONS).X
    least = 0.05 if info.variant["input"] == "norm_log" else 0
    assert (before < 0).any()
    assert np.array_equal(found, np.where(before < least, 0, before))
    if (
        info.variant["input"] == "norm_log"
    ):  # or scanpy's fold changes of the logarithms mean nothing
        cells = ad.AnnData(found, adata.obs[["cell_type"]])
        sc.tl.rank_genes_groups(cells, "cell_type", method="wilcoxon")
        ranked = sc.get.rank_genes_groups_df(cells, group=None)
        assert np.isfinite(ranked.select_dtypes("number")).all(axis=None)


def test_the_embedding_is_the_latent_space_or_the_components_of_smooth_expression(trained):
    networks, info, adata = trained
    apart = correct_dataset(networks, info, adata, OPTIONS).obs["held_out"].to_numpy()
    residual = info.hyperparameters["embedding_residual"]
    of_smooth = replace(info, hyperparameters=info.hyperparameters | {"residual": residual})
    x = correct_dataset(networks, of_smooth, adata, OPTIONS).X
    corrected = correct_dataset(networks, info, adata, OPTIONS)
    if info.variant["embedding"] == "latent":
        assert np.array_equal(corrected.obsm["X_corrected"], corrected.obsm["X_aif"])
        return
    found, expected = corrected.obsm["X_corrected"], PCA(MODEL.latent).fit(x[~apart]).transform(x)
    assert found.shape == (adata.n_obs, MODEL.latent)
    alike = np.corrcoef(found.T, expected.T)[: MODEL.latent, MODEL.latent :]
    assert np.diag(alike) == pytest.approx(1, abs=1e-3)
    assert found.var(0) == pytest.approx(expected.var(0), rel=1e-3)


def test_every_variant_corrects_in_a_way_of_its_own():
    cells, small = simulated(n=60, genes=20), {"epochs": 6, "min_steps": 0, "hidden": 16}
    made = []
    for name, entry in TABLE["variants"].items():
        adata, variant = transform(cells, entry["input"]), variant_of(entry)
        model = Hyperparameters(**defaults_of(TABLE, name) | small)
        done = train_job(Job("cells", name, "", 0, variant, [model], 0.0), adata, lambda *_: None)
        corrected = correct_dataset(done.training.networks, done.infos[0], adata, OPTIONS)
        assert corrected.X.shape == corrected.layers["counts"].shape == adata.shape
        assert all(not np.array_equal(corrected.X, other) for other in made)
        made.append(corrected.X)
    assert len(made) == len(TABLE["variants"])
