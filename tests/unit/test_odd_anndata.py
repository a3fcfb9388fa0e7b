"""Files of anndata of other ages and programs: what is in them beside the counts stops nothing."""

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import zarr
from cells import simulated
from scipy import sparse

from aif.errors import InputError
from aif.reading.cells import read_cells
from aif.reading.content import Wanted
from aif.reading.own_correction import Asked, read_correction

X = np.array([[1, 0, 4, 2], [0, 7, 2, 5], [3, 1, 0, 6]], np.float32)
CELLS, GENES = ["c1", "c2", "c3"], ["g1", "g2", "g3", "g4"]


def read(path, **wanted):
    adata, notes = read_cells(path, Wanted(**wanted), "k")
    return adata, [note.message for note in notes]


def written(folder, x=X, **parts):
    """Write cells with the parts that `AnnData` takes, and return the file."""
    adata = ad.AnnData(x, pd.DataFrame(index=CELLS), pd.DataFrame(index=GENES), **parts)
    adata.write_h5ad(folder / "cells.h5ad")
    return folder / "cells.h5ad"


@pytest.fixture
def of_06(tmp_path):
    """A file as anndata 0.6 writes it: tables and obsm are arrays of named fields, categories lie in uns."""
    embedding = np.arange(15, dtype=np.float32).reshape(3, 5)
    with h5py.File(tmp_path / "old.h5ad", "w") as file:
        file["X"] = X
        rows = [(name.encode(), i % 2) for i, name in enumerate(CELLS)]
        file["obs"] = np.array(rows, [("index", "S2"), ("batch", "i1")])
        file["uns/batch_categories"] = np.array([b"b0", b"b1"])
        file["var"] = np.array([(name.encode(),) for name in GENES], [("index", "S2")])
        file["obsm"] = np.zeros(3, [("X_pca", "f4", (5,)), ("X_umap", "f4", (2,))])
        fields = file["obsm"][()]
        fields["X_pca"] = embedding
        file["obsm"][...] = fields
    return tmp_path / "old.h5ad", embedding


def test_a_file_of_anndata_06_with_embeddings_is_read(of_06):
    adata, notes = read(of_06[0])
    assert (adata.X.toarray() == X).all()
    assert list(adata.obs["batch"]) == ["b0", "b1", "b0"]
    assert notes == []


def test_a_correction_in_a_file_of_anndata_06_is_one_of_its_fields(of_06):
    path, embedding = of_06
    cells, genes = pd.Index(["c3", "c1"]), pd.Index(GENES)
    own = read_correction(path, Asked(embedding="X_pca"), cells, genes, "k")
    assert (own.embedding == embedding[[2, 0]]).all()
    with pytest.raises(InputError, match="has no embedding 'X_tsne'; it has X_pca, X_umap"):
        read_correction(path, Asked(embedding="X_tsne"), cells, genes, "k")


def put(path, place, value):
    """Put a value, a sparse matrix or nothing (None) into a file, in place of what is there."""
    with h5py.File(path, "r+") as file:
        if place in file:
            del file[place]
        if sparse.issparse(value):
            ad.io.write_elem(file, place, value)
        else:
            file[place] = h5py.Empty("f4") if value is None else value


OTHER_SHAPE = np.ones((3, 9), np.float32)
SAID = "(3, 9), but there are (3, 4) cells and genes: it is left out"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("layers/bad", OTHER_SHAPE, f"bad is {SAID}"),
        ("layers/bad", sparse.csr_matrix(OTHER_SHAPE), f"bad is {SAID}"),
        ("layers/bad", 3.0, "bad is (), but there are (3, 4) cells and genes: it is left out"),
        ("layers/bad", None, "bad holds nothing: it is left out"),
        ("layers/bad", h5py.SoftLink("/no"), "bad cannot be read ("),
        ("layers", None, "layers holds no arrays: it is left out"),
        ("raw/X", OTHER_SHAPE, f"raw is {SAID}"),
        ("raw/var/_index", h5py.SoftLink("/no"), "raw has genes without names ("),
        ("obsm", None, "obsm holds no arrays: it is left out"),
        ("obsm", 3.0, "obsm holds no arrays: it is left out"),
        ("obsm", h5py.SoftLink("/no"), ""),
        ("obsp", None, "obsp holds no arrays: it is left out"),
    ],
)
def test_what_nobody_asked_for_is_left_out_where_it_is_damaged(tmp_path, place, value, said):
    path = written(tmp_path, raw=ad.AnnData(X * 2, var=pd.DataFrame(index=GENES)))
    put(path, place, value)
    adata, notes = read(path)
    assert (adata.X.toarray() == X).all()
    assert [note[: len(said)] for note in notes] == [said] * bool(said)


def test_a_damaged_part_that_is_asked_for_is_one_line(tmp_path):
    path = written(tmp_path, raw=ad.AnnData(X * 2, var=pd.DataFrame(index=GENES)))
    put(path, "layers/bad", OTHER_SHAPE)
    put(path, "layers/none", None)
    with pytest.raises(InputError, match=r"is damaged: bad is \(3, 9\), but there are \(3, 4\)"):
        read(path, layer="bad")
    with pytest.raises(InputError, match=r"is damaged: none holds nothing"):
        read(path, layer="none")
    asked = (pd.Index(CELLS), pd.Index(GENES), "k")
    with pytest.raises(InputError, match=r"is damaged: bad is \(3, 9\)"):
        read_correction(path, Asked("bad"), *asked)
    put(path, "X", OTHER_SHAPE)
    with pytest.raises(InputError, match=r"is damaged: X is \(3, 9\)"):
        read(path)
    with pytest.raises(InputError, match=r"is damaged: X is \(3, 9\)"):
        read_correction(path, Asked(), *asked)
    assert (read(path, layer="raw")[0].X.toarray() == X * 2).all()


