"""The methods AIF is compared with, on cells whose batch effect is known."""

import inspect
import json

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from scipy import sparse

from aif.config.methods import COMPETITORS, TOLD_TYPES
from aif.data.preprocessing import transform
from aif.evaluation.evaluate import evaluate, not_judged
from aif.evaluation.metrics import DE, METRICS
from aif.methods.baselines import BASELINES, Baseline, corrected_or_reason
from aif.methods.components import principal_components

OPTIONS = {"n_pcs": 10, "embedding": "pca", "repetitions": 2, "subsample": 0.8, "seed": 0}
IDS = {"dataset": "cells", "row": "", "seed": 0}
# In place of the 400 epochs that the methods of scvi-tools take of few cells.
EPOCHS = {"scvi": 200, "scvi_default": 200, "scanvi": 100, "sysvi": 200}
SHORTER = {name: {"max_epochs": epochs} for name, epochs in EPOCHS.items()}


@pytest.fixture(scope="module")
def logs():
    return transform(simulated(n=300, effect=1), "norm_log")


@pytest.fixture(scope="module")
def corrected(logs):
    """Each method's correction, made when first asked for; skips where its package is missing."""
    results = {}

    def of(name):
        if name not in results:
            ids = IDS | {"method": name}
            results[name] = corrected_or_reason(
                BASELINES[name], logs.copy(), ids, SHORTER.get(name, {})
            )
        info = results[name].uns["aif"]
        if info.get("status") == "not_run":
            pytest.skip(info["reason"])
        assert "reason" not in info, info
        return results[name]

    return of


def values(adata):
    x = adata.obsm.get("X_corrected", adata.X)
    return x.toarray() if sparse.issparse(x) else np.asarray(x)


def batch_distance(x, batch):
    """Distance of the batches' means in units of the cells' spread."""
    first, second = (x[batch == name] for name in ("b0", "b1"))
    return np.linalg.norm(first.mean(0) - second.mean(0)) / np.linalg.norm(x.std(0))


@pytest.mark.parametrize("name", BASELINES)
def test_a_method_keeps_cells_and_genes_and_gives_finite_numbers(logs, corrected, name):
    result = corrected(name)
    assert result.obs_names.equals(logs.obs_names)
    assert result.var_names.equals(logs.var_names)
    for x in (result.X, *result.obsm.values(), *result.obsp.values()):
        assert np.isfinite(x.data if sparse.issparse(x) else x).all()
    has_embedding = BASELINES[name].output in ("embedding", "both")
    assert ("X_corrected" in result.obsm) == has_embedding
    assert ("connectivities" in result.obsp) == (BASELINES[name].output == "graph")
    assert (result.layers["counts"] != logs.layers["counts"]).nnz == 0


@pytest.mark.parametrize(
    "name",
    [
        *(
            "combat",
            "combat_seq",
            "harmony",
            "scanorama",
            "scvi",
            "scvi_default",
            "scanvi",
            "sysvi",
        ),
        *("concord", "limma", "seurat", "shuffled"),
    ],
)
def test_a_method_brings_batches_together(logs, corrected, name):
    batch = logs.obs["batch"].to_numpy()
    assert batch_distance(values(corrected(name)), batch) < batch_distance(values(logs), batch) / 2


@pytest.mark.parametrize("name", ["scanorama", "scvi", "scvi_default", "scanvi", "combat_seq"])
def test_expression_beside_an_embedding_is_corrected_and_in_units_of_the_logarithms(
    logs, corrected, name
):
    batch, x = logs.obs["batch"].to_numpy(), corrected(name).X
    x = x.toarray() if sparse.issparse(x) else x
    assert batch_distance(x, batch) < batch_distance(values(logs), batch)
    assert np.corrcoef(x.mean(0), values(logs).mean(0))[0, 1] > 0.95
    # scVI gives the logarithm of an expected count, which is above the mean of logarithms.
    assert x.mean() == pytest.approx(values(logs).mean(), rel=0.2)


def test_bbknn_takes_neighbours_from_every_batch(logs, corrected):
    distances = corrected("bbknn").obsp["distances"].tocoo()
    batch = logs.obs["batch"].cat.codes.to_numpy()
    found = np.zeros((logs.n_obs, 2))
    np.add.at(found, (distances.row, batch[distances.col]), 1)
    assert (found >= 2).all()


def test_limma_leaves_no_difference_of_the_batches_means(logs, corrected):
    x, batch = corrected("limma").X, logs.obs["batch"].to_numpy()
    np.testing.assert_allclose(x[batch == "b0"].mean(0), x[batch == "b1"].mean(0), atol=1e-5)


