"""The three inputs of the variants against closed forms."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.data.preprocessing import standardise, transform, with_genes, write_transform


@pytest.fixture
def counts():
    rng = np.random.default_rng(0)
    x = rng.poisson(2, size=(60, 400)).astype(np.float32) + 1
    x[:30, :5], x[30:, :5] = 0, 6
    obs = pd.DataFrame(
        {"lab": ["l1", "l2"] * 30, "kind": ["k1"] * 30 + ["k2"] * 30, "batch": range(60)},
        index=[f"c{i}" for i in range(60)],
    )
    return ad.AnnData(sparse.csr_matrix(x), obs, pd.DataFrame(index=[f"g{i}" for i in range(400)]))


def test_columns_get_the_names_of_the_contract(counts):
    result = standardise(counts, "lab", "kind")
    assert list(result.obs["batch"]) == list(counts.obs["lab"])
    assert list(result.obs["cell_type"]) == list(counts.obs["kind"])
    assert list(result.obs["batch_input"]) == list(counts.obs["batch"])
    assert (result.layers["counts"] != counts.X).nnz == 0


def test_a_column_with_a_name_of_the_workflow_keeps_its_values_under_a_free_one(counts):
    counts.obs = counts.obs.assign(held_out=True, batch_input="taken", cell_type=1)
    result = standardise(counts, "lab", None)
    assert set(result.obs) == {
        *("batch", "batch_input_", "batch_input", "cell_type_input", "held_out_input"),
        *("lab", "kind"),
    }
    assert list(result.obs["batch_input_"]) == list(counts.obs["batch"])
    assert set(result.obs["batch_input"]) == {"taken"}
    assert result.obs["held_out_input"].all()


def test_without_labels_there_is_no_cell_type(counts):
    assert "cell_type" not in standardise(counts, "lab", None).obs


def test_transforms_are_their_formulas_and_stay_sparse(counts):
    standard = standardise(counts, "lab", "kind")
    x = counts.X.toarray()
    library = x.sum(1, keepdims=True)
    expected = {
        "raw": x,
        "norm": x / library,
        "norm_log": np.log1p(x / library * np.median(library)),
    }
    for name, values in expected.items():
        result = transform(standard, name)
        assert sparse.issparse(result.X)
        np.testing.assert_allclose(result.X.toarray(), values, rtol=1e-5)
        assert (result.layers["counts"] != counts.X).nnz == 0


def test_values_are_a_copy_and_their_places_are_not(counts):
    standard = standardise(counts, "lab", "kind")
    before = standard.X.toarray()
    for name in ("raw", "norm", "norm_log"):
        result = transform(standard, name)
        assert np.shares_memory(result.X.indices, standard.X.indices)
        assert np.array_equal(result.layers["counts"].toarray(), before)
        result.X.data[:] = -1
    assert np.array_equal(standard.X.toarray(), before)


def test_some_genes_are_those_of_the_cells_and_one_matrix(counts):
    standard = standardise(counts, "lab", "kind")
    assert with_genes(standard, list(standard.var_names)) is standard
    names = ["g7", "g3", "g399"]
    some, expected = with_genes(standard, names), standard[:, names]
    assert np.array_equal(some.X.toarray(), expected.X.toarray())
    assert some.layers["counts"] is some.X
    assert list(some.var_names) == names
    assert some.obs.equals(expected.obs)


def test_a_written_transform_is_the_one_in_memory(counts, tmp_path):
    standard, raw = standardise(counts, "lab", "kind"), None
    for name in ("raw", "norm", "norm_log"):
        result, path = transform(standard, name), tmp_path / f"{name}.h5ad"
        write_transform(path, result, raw)
        raw, found = tmp_path / "raw.h5ad", ad.read_h5ad(path)
        for own, expected in ((found.X, result.X), (found.layers["counts"], standard.X)):
            assert own.format == "csr"
            assert np.array_equal(own.toarray(), expected.toarray())
        assert "counts" in result.layers
        assert found.obs.astype(str).equals(result.obs.astype(str))
