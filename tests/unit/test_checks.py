"""Bad data sets end in one line that names the key or column and what to do."""

import re

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.data.checks import check_chosen, check_dataset, check_unlabelled, composition
from aif.data.preprocessing import standardise
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


def check(adata, batch_key="tech", label_key="type"):
    columns = {"batch_key": batch_key, "label_key": label_key}
    standard = standardise(adata, **columns, key="datasets.d")
    rows = [*check_dataset(standard, "datasets.d", columns), *check_chosen(standard)]
    return {row.check: (row.status, row.message) for row in rows}


def with_value(value):
    adata = dataset()
    adata.X[3, 2] = value
    return adata


def with_column(column, values, adata=None):
    adata = dataset() if adata is None else adata
    adata.obs[column] = values
    return adata


def with_names(axis):
    adata = dataset()
    if axis == "cells":
        adata.obs_names = ["c0", *adata.obs_names[:-1]]
    else:
        adata.var_names = ["g0", *adata.var_names[:-1]]
    return adata


def with_suffixes():
    adata = with_column("tech", "x")
    adata.obs_names = [f"AAAC{i}-{i % 2 + 1}" for i in range(adata.n_obs)]
    return adata


def with_empty_cell():
    adata = dataset()
    counts = adata.X.toarray()
    counts[4] = 0
    adata.X = sparse.csr_matrix(counts)
    return adata


def test_a_good_data_set_passes_without_warning():
    found = check(dataset(40))
    assert found["cells"] == ("ok", "40")
    assert found["genes"] == ("ok", "6")
    assert found["batches"] == ("ok", "x (20), y (20)")
    assert {status for status, _ in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("adata", "options", "message"),
    [
        (with_column("tech", "x"), {}, r"column 'tech' names 1 batch; correction needs at least 2"),
        (with_column("tech", ["x"] * 19 + ["y"]), {}, r"batch 'y' of column 'tech' has one cell"),
        (with_suffixes(), {}, r"names 1 batch; .*cells' names end in 1, 2: barcode_suffix makes"),
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


def test_values_that_may_be_logarithms_are_told():
    adata = dataset()
    adata.X.data = np.log1p(adata.X.data)
    status, message = check(adata)["counts"]
    assert status == "warning"
    assert "if they are logarithms, undo them" in message


def test_empty_genes_and_equal_cells_are_warnings():
    adata = dataset()
    counts = adata.X.toarray()
    counts[:, 5] = 0
    counts[3] = counts[2] = counts[1]
    adata.X = sparse.csr_matrix(counts)
    found = check(adata)
    assert found["empty genes"][0] == "warning"
    assert found["equal cells"] == (
        "warning",
        "2 of 20 cells are equal to another one in the genes that are used",
    )
    assert found["empty cells"] == ("ok", "none")
    counts[7] = counts[8] = 0
    equal, empty = check_chosen(ad.AnnData(sparse.csr_matrix(counts)))[1:]
    assert equal.message.startswith("3 of 20 cells")
    assert empty.message.startswith("2 of 20 cells have no counts in the genes that are used")


def test_one_cell_without_counts_in_the_genes_that_are_used_is_told():
    counts = dataset().X.toarray()
    counts[4, 1:] = 0
    notes = {
        note.check: note for note in check_chosen(ad.AnnData(sparse.csr_matrix(counts[:, 1:])))
    }
    assert notes["equal cells"] == ("equal cells", "ok", "none")
    assert notes["empty cells"].status == "warning"
    assert notes["empty cells"].message == (
        "1 of 20 cells have no counts in the genes that are used: use more genes, or set min_genes to drop "
        "cells of few"
    )


def test_columns_that_are_kept_under_another_name_are_told():
    adata = with_column("batch", "x", with_column("held_out", 1))
    assert check(adata)["renamed columns"] == (
        "ok",
        "the file's own columns are kept under other names: batch as batch_input, held_out as held_out_input",
    )
    # A column of that name that the file has is none of these.
    assert "renamed columns" not in check(with_column("batch_input", "x"))


def test_values_of_no_type_that_no_cell_has_are_told():
    obs = pd.DataFrame({"type": ["T", "Unknown"]})
    assert check_unlabelled(obs, "type", ["Unknown"]) == []
    assert check_unlabelled(obs, "type", ["Unknown", "x"])[0].message == (
        "no cell has x in type, which has T, Unknown"
    )
    assert check_unlabelled(obs, None, []) == []


def test_batches_of_a_few_cells_are_a_warning():
    status, message = check(with_column("tech", ["x"] * 15 + ["y"] * 5))["batches"]
    assert status == "warning"
    assert message.startswith("x (15), y (5); of x, y there are less than 20 cells")
    large = check(with_column("tech", ["x", "y"] * 20, dataset(40)))["batches"]
    assert large == ("ok", "x (20), y (20)")


def test_cells_without_a_type_are_counted_and_judged_by_none():
    found = check(with_column("type", ["t", "u", None, "t"] * 5))
    assert found["cell types"][0] == "ok"
    assert (
        "t (10), u (5); 5 cells have no type: they are corrected and drawn"
        in found["cell types"][1]
    )
    unknown = check(with_column("type", ["t", "u", "Unknown", "t"] * 5))["cell types"]
    assert unknown[0] == "warning"
    assert "Unknown: name it in unlabelled if it means that the type is not known" in unknown[1]


def test_the_composition_counts_cells_without_a_type_too():
    obs = standardise(with_column("type", ["t", None] * 10), "tech", "type").obs
    rows = composition(obs, "d").set_index(["batch", "cell_type"])["n_cells"]
    assert rows.to_dict() == {
        **{("x", "t"): 10, ("x", "(no type)"): 0},
        **{("y", "t"): 0, ("y", "(no type)"): 10},
    }


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
