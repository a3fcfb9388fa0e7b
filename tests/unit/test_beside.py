"""The files that are read with a matrix, so that a change of one of them makes the cells anew."""

from pathlib import Path

import pytest

from aif.workflow.beside import beside


@pytest.mark.parametrize(
    ("matrix", "tables", "others"),
    [
        (
            "GSM1_matrix.mtx.gz",
            ["GSM1_barcodes.tsv.gz", "GSM1_features.tsv.gz"],
            ["GSM2_genes.tsv"],
        ),
        ("GSM1_matrix.mtx", ["barcodes.tsv", "genes.tsv"], ["GSM2_matrix.mtx"]),
        ("GSM1_counts.mtx", ["GSM1_barcodes.tsv", "GSM1_features.tsv"], ["notes.pdf"]),
        ("spliced.mtx", ["spliced.barcodes.txt", "spliced.genes.txt"], ["run.json"]),
    ],
)
def test_a_matrix_of_any_name_is_read_with_its_tables(tmp_path, matrix, tables, others):
    for name in (matrix, *tables, *others):
        (tmp_path / name).write_text("")
    assert sorted(Path(file).name for file in beside(str(tmp_path / matrix))) == sorted(tables)
    folder = {Path(file).name for file in beside(str(tmp_path))}
    assert folder >= {matrix, *tables}


def test_nothing_is_read_with_another_file_or_folder(tmp_path):
    for name in ("cells.h5ad", "cells.tsv"):
        (tmp_path / name).write_text("")
    assert beside(str(tmp_path / "cells.h5ad")) == []
    assert beside(str(tmp_path)) == []
