"""Files that look like others and are not, and what in a file is no cell and no gene."""

import gzip
import shutil

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from file_forms import (
    cell_ranger_3,
    features,
    lines,
    loom,
    matrix_text,
    mudata,
    put,
    write_mtx,
)
from scipy import sparse

from aif.errors import InputError
from aif.reading.cells import read_cells
from aif.reading.content import Wanted
from aif.reading.joining import Part, joined

SMALL = np.array([[1, 2, 3], [4, 0, 6]], np.float32)


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


@pytest.mark.parametrize("cells_in", ["rows", "columns"])
def test_antibodies_of_bd_rhapsody_are_left_out(tmp_path, cells_in):
    adata = simulated(n=4, genes=3)
    table = adata.to_df().astype(int)
    names = ["CD3:SK7|CD3E|AHS0231|pAbO", "gene1", "CD4.SK3.CD4.AHS0032.pAbO"]
    table = table.set_axis(names, axis=1)
    (table if cells_in == "rows" else table.T).to_csv(tmp_path / "x.csv", index_label="Cell_Index")
    found, notes = read(tmp_path / "x.csv", cells_in=cells_in)
    assert list(found.var_names) == ["gene1"]
    assert found.X.toarray().ravel().tolist() == table["gene1"].tolist()
    assert notes == ["left out as no gene expression: 2 antibodies, whose names end in pAbO"]


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
    put(tmp_path / "m/barcodes.tsv", "barcode\tx\tx\na\t1\t2\nb\t3\t4\nc\t5\t6\nd\t7\t8\n", gz=True)
    assert list(read(tmp_path / "m")[0].obs["x-1"]) == [2, 4, 6, 8]
    put(tmp_path / "m/features.tsv", '"x"\n"1" "A"\n"2" "B"\n"3" "C"\n', gz=True)
    assert list(read(tmp_path / "m")[0].var_names) == ["A", "B", "C"]
    put(tmp_path / "m/features.tsv", "A\tGene Expression\nB\tGene Expression\nC\tCustom\n", gz=True)
    assert list(read(tmp_path / "m")[0].var_names) == ["A", "B"]


def test_fields_behind_ids_are_parted_by_what_parts_them_everywhere(tmp_path):
    adata = simulated(n=4, genes=3)
    for separator in (" ", ","):
        rows = [f"ENSG0000000000{i}{separator}{name}" for i, name in enumerate("ABC")]
        write_mtx(tmp_path / "m", adata, lines(rows))
        found, _ = read(tmp_path / "m")
        assert list(found.var_names) == ["A", "B", "C"]
        assert found.var["gene_ids"].iloc[2] == "ENSG00000000002"


def test_features_beside_peaks_have_places_and_no_genomes(tmp_path):
    adata = simulated(n=4, genes=3)
    places = [f"chr{i}\t{i}\t{i + 9}" for i in range(3)]
    rows = [f"E{i}\t{name}\tGene Expression\t{places[i]}" for i, name in enumerate("ABC")]
    write_mtx(tmp_path / "m", adata, lines(rows))
    found, notes = read(tmp_path / "m")
    assert list(found.var_names) == ["A", "B", "C"]
    assert "genome" not in found.var
    assert notes == []


def test_columns_of_a_loom_file_may_hold_slashes_and_what_is_none_is_left_out(tmp_path):
    entry = loom(tmp_path)
    with h5py.File(entry["path"], "r+") as file:
        file["col_attrs/percent/mito"] = np.arange(120)
        file["col_attrs/short"] = np.arange(3)
    adata, notes = read(entry["path"])
    assert list(adata.obs["percent/mito"]) == list(range(120))
    assert "short" not in adata.obs
    assert notes == ["obs column 'short' cannot be read (it has not a value for each cell)"]


def test_names_of_a_loom_file_that_repeat_get_numbers_where_genes_have_ids(tmp_path):
    path = loom(tmp_path)["path"]
    with h5py.File(path, "r+") as file:
        file["row_attrs/Gene"][1] = b"gene0"
    found, notes = read(path)
    assert list(found.var_names[:3]) == ["gene0", "gene0-1", "gene2"]
    assert found.var["Accession"].iloc[1] == "ENSG00000000001"
    assert "1 names stand for several genes, which got numbers: gene0" in notes[0]
    with h5py.File(path, "r+") as file:
        file.move("row_attrs/Accession", "row_attrs/var_names")
    assert read(path)[0].var_names[1] == "ENSG00000000001"


def test_columns_of_a_zarr_may_differ_in_their_case_only(tmp_path):
    adata = simulated()
    adata.obs["Batch"] = "other"
    adata.write_zarr(tmp_path / "cells.zarr")
    found = read(tmp_path / "cells.zarr")[0].obs
    assert list(found["batch"]) == list(adata.obs["batch"])
    assert set(found["Batch"]) == {"other"}


def test_the_expression_among_modalities_has_many_names(tmp_path):
    entry = mudata(tmp_path)
    with h5py.File(entry["path"], "r+") as file:
        file.move("mod/rna", "mod/GEX")
    assert read(entry["path"])[0].n_vars == 60
    with h5py.File(entry["path"], "r+") as file:
        file.move("mod/GEX", "mod/left")
    with pytest.raises(InputError, match="has the modalities left; save that of the expression"):
        read(entry["path"])


def test_a_folder_of_files_says_how_to_give_them(tmp_path):
    for name in "ab":
        h5ad(tmp_path / f"{name}.h5ad", "XYZ")
    with pytest.raises(InputError, match=r"2 files of cells, such as a\.h5ad; .*/\{sample\}\.h5ad"):
        read(tmp_path)


def test_counts_that_were_scaled_there_and_back_are_whole_again(tmp_path):
    x = (SMALL * 1000).astype(np.float64) * (1 + 5e-8)
    adata, _ = read(h5ad(tmp_path / "a", "XYZ", x=x))
    assert (sparse.csr_matrix(SMALL * 1000) != adata.X).nnz == 0
    small = SMALL / SMALL.sum() / 1e6
    adata, _ = read(h5ad(tmp_path / "c", "XYZ", x=small))
    assert (sparse.csr_matrix(small) != adata.X).nnz == 0
    large = SMALL * 1e6 + np.float32(0.5)
    adata, _ = read(h5ad(tmp_path / "d", "XYZ", x=large))
    assert (sparse.csr_matrix(large) != adata.X).nnz == 0
    logarithms = np.log1p(SMALL)
    adata, _ = read(h5ad(tmp_path / "b", "XYZ", x=logarithms))
    assert (sparse.csr_matrix(logarithms) != adata.X).nnz == 0


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


def test_a_table_of_aggregated_samples_is_that_of_these_cells_only(tmp_path):
    adata = simulated(n=4, genes=3)
    adata.obs_names = [f"AAAC{i}-1" for i in range(4)]
    write_mtx(tmp_path / "s1/matrix", adata, lines(adata.var_names))
    (tmp_path / "s1/aggregation.csv").write_text("sample_id,donor\ns1,d1\ns2,d2\n")
    assert list(read(tmp_path / "s1/matrix")[0].obs) == []
