"""Corrections made elsewhere: what of a file they are, matched to the data set's cells and genes."""

import shutil

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from file_forms_of_r import by_r, matrix_of_r
from scipy import sparse

from aif.data.preprocessing import standardise, transform
from aif.errors import InputError
from aif.evaluation.space import log_expression
from aif.methods.own_correction import as_corrected
from aif.reading.own_correction import Asked, read_correction

NOTHING = Asked()
needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
IDS = {"dataset": "cells", "method": "mine", "row": "", "seed": 0}


@pytest.fixture(scope="module")
def reference():
    return transform(standardise(simulated(), "batch", "cell_type"), "norm_log")


@pytest.fixture(scope="module")
def mine(reference):
    """A correction with all parts, of which only some cells are in the data set, in another order."""
    rng = np.random.default_rng(0)
    n, genes = reference.shape
    names = [f"cell{i}" for i in rng.permutation(n + 7)]  # cell120 to cell126 were filtered out
    adata = ad.AnnData(
        rng.normal(size=(n + 7, genes)).astype(np.float32),
        pd.DataFrame(index=names),
        pd.DataFrame(index=reference.var_names[::-1]),
        layers={"other": rng.normal(size=(n + 7, genes)).astype(np.float32)},
    )
    adata.obsm["X_mine"] = rng.normal(size=(n + 7, 5))
    adata.obsp["connectivities"] = sparse.random(n + 7, n + 7, density=0.1, rng=1, format="csr")
    adata.obsp["distances"] = adata.obsp["connectivities"].copy()
    return adata


def read(path, reference, asked=NOTHING):
    names = reference.obs_names, reference.var_names
    return read_correction(path, asked, *names, "datasets.cells.corrections.mine")


@pytest.fixture
def expected(mine, reference):
    return mine[reference.obs_names]


def test_every_part_of_a_file_is_matched_by_the_cells_names(tmp_path, mine, reference, expected):
    mine.write_h5ad(tmp_path / "mine.h5ad")
    both = read(tmp_path / "mine.h5ad", reference, Asked("other", "X_mine"))
    in_order = expected[:, reference.var_names]
    assert list(both.genes) == list(reference.var_names)
    np.testing.assert_array_equal(both.expression, in_order.layers["other"])
    np.testing.assert_allclose(both.embedding, expected.obsm["X_mine"], rtol=1e-6)
    graph = read(tmp_path / "mine.h5ad", reference, Asked(graph="connectivities")).graph
    own = expected.obsp["connectivities"].toarray()
    np.testing.assert_allclose(graph.toarray(), own, rtol=1e-6)


@pytest.mark.parametrize("turned", [False, True], ids=["cells in rows", "cells in columns"])
def test_a_table_is_expression_if_its_names_are_genes(tmp_path, mine, reference, turned):
    table = mine.to_df().T if turned else mine.to_df()
    table.to_csv(tmp_path / "mine.csv")
    own = read(tmp_path / "mine.csv", reference)
    in_order = mine[reference.obs_names, reference.var_names]
    np.testing.assert_allclose(_dense(own.expression), in_order.X, rtol=1e-5)
    assert own.embedding is None


@pytest.mark.parametrize(
    "columns", [["0", "1", "2", "3", "4"], ["PC1", "PC2", "PC3", "PC4", "PC5"]]
)
def test_a_table_of_other_columns_is_an_embedding(tmp_path, mine, reference, expected, columns):
    table = pd.DataFrame(mine.obsm["X_mine"], mine.obs_names, columns)
    table.to_csv(tmp_path / "mine.tsv", sep="\t")
    own = read(tmp_path / "mine.tsv", reference)
    np.testing.assert_allclose(own.embedding, expected.obsm["X_mine"], rtol=1e-5)
    assert own.expression is None


def test_a_file_with_an_embedding_alone_needs_no_name(tmp_path, mine, reference, expected):
    ad.AnnData(obs=mine.obs, obsm={"X_scVI": mine.obsm["X_mine"]}).write_h5ad(tmp_path / "a.h5ad")
    own = read(tmp_path / "a.h5ad", reference)
    np.testing.assert_allclose(own.embedding, expected.obsm["X_mine"], rtol=1e-6)


def test_a_table_of_far_more_genes_is_expression_too(tmp_path, mine, reference):
    more = pd.DataFrame(1.5, mine.obs_names, [f"other{i}" for i in range(200)])
    pd.concat([mine.to_df(), more], axis=1).to_csv(tmp_path / "mine.csv")
    assert list(read(tmp_path / "mine.csv", reference).genes) == list(reference.var_names)


@pytest.mark.parametrize(
    "columns",
    [
        ["UMAP_1", "UMAP_2", "nUMI", "age", "PC_1"],
        [f"ENSG0000000000{i}" for i in range(5)],
        ["gene0", "gene1", "PC_1", "PC_2", "PC_3"],
    ],
)
def test_a_table_that_may_be_anything_is_one_line(tmp_path, mine, reference, columns):
    pd.DataFrame(mine.obsm["X_mine"], mine.obs_names, columns).to_csv(tmp_path / "mine.csv")
    with pytest.raises(InputError, match=r"neither genes of the data set .* nor one embedding"):
        read(tmp_path / "mine.csv", reference)


