"""The same cells are read from every form, and what is no data is refused in one line."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from file_forms import (
    FORMS,
    cell_ranger_2_h5,
    cell_ranger_h5,
    features,
    lines,
    matrix_text,
    put,
    write_mtx,
)
from file_forms_of_r import FORMS_OF_R

from aif.config.samples import samples_of
from aif.errors import InputError
from aif.reading.cells import read_cells
from aif.reading.content import Wanted
from aif.reading.joining import Part, joined

# Which forms have no place for columns of cells.
BARE = {
    *("kallisto|bustools, nac", "CellBender"),
    *("Cell Ranger folder", "Cell Ranger 2 folder", "Cell Ranger .h5", "Cell Ranger 2 .h5"),
    *(
        "Cell Ranger .tar.gz",
        "STARsolo",
        "features of one column",
        "kallisto|bustools",
        "alevin-fry",
    ),
    *("BD Rhapsody", "csv, genes by cells", "tsv with ids and symbols", "R: a matrix"),
}


def read(entry):
    """Read what an entry of a config names."""
    keys = {key: value for key, value in entry.items() if key in Wanted._fields}
    if entry.get("samples") is None:
        return read_cells(entry["path"], Wanted(**keys), "k")
    parts = [
        Part(s.name, *reversed([s.columns, read_cells(s.path, Wanted(**keys), "k")[0]]), [])
        for s in samples_of(entry["samples"], "k")
    ]
    return joined(parts, "inner", "k")


def has_r(name):
    if shutil.which("Rscript") is None:
        return False
    package = "SeuratObject" if name == "R: Seurat" else "Matrix"
    done = subprocess.run(["Rscript", "-e", f"library({package})"], capture_output=True)
    return done.returncode == 0


@pytest.mark.parametrize("name", [*FORMS, *FORMS_OF_R])
def test_the_same_cells_are_read_from_every_form(tmp_path, name):
    if name in FORMS_OF_R and not has_r(name):
        pytest.skip("R or its package is not installed")
    adata, _ = read({**FORMS, **FORMS_OF_R}[name](tmp_path))
    expected = simulated()
    assert adata.X.dtype == np.float32
    assert adata.X.has_canonical_format
    table = adata.to_df()
    assert sorted(table.index) == sorted(expected.obs_names)
    pd.testing.assert_frame_equal(
        table.loc[expected.obs_names], expected.to_df(), check_dtype=False
    )
    if name not in BARE:
        given = adata.obs.loc[expected.obs_names, "batch"].astype(str)
        assert (given == expected.obs["batch"].astype(str)).all()
    adata.write_h5ad(tmp_path / "written.h5ad")
    again = ad.read_h5ad(tmp_path / "written.h5ad")
    pd.testing.assert_frame_equal(again.obs, adata.obs)
    pd.testing.assert_frame_equal(again.var, adata.var)


def test_a_file_is_known_by_its_content_and_not_by_its_name(tmp_path):
    place = Path(cell_ranger_h5(tmp_path)["path"]).rename(tmp_path / "cells.h5ad")
    assert read_cells(place, Wanted(), "k")[0].shape == simulated().shape
    simulated().write_h5ad(tmp_path / "download")
    assert read_cells(tmp_path / "download", Wanted(), "k")[0].shape == simulated().shape


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; see whether it was downloaded to its end"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "is a pointer of Git LFS and not the file",
        ),
        (b"<!DOCTYPE html><html>", "is a web page and not the file"),
        (b"\xd0\xcf\x11\xe0\x00", "is an Excel file; save it as .csv"),
        (b"BAM\x01\x00", "holds reads; give the counts"),
        (b"\x00\x01\x02 nothing", "has no form that is known; docs/forms.md"),
        (gzip.compress(b"a" * 10000)[:-12], "cannot be read"),
        (b"only a line of text\n", "cannot be read"),
        (b"%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 1\n", "without its tables"),
    ],
    ids=[
        "nothing",
        "pointer",
        "web page",
        "Excel",
        "reads",
        "no form",
        "cut off",
        "a line",
        "no tables",
    ],
)
def test_what_is_no_data_is_one_line_that_says_what_it_is(tmp_path, content, message):
    (tmp_path / "given.mtx").write_bytes(content)
    with pytest.raises(InputError, match=rf"^k: .*given\.mtx .*{message}") as error:
        read_cells(tmp_path / "given.mtx", Wanted(), "k")
    assert "\n" not in str(error.value)


def test_a_folder_of_several_samples_says_how_to_give_them(tmp_path):
    for prefix in ("s1_", "s2_"):
        names = [prefix + name for name in ("matrix.mtx", "features.tsv", "barcodes.tsv")]
        write_mtx(tmp_path / "geo", simulated(), features(simulated()), names)
    with pytest.raises(InputError, match=r"begin with s1_, s2_; .*geo/\{sample\}matrix\.mtx\.gz"):
        read_cells(tmp_path / "geo", Wanted(), "k")


def test_tables_that_do_not_fit_a_matrix_are_refused(tmp_path):
    adata = simulated()
    write_mtx(tmp_path / "short", adata, lines(adata.var_names[:-4]))
    with pytest.raises(
        InputError, match=r"short does not fit: matrix.mtx.gz is \(60, 120\), barcod"
    ):
        read_cells(tmp_path / "short", Wanted(), "k")
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="none has no matrix"):
        read_cells(tmp_path / "none", Wanted(), "k")


TABLES = ("features.tsv", "barcodes.tsv")


@pytest.mark.parametrize(
    ("matrix", "tables", "given"),
    [
        ("GSM1_counts.mtx", ("GSM1_features.tsv", "GSM1_barcodes.tsv"), "folder"),
        ("GSM1_counts.mtx", ("GSM1_genes.tsv", "GSM1_barcodes.tsv"), "matrix"),
        ("GSM1_matrix_filtered.mtx", ("GSM1_features.tsv", "GSM1_barcodes.tsv"), "folder"),
        ("GSM1_matrix_filtered.mtx", ("GSM1_features_filtered.tsv", "GSM1_barcodes.tsv"), "matrix"),
        ("counts.mtx", ("GSM1_features.tsv", "GSM1_barcodes.tsv"), "folder"),
        ("UniqueAndMult-EM.mtx", TABLES, "matrix"),
        ("spliced.mtx", TABLES, "folder"),
    ],
)
@pytest.mark.parametrize("gz", [True, False])
def test_a_matrix_of_any_name_has_the_tables_beside_it(tmp_path, matrix, tables, given, gz):
    adata = simulated()
    write_mtx(tmp_path / "m", adata, features(adata), (matrix, *tables), gz)
    path = next((tmp_path / "m").glob("*.mtx*")) if given == "matrix" else tmp_path / "m"
    found, notes = read_cells(path, Wanted(), "k")
    pd.testing.assert_frame_equal(found.to_df(), adata.to_df(), check_dtype=False)
    assert list(found.var["gene_ids"][:2]) == ["ENSG00000000000", "ENSG00000000001"]
    assert notes == []


def test_of_several_sets_of_tables_a_matrix_has_the_one_that_is_called_as_it_is(tmp_path):
    other, own = simulated(seed=1), simulated()
    own.obs_names = [f"{name}-own" for name in own.obs_names]
    for prefix in ("", "GSM1_", "GSM11_"):
        names = [f"{prefix}{name}" for name in ("x.mtx", *TABLES)]
        write_mtx(tmp_path, other, features(other), names, gz=False)
    for end in ("_raw", "_kept"):
        names = [f"GSM1_{name}{end}" for name in ("features", "barcodes")]
        adata = own if end == "_kept" else other
        write_mtx(tmp_path, adata, features(adata), (f"GSM1_x{end}.mtx", *names), gz=False)
        for name in names:
            (tmp_path / name).rename(tmp_path / f"{name}.tsv")
    found, _ = read_cells(tmp_path / "GSM1_x_kept.mtx", Wanted(), "k")
    pd.testing.assert_frame_equal(found.to_df(), own.to_df(), check_dtype=False)
    assert read_cells(tmp_path / "GSM1_x.mtx", Wanted(), "k")[0].obs_names[0] == "cell0"
    (tmp_path / "GSM2_x.mtx").write_text(matrix_text(own.X.T))
    for name in TABLES:
        (tmp_path / name).unlink()
    with pytest.raises(InputError, match=r"has GSM2_x\.mtx without its tables"):
        read_cells(tmp_path / "GSM2_x.mtx", Wanted(), "k")


@pytest.mark.parametrize("stem", ["spliced", "genes", "counts"])
def test_a_matrix_of_bustools_has_tables_called_as_it_is(tmp_path, stem):
    adata = simulated()
    put(tmp_path / f"{stem}.mtx", matrix_text(adata.X))
    put(tmp_path / f"{stem}.barcodes.txt", lines(adata.obs_names))
    put(tmp_path / f"{stem}.genes.txt", lines(adata.var_names))
    found, _ = read_cells(tmp_path, Wanted(), "k")
    pd.testing.assert_frame_equal(found.to_df(), adata.to_df(), check_dtype=False)
    for name in ("mtx", "barcodes.txt", "genes.txt"):
        shutil.copy(tmp_path / f"{stem}.{name}", tmp_path / f"unspliced.{name}")
    found, _ = read_cells(tmp_path / f"{stem}.mtx", Wanted(), "k")
    pd.testing.assert_frame_equal(found.to_df(), adata.to_df(), check_dtype=False)
    with pytest.raises(
        InputError, match=rf"has the matrices {stem}.mtx, unspliced.mtx; give the path of one, /"
    ):
        read_cells(tmp_path, Wanted(), "k")


def test_several_samples_with_matrices_of_another_name_are_told(tmp_path):
    for prefix in ("s1_", "s2_"):
        names = [f"{prefix}{name}" for name in ("counts.mtx", *TABLES)]
        write_mtx(tmp_path / "geo", simulated(), features(simulated()), names)
    with pytest.raises(InputError, match=r"begin with s1_, s2_; .*geo/\{sample\}counts\.mtx\.gz"):
        read_cells(tmp_path / "geo", Wanted(), "k")


def test_a_folder_above_that_of_the_matrix_says_which_to_give(tmp_path):
    adata = simulated()
    for name in ("raw_feature_bc_matrix", "filtered_feature_bc_matrix"):
        write_mtx(tmp_path / "run/outs" / name, adata, features(adata))
    place = re.escape(str(tmp_path / "run/outs/filtered_feature_bc_matrix"))
    for given in ("run/outs", "run"):
        with pytest.raises(InputError, match=rf"has no matrix \(\.mtx\) itself; give {place}$"):
            read_cells(tmp_path / given, Wanted(), "k")
    for name in ("filtered_feature_bc_matrix.h5", "raw_feature_bc_matrix.h5", "molecule_info.h5"):
        (tmp_path / "run/outs" / name).touch()
    with pytest.raises(InputError, match=rf"itself; give {place} or {place}\.h5$"):
        read_cells(tmp_path / "run/outs", Wanted(), "k")


@pytest.mark.parametrize("cells_in", ["rows", "columns"])
def test_square_matrices_are_taken_as_their_program_writes_them(tmp_path, cells_in):
    adata = simulated(n=60)
    if cells_in == "columns":
        write_mtx(tmp_path / "m", adata, lines(adata.var_names))
    else:
        (tmp_path / "m").mkdir()
        write_mtx(tmp_path / "m", adata.T, lines(adata.obs_names), ("quants_mat.mtx", "a", "b"))
        put(tmp_path / "m/quants_mat_rows.txt", lines(adata.obs_names))
        put(tmp_path / "m/quants_mat_cols.txt", lines(adata.var_names))
    found, _ = read_cells(tmp_path / "m", Wanted(), "k")
    np.testing.assert_array_equal(found.to_df(), adata.to_df())


def test_the_expression_of_one_genome_is_taken(tmp_path):
    genomes = ["GRCh38"] * 40 + ["mm10"] * 20
    kinds = ["Gene Expression"] * 50 + ["Antibody Capture"] * 10
    path = cell_ranger_h5(tmp_path, kinds, genomes)["path"]
    adata, notes = read_cells(path, Wanted(), "k")
    assert adata.n_vars == 50
    assert [note.check for note in notes] == ["features", "genomes"]
    assert "10 Antibody Capture" in notes[0].message
    adata, notes = read_cells(path, Wanted(genome="mm10"), "k")
    assert list(adata.var_names) == [f"gene{i}" for i in range(40, 50)]
    with pytest.raises(InputError, match="has no genome 'hg19'; it has GRCh38, mm10"):
        read_cells(path, Wanted(genome="hg19"), "k")
    old = cell_ranger_2_h5(tmp_path, ["hg19", "mm10"])["path"]
    with pytest.raises(InputError, match="holds the genomes hg19, mm10 apart; name one in genome"):
        read_cells(old, Wanted(), "k")
    assert set(read_cells(old, Wanted(genome="mm10"), "k")[0].var["genome"]) == {"mm10"}


def test_the_samples_of_cell_rangers_aggregation_are_columns(tmp_path):
    adata = simulated()
    adata.obs_names = [f"AAAC{i:09d}-{i % 2 + 1}" for i in range(adata.n_obs)]
    write_mtx(tmp_path / "count/matrix", adata, features(adata))
    (tmp_path / "count/aggregation.csv").write_text(
        "sample_id,molecule_h5,donor\nx,x/molecule_info.h5,d1\ny,y/molecule_info.h5,d2\n"
    )
    found, _ = read_cells(tmp_path / "count/matrix", Wanted(barcode_suffix="number"), "k")
    assert list(found.obs) == ["sample_id", "donor", "number"]
    assert list(found.obs["sample_id"][:3]) == ["x", "y", "x"]
    assert list(found.obs["number"][:3]) == ["1", "2", "1"]
    write_mtx(tmp_path / "other", simulated(), features(adata))
    with pytest.raises(InputError, match="has a cell 'cell0' without a hyphen"):
        read_cells(tmp_path / "other", Wanted(barcode_suffix="number"), "k")