def test_an_x_that_is_nothing_is_none(tmp_path):
    path = written(tmp_path, layers={"umis": X})
    put(path, "X", None)
    adata, notes = read(path)
    assert (adata.X.toarray() == X).all()
    assert notes[0].startswith("there is no X, but umis whole numbers: these are used")
    put(path, "layers", None)
    with pytest.raises(
        InputError, match=r"has no X \(layers holds no arrays\); name the layer with the counts in"
    ):
        read(path)
    group = zarr.open_group(tmp_path / "cells.zarr", mode="w")
    ad.io.write_elem(group, "/", ad.AnnData(layers={"umis": X}))
    ad.io.write_elem(group, "X", None)
    assert (read(tmp_path / "cells.zarr")[0].X.toarray() == X).all()


def of_raw(folder, var, raw_genes=GENES, **raw_var):
    """Write logarithms, and counts of some genes in raw, whose table may have no columns."""
    kept = [GENES.index(name) for name in raw_genes if name in GENES]
    counts = np.ones((3, len(raw_genes)), np.float32) * np.arange(1, len(raw_genes) + 1)
    counts[:, : len(kept)] = X[:, kept] + 1
    raw = ad.AnnData(counts, pd.DataFrame(index=CELLS), pd.DataFrame(raw_var, index=raw_genes))
    adata = ad.AnnData(np.log1p(X[:, : len(var)]), pd.DataFrame(index=CELLS), var, raw=raw)
    adata.write_h5ad(folder / "cells.h5ad")
    return folder / "cells.h5ad"


def test_counts_of_raw_have_what_only_var_says_of_genes(tmp_path):
    kinds = ["Gene Expression", "Antibody Capture", "Gene Expression", "Antibody Capture"]
    var = pd.DataFrame({"feature_types": kinds, "feature_name": list("ABCD")}, index=GENES)
    path = of_raw(tmp_path, var, GENES[::-1])
    adata, notes = read(path, gene_names="feature_name")
    assert list(adata.var_names) == ["C", "A"]
    assert list(adata.var["gene_ids"]) == ["g3", "g1"]
    assert (adata.X.toarray() == X[:, [2, 0]] + 1).all()
    assert notes[0].startswith("X holds logarithms, but raw whole numbers")
    assert notes[1:] == ["left out as no gene expression: 2 Antibody Capture (feature_types)"]


def test_genes_of_raw_that_var_lacks_are_genes_and_told(tmp_path):
    var = pd.DataFrame(
        {"feature_types": ["Gene Expression", "Antibody Capture"], "genome": ["hg38", "hg38"]},
        index=GENES[:2],
    )
    path = of_raw(tmp_path, var)
    adata, notes = read(path)
    assert list(adata.var_names) == ["g1", "g3", "g4"]
    assert "genome" not in adata.var
    assert notes[1] == (
        "2 of 4 genes of raw are not in var, which alone has feature_types: they are taken for genes of "
        "the expression"
    )
    assert "1 Antibody Capture" in notes[2]
    of_x = read(path, layer="X")[1]
    assert of_x == ["left out as no gene expression: 1 Antibody Capture (feature_types)"]


def test_what_raw_says_of_its_genes_is_not_changed(tmp_path):
    var = pd.DataFrame({"feature_types": ["Antibody Capture"] * 4, "own": range(4)}, index=GENES)
    path = of_raw(tmp_path, var, feature_type=["gene"] * 3 + ["protein"])
    adata, _ = read(path)
    assert list(adata.var_names) == GENES[:3]
    assert list(adata.var) == ["feature_type", "own"]
    assert list(adata.var["own"]) == [0, 1, 2]


def test_kinds_that_tell_nothing_are_not_taken_for_some_genes(tmp_path):
    var = pd.DataFrame({"feature_types": ["marker"] * 2}, index=GENES[:2])
    adata, notes = read(of_raw(tmp_path, var))
    assert list(adata.var_names) == GENES
    assert len(notes) == 1


def test_a_layer_called_x_is_not_x_and_marks_are_no_counts(tmp_path):
    adata = simulated()
    del adata.layers["counts"]
    logs = adata.copy()
    logs.X = np.log1p(adata.X)
    logs.layers["found"] = adata.X.astype(bool).astype(np.float32)
    logs.layers["X"] = adata.X
    logs.write_h5ad(tmp_path / "a")
    assert np.allclose(read(tmp_path / "a", layer="X")[0].X.toarray(), np.log1p(adata.X.toarray()))
    found, notes = read(tmp_path / "a")
    assert notes == []
    assert found.X.max() < 10


def test_x_without_a_value_is_no_x_and_equal_copies_are_one(tmp_path):
    adata = simulated()
    adata.raw = adata.copy()
    adata.X = sparse.csr_matrix(adata.shape, dtype=np.float32)
    adata.write_h5ad(tmp_path / "a")
    found, notes = read(tmp_path / "a")
    assert (found.X != simulated().X).nnz == 0
    assert notes[0].startswith("X holds nothing, but counts whole numbers")


def test_columns_without_a_name_are_left_out(tmp_path):
    simulated().write_h5ad(tmp_path / "a")
    with h5py.File(tmp_path / "a", "r+") as file:
        order = [*file["obs"].attrs["column-order"], ""]
        file["obs"].attrs["column-order"] = order
    adata, notes = read(tmp_path / "a")
    assert list(adata.obs) == ["batch", "cell_type"]
    assert notes[0].startswith("obs column '' cannot be read")