def test_numbered_cells_and_genes_lie_where_more_genes_are_found(tmp_path):
    rng = np.random.default_rng(0)
    cells, genes = (pd.Index([str(i) for i in range(n)]) for n in (50, 60))
    values = pd.DataFrame(rng.normal(size=(50, 60)), cells, genes)
    for table in (values, values.T):
        table.to_csv(tmp_path / "mine.csv")
        own = read_correction(tmp_path / "mine.csv", NOTHING, cells, genes, "k")
        np.testing.assert_allclose(_dense(own.expression), values, rtol=1e-5)
    square = values[cells]
    square.to_csv(tmp_path / "mine.csv")
    with pytest.raises(InputError, match="may have its cells in rows or in columns"):
        read_correction(tmp_path / "mine.csv", NOTHING, cells, cells, "k")


def test_what_is_left_out_may_be_missing(tmp_path, mine, reference):
    table = mine.to_df().assign(constant=np.nan)
    table.loc["cell125"] = np.nan
    ad.AnnData(table).write_h5ad(tmp_path / "mine.h5ad")
    own = read(tmp_path / "mine.h5ad", reference, Asked("X"))
    assert np.isfinite(_dense(own.expression)).all()


@needs_r
def test_of_r_a_matrix_is_read_and_no_object(tmp_path, reference):
    matrix_of_r(tmp_path)
    own = read(tmp_path / "cells.rds", reference)
    np.testing.assert_allclose(_dense(own.expression), simulated().X.toarray())
    code = """
    setClass("Assay", representation(counts = "dgCMatrix"))
    setClass("Seurat", representation(assays = "list", meta.data = "data.frame", active.assay = "character"))
    assays <- list(RNA = new("Assay", counts = counts))
    saveRDS(new("Seurat", assays = assays, meta.data = cells, active.assay = "RNA"), "cells.rds")
    """
    by_r(tmp_path, code)
    with pytest.raises(InputError, match="is an object of R, of which the counts are read and"):
        read(tmp_path / "cells.rds", reference)


@pytest.mark.parametrize(
    ("convert", "judged"),
    [
        (lambda x: x, lambda x: x),
        (lambda x: x - 1, lambda x: x - 1),
        (lambda x: np.expm1(x) * 1000, lambda x: x),
    ],
    ids=["logarithms", "scaled", "normalised"],
)
def test_expression_is_judged_as_logarithms_or_as_it_is(tmp_path, reference, convert, judged):
    logs = reference.X.toarray()
    own = ad.AnnData(convert(logs), reference.obs[[]], reference.var[[]])
    own.write_h5ad(tmp_path / "mine.h5ad")
    corrected = as_corrected(read(tmp_path / "mine.h5ad", reference), reference, IDS)
    np.testing.assert_allclose(
        _dense(log_expression(corrected)), judged(logs), rtol=1e-3, atol=1e-4
    )


def test_expression_may_be_of_some_genes(tmp_path, mine, reference):
    mine[:, 10:].write_h5ad(tmp_path / "mine.h5ad")
    own = read(tmp_path / "mine.h5ad", reference, Asked("X"))
    assert list(own.genes) == list(reference.var_names[:-10])
    assert as_corrected(own, reference, IDS).shape == (120, 50)


@pytest.mark.parametrize(
    ("change", "asked", "message"),
    [
        (lambda a: a, NOTHING, r"holds expression: X, embedding: X_mine, graph: connectivities; say"),
        (lambda a: a, Asked(embedding="X_pca"), r"has no embedding 'X_pca'; it has X_mine"),
        (lambda a: a[20:], Asked("X"), r"lacks \d+ of the 120 cells of the data set, such as 'cell"),
        (
            lambda a: ad.concat([a, a["cell3"]]),
            Asked("X"),
            "has the cell 'cell3' more than once",
        ),
        (lambda a: _renamed(a, obs="other"), Asked("X"), "own are called like 'other0'"),
        (lambda a: _renamed(a, var="ENSG"), Asked("X"), "has 0 of the 60 genes .* like 'ENSG0'"),
        (lambda a: _with(a, X=np.nan), Asked("X"), "has values in .* that are NaN or infinite"),
        (lambda a: _with(a, graph=-1), Asked(graph="connectivities"), "some below 0"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(tmp_path, mine, reference, change, asked, message):
    change(mine.copy()).write_h5ad(tmp_path / "mine.h5ad")
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path / "mine.h5ad", reference, asked)
    assert str(error.value).startswith("datasets.cells.corrections.mine: ")
    assert "\n" not in str(error.value)


def test_counts_are_judged_as_logarithms(tmp_path, reference):
    counts = ad.AnnData(reference.layers["counts"], reference.obs[[]], reference.var[[]])
    counts.write_h5ad(tmp_path / "counts.h5ad")
    corrected = as_corrected(read(tmp_path / "counts.h5ad", reference), reference, IDS)
    np.testing.assert_allclose(_dense(log_expression(corrected)), _dense(reference.X), rtol=1e-5)


def _dense(values):
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


def _renamed(adata, **names):
    for axis, start in names.items():
        table = getattr(adata, axis)
        table.index = [f"{start}{i}" for i in range(len(table))]
    return adata


def _with(adata, X=None, graph=None):
    if X is not None:
        adata.X[5, 5] = X
    if graph is not None:
        adata.obsp["connectivities"] = graph * adata.obsp["connectivities"]
    return adata
