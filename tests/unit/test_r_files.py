"""Files of R: what its objects hold, and what R cannot give."""

import gzip
import shutil
import subprocess

import pytest
from cells import simulated
from file_forms import ids_of
from file_forms_of_r import matrix_of_cells_by_genes, matrix_of_r

from aif.data.preprocessing import standardise, transform
from aif.errors import InputError
from aif.methods.r_methods import seurat
from aif.reading.cells import read_cells
from aif.reading.content import Wanted

needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


def read(path, **wanted):
    adata, notes = read_cells(path, Wanted(**wanted), "k")
    return adata, [note.message for note in notes]


def test_r_that_is_killed_says_so(tmp_path, monkeypatch):
    (tmp_path / "Rscript").write_text("#!/bin/sh\nkill -9 $$\n")
    (tmp_path / "Rscript").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "cells.rds").write_bytes(b"X\n\x00\x00")
    with pytest.raises(InputError, match="stopped R by signal 9, as for want of memory"):
        read(tmp_path / "cells.rds")
    with pytest.raises(
        RuntimeError, match=r"seurat\.R was ended by signal 9, as for want of memory"
    ):
        seurat(transform(standardise(simulated(), "batch", None), "norm_log"), 0)


@needs_r
def test_a_file_of_r_may_be_compressed_twice(tmp_path):
    entry = matrix_of_r(tmp_path)
    (tmp_path / "GSE1.rds.gz").write_bytes(gzip.compress((tmp_path / "cells.rds").read_bytes()))
    assert read(tmp_path / "GSE1.rds.gz")[0].shape == read(entry["path"])[0].shape


@needs_r
def test_a_matrix_of_r_may_have_cells_in_rows(tmp_path):
    expected = simulated()
    entry = matrix_of_cells_by_genes(tmp_path)
    by_names = read(tmp_path / "cells.rds")[0]
    told = read(tmp_path / "cells.rds", cells_in="columns")[0]
    assert entry["path"] == str(tmp_path / "cells.rds")
    assert list(by_names.var_names) == list(expected.var_names) == list(told.obs_names)
    assert (by_names.X.toarray() == expected.X).all()
    matrix_of_r(tmp_path)
    assert (read(tmp_path / "cells.rds", cells_in="rows")[0].X.toarray() == expected.X.T).all()


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
    cells$lists <- list(c(1, 2), c(3, 4))
    assays <- list(RNA = new("Assay", counts = counts), ADT = new("Assay", counts = counts))
    saveRDS(new("Seurat", assays = assays, meta.data = cells, active.assay = "ADT"), "a.rds")
    """
    subprocess.run(["Rscript", "-e", code], check=True, cwd=tmp_path, capture_output=True)
    adata, notes = read(tmp_path / "a.rds")
    assert list(adata.obs["donor"]) == ["001", "002"]
    assert list(adata.obs["age"]) == [30, 40.5]
    assert notes == [
        "those of RNA; there are ADT besides",
        "obs column 'lists' cannot be read (it holds lists)",
    ]
    assert list(adata.var) == []
    assert len(ids_of(adata)) == 2
