"""Files that look like others and are not, and what in a file is no cell and no gene."""

import gzip
import lzma
import shutil
import subprocess

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from file_forms import (
    cell_ranger_3,
    features,
    ids_of,
    lines,
    matrix_text,
    put,
    write_mtx,
)
from file_forms_of_r import matrix_of_r
from scipy import sparse

from aif.errors import InputError
from aif.reading.cells import read_cells
from aif.reading.content import Wanted
from aif.reading.joining import Part, joined

SMALL = np.array([[1, 2, 3], [4, 0, 6]], np.float32)
needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


def read(path, **wanted):
    adata, notes = read_cells(path, Wanted(**wanted), "k")
    return adata, [note.message for note in notes]


def table(folder, text, **wanted):
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, **wanted)


def h5ad(path, names, ids=None, x=SMALL, **columns):
    var = pd.DataFrame(columns, index=list(names) if ids is None else list(ids))
    if ids is not None:
        var["symbol"] = list(names)
    ad.AnnData(sparse.csr_matrix(x), pd.DataFrame(index=["c1", "c2"]), var).write_h5ad(path)
    return path


def joint(folder, names, **wanted):
    parts = [
        Part(name, cells, {}, notes)
        for name in names
        for cells, notes in [read_cells(folder / name, Wanted(**wanted), "k")]
    ]
    return joined(parts, "inner", "k")


def test_the_names_of_another_column_leave_the_ids_that_genes_are_matched_by(tmp_path):
    ids = [f"ENSG0000000000{i}" for i in range(4)]
    h5ad(tmp_path / "a", ["S", "S", "T"], ids[:3])
    h5ad(tmp_path / "b", ["S", "T", "U"], ids[1:])
    adata, notes = joint(tmp_path, "ab", gene_names="symbol")
    assert list(adata.var["gene_ids"]) == ids[1:3]
    assert adata.to_df().iloc[2].tolist() == [1, 2]
    assert "share 2 genes by their ids" in notes[-1].message
    with pytest.raises(
        InputError, match=r"has no gene_names 'name' beside the counts; it has \['sym"
    ):
        read(tmp_path / "a", gene_names="name")


def test_ids_of_two_kinds_give_way_to_names(tmp_path):
    h5ad(tmp_path / "a", "xyz", gene_ids=["ENSG1", "ENSG2", "ENSG3"])
    h5ad(tmp_path / "b", "xyz", gene_ids=["11", "22", "33"])
    adata, notes = joint(tmp_path, "ab")
    assert list(adata.var_names) == ["x", "y", "z"]
    assert "by their names" in notes[-1].message


@pytest.mark.parametrize(
    ("kinds", "left", "said"),
    [
        (["GEX", "GEX", "ADT"], 2, "left out as no gene expression: 1 ADT"),
        (["RNA", "protein", "RNA"], 2, "left out as no gene expression: 1 protein"),
        (
            ["Antibody Capture"] * 3,
            3,
            "none is called Gene Expression in feature_types (Antibody Cap",
        ),
        (
            ["coding", "coding", "other"],
            3,
            "none is called Gene Expression in feature_types (coding, o",
        ),
    ],
)
def test_features_that_are_no_genes_are_known_by_many_names(tmp_path, kinds, left, said):
    adata, notes = read(h5ad(tmp_path / "a", "xyz", feature_types=kinds))
    assert adata.n_vars == left
    assert notes[0].startswith(said)


def test_row_numbers_are_no_names(tmp_path):
    adata, _ = table(
        tmp_path, '"","gene","c1","c2"\n"1","A",1,2\n"2","B",3,4\n', cells_in="columns"
    )
    assert list(adata.var_names) == ["A", "B"]
    write_mtx(tmp_path / "m", simulated(n=4, genes=3), '"","x"\n"1","A"\n"2","B"\n"3","C"\n')
    assert list(read(tmp_path / "m")[0].var_names) == ["A", "B", "C"]
    _, notes = read(h5ad(tmp_path / "a", "012"))
    assert "genes are called by row numbers" in notes[0]
    h5ad(tmp_path / "b", "012")
    with pytest.raises(InputError, match="sample 'a' are called by row numbers, which do not say"):
        joint(tmp_path, "ab")


