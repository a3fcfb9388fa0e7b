"""Bad data sets end in one line that names the key or column and what to do."""

import re

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.data.checks import check_dataset, read_counts
from aif.errors import InputError


def dataset(n=20, genes=6):
    rng = np.random.default_rng(0)
    counts = rng.poisson(3, size=(n, genes)).astype(np.float32) + np.eye(n, genes, dtype="f4")
    counts[:, 0] += 1
    obs = pd.DataFrame(
        {"tech": ["x", "y"] * (n // 2), "type": ["t"] * n}, index=[f"c{i}" for i in range(n)]
    )
    var = pd.DataFrame(index=[f"g{i}" for i in range(genes)])
    return ad.AnnData(sparse.csr_matrix(counts), obs, var)


def check(adata, batch_key="tech", label_key="type", n_top_genes=None):
    rows = check_dataset(adata, "d", batch_key, label_key, n_top_genes)
    return {row.check: (row.status, row.message) for row in rows}


def with_value(value):
    adata = dataset()
    adata.X[3, 2] = value
    return adata


def with_column(column, values):
    adata = dataset()
    adata.obs[column] = values
    return adata


def with_names(axis):
    adata = dataset()
    if axis == "cells":
        adata.obs_names = ["c0", *adata.obs_names[:-1]]
    else:
        adata.var_names = ["g0", *adata.var_names[:-1]]
    return adata


def with_empty_cell():
    adata = dataset()
    counts = adata.X.toarray()
    counts[4] = 0
    adata.X = sparse.csr_matrix(counts)
    return adata


def test_a_good_data_set_passes_without_warning():
    found = check(dataset())
    assert found["cells"] == ("ok", "20")
    assert found["genes"] == ("ok", "6")
    assert found["batches"] == ("ok", "x (10), y (10)")
    assert {status for status, _ in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("adata", "options", "message"),
    [
        (dataset(), {"batch_key": "lab"}, r"obs has no column 'lab'; it has \['tech"),
        (dataset(), {"label_key": "lab"}, r"obs has no column 'lab'"),
        (dataset(), {"n_top_genes": 7}, r"7 is more than the 6 genes"),
        (with_column("tech", "x"), {}, r"column 'tech' names 1 batch; correction needs at least 2"),
        (with_column("tech", ["x"] * 19 + ["y"]), {}, r"batch 'y' of column 'tech' has one cell"),
        (with_column("tech", ["x", None] * 10), {}, r"'tech' has no value for 10 cells"),
        (with_column("type", ["x", np.nan] * 10), {}, r"'type' has no value for 10 cells"),
        (with_value(np.nan), {}, r"1 values are NaN, first in gene 'g2'"),
        (with_value(np.inf), {}, r"1 values are infinite, first in gene 'g2'"),
        (with_value(-1), {}, r"1 values are negative, first in gene 'g2'; give raw counts"),
        (with_names("cells"), {}, r"cell name 'c0' is not unique"),
        (with_names("genes"), {}, r"gene name 'g0' is not unique"),
        (with_empty_cell(), {}, r"1 cells have no counts, first 'c4'"),
    ],
)
def test_a_bad_data_set_is_refused_in_one_line(adata, options, message):
    with pytest.raises(InputError, match=r"^datasets\.d\.\w+: .*" + message) as error:
        check(adata, **options)
    assert "\n" not in str(error.value)


def test_counts_that_are_no_integers_are_a_warning():
    status, message = check(with_value(0.5))["counts"]
    assert status == "warning"
    assert "no integers (TPM" in message


def test_empty_genes_are_a_warning_unless_variable_genes_are_chosen():
    adata = dataset()
    counts = adata.X.toarray()
    counts[:, 5] = 0
    adata.X = sparse.csr_matrix(counts)
    assert check(adata)["empty genes"][0] == "warning"
    assert check(adata, n_top_genes=3)["empty genes"][0] == "ok"


def test_missing_labels_are_said():
    assert check(dataset(), label_key=None)["cell types"][0] == "warning"


@pytest.mark.parametrize(
    ("types", "status", "message"),
    [
        (["t", "t", "u", "u"] * 5, "ok", "2 of 2 cell types are in more than one batch"),
        (["t", "u"] * 10, "warning", "no cell type is in more than one batch, so batches and"),
        (["t", "t"] * 8 + ["t", "u"] * 2, "ok", "1 of 2 .* one batch; in one only: u \\(2\\)"),
        (["t", "t"] * 2 + ["v", "u"] * 8, "warning", "only 20% of the cells have a cell type that"),
    ],
)
def test_what_batches_share_is_told_before_anything_is_trained(types, status, message):
    found = check(with_column("type", types))["shared types"]
    assert found[0] == status
    assert re.match(message, found[1])


def test_types_of_one_cell_are_told():
    status, message = check(with_column("type", ["t", "t"] * 9 + ["u", "v"]))["cell types"]
    assert status == "warning"
    assert message.endswith("of u, v there is one cell, so nothing can be said of it")


def test_without_labels_nothing_is_known_of_shared_types():
    assert "shared types" not in check(dataset(), label_key=None)


def test_files_are_read_or_refused(tmp_path):
    (tmp_path / "broken.h5ad").write_text("no h5ad")
    with pytest.raises(InputError, match=r"d\.path: .*broken\.h5ad is no readable \.h5ad file"):
        read_counts(str(tmp_path / "broken.h5ad"), None, "d")
    adata = dataset()
    adata.layers["umis"] = adata.X * 2
    adata.X = adata.X.toarray()
    adata.write_h5ad(tmp_path / "good.h5ad")
    path = str(tmp_path / "good.h5ad")
    assert sparse.issparse(read_counts(path, None, "d").X)
    assert (read_counts(path, "umis", "d").X != dataset().X * 2).nnz == 0
    with pytest.raises(InputError, match=r"d\.layer: .* has no layer 'raw'; it has \['umis'\]"):
        read_counts(path, "raw", "d")