def test_a_graph_is_judged_by_the_metrics_of_graphs(logs, corrected):
    table = evaluate(corrected("bbknn"), logs, OPTIONS).metrics.set_index("metric")
    assert (table.loc[["NMI", "ARI", "graph_connectivity"], "status"] == "ok").all()
    left_out = table.loc[["ASW_label", "PCR_comparison", "kBET", "overall", "ARI_CT"]]
    assert (left_out["status"] == "left_out").all()
    assert (left_out["reason"] == "the method returns a neighbour graph only").all()


# Seurat joins batches pair by pair: with 40 it takes more than ten minutes.
@pytest.mark.parametrize(
    ("name", "n", "n_batches"),
    [(name, 60, 2) for name in COMPETITORS]
    + [(name, 410, 40) for name in COMPETITORS if name != "seurat"],
)
def test_of_few_cells_and_of_many_batches_there_is_a_result(name, n, n_batches):
    cells = transform(simulated(n=n, n_batches=n_batches), "norm_log")
    parameters = {"max_epochs": 2} if name in SHORTER else {}
    result = corrected_or_reason(BASELINES[name], cells, IDS | {"method": name}, parameters)
    info = result.uns["aif"]
    if info.get("status") == "not_run":
        pytest.skip(info["reason"])
    assert "reason" not in info, info


def broken(adata, seed):
    raise ValueError("too many\nlines")


def missing(adata, seed):
    import no_such_package  # noqa: F401


@pytest.mark.parametrize(
    ("run", "status", "reason"),
    [
        (broken, "failed", "ValueError: too many"),
        (missing, "not_run", "No module named 'no_such_package'"),
    ],
)
def test_a_method_that_cannot_run_is_rows_with_its_reason(logs, tmp_path, run, status, reason):
    baseline = Baseline(run, "expression", "scanpy")
    result = corrected_or_reason(baseline, logs, IDS | {"method": "m"}, {})
    result.write_h5ad(tmp_path / "corrected.h5ad")
    found = not_judged(ad.read_h5ad(tmp_path / "corrected.h5ad"))
    assert found.metrics["metric"].tolist() == [metric.name for metric in METRICS]
    assert set(found.metrics["status"]) == {status}
    assert set(found.metrics["reason"]) == {reason}
    assert found.metrics["value"].isna().all()
    assert len(found.coordinates) == logs.n_obs
    assert found.expression.empty


def test_where_the_truth_is_known_a_method_that_cannot_run_has_rows_for_it(logs):
    known = logs.copy()
    for name in known.obs["cell_type"].unique():
        known.var[f"DEFac{name}"] = 1.0
    result = corrected_or_reason(
        Baseline(broken, "expression", "scanpy"), known, IDS | {"method": "m"}, {}
    )
    found = not_judged(result).metrics
    assert found["metric"].tolist() == [metric.name for metric in (*METRICS, *DE)]
    assert set(found["status"]) == {"failed"}


@pytest.mark.parametrize("name", ["perfect_types", "scanvi"])
def test_what_is_told_the_types_does_not_run_without_types(logs, name):
    unlabelled = logs.copy()
    del unlabelled.obs["cell_type"]
    ids = IDS | {"method": name}
    info = corrected_or_reason(BASELINES[name], unlabelled, ids, {}).uns["aif"]
    assert (info["status"], info["reason"]) == ("not_run", "no label_key")
    assert info["uses_types"]


def test_who_is_told_the_types_is_said_in_one_place():
    assert {name for name, method in BASELINES.items() if method.uses_types} == set(TOLD_TYPES)


def test_scanvi_takes_cells_without_a_type_for_unknown(logs):
    partly = logs.copy()
    partly.obs.loc[partly.obs_names[::3], "cell_type"] = np.nan
    ids, few = IDS | {"method": "scanvi"}, {"max_epochs": 1, "type_epochs": 1}
    result = corrected_or_reason(BASELINES["scanvi"], partly, ids, few)
    assert "reason" not in result.uns["aif"]
    assert np.isfinite(result.obsm["X_corrected"]).all()


def test_one_type_tells_scanvi_nothing(logs):
    one = logs.copy()
    one.obs["cell_type"] = pd.Categorical(["T"] * one.n_obs)
    info = corrected_or_reason(BASELINES["scanvi"], one, IDS | {"method": "m"}, {}).uns["aif"]
    assert (info["status"], info["reason"]) == ("not_run", "there is one cell type only")


def test_combat_seq_leaves_cells_without_shared_counts_as_they_are(logs):
    odd = logs.copy()
    counts = odd.layers["counts"].toarray()
    counts[odd.obs["batch"] == "b0", 0] = 0  # a gene that one batch lacks
    alone = np.flatnonzero(odd.obs["batch"] == "b1")[:2]
    counts[alone] = 0
    counts[alone[0], 0] = 5
    odd.layers["counts"] = sparse.csr_matrix(counts)
    result = corrected_or_reason(BASELINES["combat_seq"], odd, IDS | {"method": "m"}, {})
    assert "reason" not in result.uns["aif"]
    assert (result.X[alone].toarray()[:, 1:] == 0).all()
    assert result.X[alone[0], 0] > 0