def test_what_stands_beside_counts_is_no_cell_and_no_gene(tmp_path):
    text = "gene_id,gene_name,chr,start,length,c1,c2\nE1,A,chr1,7,900,1,2\nE2,B,chr2,8,800,3,4\n"
    adata, notes = table(tmp_path, text, cells_in="columns")
    assert list(adata.obs_names) == ["c1", "c2"]
    assert list(adata.var["gene_name"]) == ["A", "B"]
    assert notes == ["columns left out as they hold no counts of a gene: start, length"]
    text = "# Program: featureCounts v2\ngene\tc1\tc2\nA\t1\t2\n__no_feature\t900\t800\n"
    adata, notes = table(tmp_path, text, cells_in="columns")
    assert list(adata.var_names) == ["A"]
    assert notes == ["rows left out as they hold no counts of a gene: __no_feature"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Actb,7,5\nGapdh,2,7\nMt-Co1,3,8\n",
            "its first line holds counts and no names; add a header",
        ),
        ("gene,c1\nA,\nB,2\n", "a field is empty"),
        ("@r1\nACGTN\n+\nFFFFF\n", "holds reads; give the counts"),
        (lzma.compress(b"gene,c1\nA,1\n" * 99)[:-30], "cannot be read"),
    ],
)
def test_tables_that_are_none_are_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as error:
        table(tmp_path, text, cells_in="columns")
    assert "\n" not in str(error.value)


def test_names_tell_where_the_cells_are_before_columns_of_text_do(tmp_path):
    text = "barcode,celltype,Actb,Gapdh\nAAACCTGA-1,T,1,0\nAAACCTGT-1,B,1,1\n"
    adata, _ = table(tmp_path, text)
    assert list(adata.obs["celltype"]) == ["T", "B"]
    assert list(adata.var_names) == ["Actb", "Gapdh"]


def test_names_in_other_encodings_and_after_blanks_are_read(tmp_path):
    adata, _ = table(tmp_path, "gene, c1, Zürich\nA, 1, 2\n".encode("latin-1"), cells_in="columns")
    assert list(adata.obs_names) == ["c1", "Zürich"]


@pytest.mark.parametrize("cells", ["AAAC 1\nAAAC 2\nAAAC 3\nAAAC 4\n", "a,1\na,2\na,3\na,4\n"])
def test_names_may_hold_blanks_and_commas(tmp_path, cells):
    adata = simulated(n=4, genes=3)
    write_mtx(tmp_path / "m", adata, "HLA A\nB\nC\n")
    put(tmp_path / "m/barcodes.tsv", cells, gz=True)
    found, _ = read(tmp_path / "m")
    assert list(found.obs_names) == cells.splitlines()
    assert list(found.var_names) == ["HLA A", "B", "C"]


def test_a_line_too_many_is_a_header_only_if_it_looks_like_one(tmp_path):
    adata = simulated(n=4, genes=3)
    write_mtx(tmp_path / "m", adata, "A\nB\nC\nD\n")
    with pytest.raises(InputError, match="does not fit"):
        read(tmp_path / "m")
    put(tmp_path / "m/features.tsv", "gene\nA\nB\nC\n", gz=True)
    assert list(read(tmp_path / "m")[0].var_names) == ["A", "B", "C"]
    put(tmp_path / "m/features.tsv", '"x"\n"1" "A"\n"2" "B"\n"3" "C"\n', gz=True)
    assert list(read(tmp_path / "m")[0].var_names) == ["A", "B", "C"]
    put(tmp_path / "m/features.tsv", "A\tGene Expression\nB\tGene Expression\nC\tCustom\n", gz=True)
    assert list(read(tmp_path / "m")[0].var_names) == ["A", "B"]


def test_files_that_a_system_hides_are_not_seen(tmp_path):
    entry = cell_ranger_3(tmp_path)
    for name in ("._matrix.mtx.gz", "._barcodes.tsv.gz", "._features.tsv.gz", ".DS_Store"):
        (tmp_path / "filtered_feature_bc_matrix" / name).write_text("x")
    assert read(entry["path"])[0].shape == simulated().shape


def test_the_content_of_a_matrix_decides_and_not_its_ending(tmp_path):
    adata = simulated()
    write_mtx(tmp_path / "m", adata, features(adata), gz=False)
    (tmp_path / "m/matrix.mtx").rename(tmp_path / "m/matrix.mtx.gz")
    assert read(tmp_path / "m")[0].shape == adata.shape
    (tmp_path / "m/matrix.mtx.gz").unlink()
    (tmp_path / "m/matrix.mtx").write_bytes(gzip.compress(matrix_text(adata.X.T).encode()))
    assert read(tmp_path / "m")[0].shape == adata.shape