def test_counts_that_are_no_whole_numbers_have_no_combat_seq(logs):
    halves = logs.copy()
    halves.layers["counts"] = halves.layers["counts"] / 2
    info = corrected_or_reason(BASELINES["combat_seq"], halves, IDS | {"method": "m"}, {}).uns[
        "aif"
    ]
    assert (info["status"], info["reason"]) == ("not_run", "the counts are no whole numbers")


def test_without_r_its_methods_do_not_run(logs, monkeypatch):
    monkeypatch.setenv("PATH", "")
    info = corrected_or_reason(BASELINES["limma"], logs, IDS | {"method": "limma"}, {}).uns["aif"]
    assert info["status"] == "not_run"
    assert "there is no Rscript on the PATH" in info["reason"]


def test_combat_leaves_genes_without_variation_as_they_are(logs):
    adata = logs.copy()
    x = adata.X.toarray()
    x[:, 4] = 0
    adata.X = sparse.csr_matrix(x)
    assert (values(BASELINES["combat"].run(adata, 0))[:, 4] == 0).all()


@pytest.mark.parametrize(
    ("name", "parameters", "dimensions"),
    [
        ("harmony", {"n_pcs": 5, "theta": 1.0, "nclust": 1000}, 5),  # of 300 cells
        ("scanorama", {"dimred": 7, "knn": 10}, 7),
        ("scvi", {"n_latent": 4, "max_epochs": 1, "gene_likelihood": "zinb"}, 4),
        ("scanvi", {"n_latent": 4, "max_epochs": 1, "type_epochs": 1}, 4),
        ("sysvi", {"n_latent": 4, "max_epochs": 1, "z_distance_cycle_weight": 5.0}, 4),
        ("concord", {"latent_dim": 6, "n_epochs": 2, "batch_size": 64, "p_intra_knn": 0.3}, 6),
        ("bbknn", {"n_pcs": 6, "neighbors_within_batch": 2}, 6),
        ("seurat", {"dims": 10, "k_anchor": 3, "k_weight": 20}, None),
    ],
)
def test_parameters_reach_the_package(logs, corrected, name, parameters, dimensions):
    default = corrected(name)
    result = corrected_or_reason(BASELINES[name], logs, IDS | {"method": name}, parameters)
    assert json.loads(result.uns["aif"]["parameters"]) == parameters
    assert "reason" not in result.uns["aif"]
    if dimensions is not None:
        place = "X_pca" if name == "bbknn" else "X_corrected"
        assert result.obsm[place].shape[1] == dimensions != default.obsm[place].shape[1]
    else:
        assert not np.allclose(result.X, default.X)


def beside(name):
    """Return the parameters of a method's package that its signature does not have."""
    if name == "sysvi":
        return inspect.signature(pytest.importorskip("scvi.external").SysVI.__init__).parameters
    if name == "concord":
        cells = ad.AnnData(
            np.ones((9, 3), "f4"), pd.DataFrame({"batch": ["a"] * 9}, map(str, range(9)))
        )
        cells.obs["batch"] = cells.obs["batch"].astype("category")
        return (
            pytest.importorskip("concord").Concord(cells, None, domain_key="batch").default_params
        )
    return ()


def test_every_parameter_is_one_of_its_package():
    """Those that are no argument of the method are handed on to what the package calls."""
    handed_on = {
        "harmony": "harmonypy:run_harmony",
        "scanorama": "scanorama:correct",
        "scvi": "scvi.model:SCVI",
        "scanvi": "scvi.model:SCVI",
        "sysvi": "scvi.external.sysvi:SysVAE",
        "concord": "concord:Concord",
        "bbknn": "bbknn.matrix:bbknn",
    }
    for name, place in handed_on.items():
        module, function = place.split(":")
        package = pytest.importorskip(module)
        known = {*inspect.signature(getattr(package, function)).parameters}
        known |= {*inspect.signature(BASELINES[name].run).parameters}
        known |= {*beside(name)}
        assert set(COMPETITORS[name].model_fields) - {"of"} <= known, name


def test_components_of_sparse_cells_are_those_of_dense_ones(monkeypatch):
    logs = transform(simulated(n=300, genes=100), "norm_log")
    dense = principal_components(logs, seed=0, n_pcs=10)
    monkeypatch.setattr("aif.methods.components.MANY", 100)
    found = principal_components(logs, seed=0, n_pcs=10)
    assert found == pytest.approx(dense, abs=1e-3 * np.abs(dense).max())