def test_a_matrix_beside_its_compressed_copy_is_not_chosen_by_chance(tmp_path):
    adata = simulated(n=4, genes=3)
    for gz in (True, False):
        write_mtx(tmp_path / "m", adata, lines(adata.var_names), gz=gz)
    with pytest.raises(
        InputError, match=r"has matrix\.mtx and matrix\.mtx\.gz, which may differ; remove"
    ):
        read(tmp_path / "m")


def test_an_archive_of_several_samples_is_told_without_the_folder_it_was_unpacked_to(tmp_path):
    adata = simulated(n=4, genes=3)
    for prefix in ("s1_", "s2_"):
        names = [prefix + name for name in ("matrix.mtx", "features.tsv", "barcodes.tsv")]
        write_mtx(tmp_path / "raw", adata, lines(adata.var_names), names)
    shutil.make_archive(str(tmp_path / "GSE1_RAW"), "tar", tmp_path / "raw")
    with pytest.raises(InputError, match=r"samples: FOLDER/\{sample\}matrix\.mtx\.gz \(unpack it"):
        read(tmp_path / "GSE1_RAW.tar")


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


def test_a_table_of_aggregated_samples_is_that_of_these_cells_only(tmp_path):
    adata = simulated(n=4, genes=3)
    adata.obs_names = [f"AAAC{i}-1" for i in range(4)]
    write_mtx(tmp_path / "s1/matrix", adata, lines(adata.var_names))
    (tmp_path / "s1/aggregation.csv").write_text("sample_id,donor\ns1,d1\ns2,d2\n")
    assert list(read(tmp_path / "s1/matrix")[0].obs) == []


@needs_r
def test_a_file_of_r_may_be_compressed_twice(tmp_path):
    entry = matrix_of_r(tmp_path)
    (tmp_path / "GSE1.rds.gz").write_bytes(gzip.compress((tmp_path / "cells.rds").read_bytes()))
    assert read(tmp_path / "GSE1.rds.gz")[0].shape == read(entry["path"])[0].shape


@needs_r
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x <- list(1, 2)", "it holds an object of class list; give a Seurat or"),
        ("x <- matrix(1:4, 2)", "its cells or genes have no names"),
        (
            "setClass('Assay', representation(counts = 'matrix')); setClass('Seurat', representation("
            "assays = 'list', active.assay = 'character')); full <- new('Assay', counts = matrix(1, 2, 2));"
            "x <- new('Seurat', assays = list(RNA = new('Assay', counts = matrix(0, 0, 0)), ADT = full),"
            "active.assay = 'ADT')",
            "its assay RNA has no counts; save the object with them",
        ),
    ],
)
def test_what_r_cannot_give_is_one_line(tmp_path, code, message):
    code = f"{code}; saveRDS(x, 'a.rds')"
    subprocess.run(["Rscript", "-e", code], check=True, cwd=tmp_path, capture_output=True)
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path / "a.rds")
    assert "\n" not in str(error.value)


@needs_r
def test_factors_of_r_stay_text(tmp_path):
    code = """
    library(Matrix)
    setClass("Assay", representation(counts = "dgCMatrix"))
    setClass("Seurat", representation(assays = "list", meta.data = "data.frame", active.assay = "character"))
    counts <- sparseMatrix(i = 1:2, j = 1:2, x = c(1, 2), dimnames = list(c("A", "B"), c("c1", "c2")))
    cells <- data.frame(donor = factor(c("001", "002")), age = c(30, 40.5), row.names = c("c1", "c2"))
    assays <- list(RNA = new("Assay", counts = counts), ADT = new("Assay", counts = counts))
    saveRDS(new("Seurat", assays = assays, meta.data = cells, active.assay = "ADT"), "a.rds")
    """
    subprocess.run(["Rscript", "-e", code], check=True, cwd=tmp_path, capture_output=True)
    adata, notes = read(tmp_path / "a.rds")
    assert list(adata.obs["donor"]) == ["001", "002"]
    assert list(adata.obs["age"]) == [30, 40.5]
    assert notes == ["those of RNA; there are ADT besides"]
    assert list(adata.var) == []
    assert len(ids_of(adata)) == 2
