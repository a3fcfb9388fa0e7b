"""Tables of text as people have them: what in them is no count, and what is a number."""

import lzma

import pandas as pd
import pytest

from aif.errors import InputError
from aif.reading.cells import read_cells
from aif.reading.content import Unread, Wanted
from aif.reading.genes import expressed, named
from aif.reading.notes import Note
from aif.reading.text_files import typed


def table(folder, text, **wanted):
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    adata, notes = read_cells(path, Wanted(**wanted), "k")
    return adata, [note.message for note in notes]


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
        ("gene;c1;c2\nA;1,5;2\nB;2;5\n", "decimal commas; write decimal numbers with points"),
        ("gene\tc1\t\nA\t1\t2\n", "its last column has no name"),
        ("gene,x,x,c1\nA,a,b,1\n", "column name 'x' more than once"),
        ("gene,cell,n\nA,c1,1\nA,c2,2\nB,c1,3\n", "a line for each gene and cell; make it a table"),
        ("gene,cell,n\nA,c1,1\nB,c1,2\nC,c1,3\n", "a line for each gene and cell; make it a table"),
        ("symbol,id,c1\nM,E1,1\nM,E2,2\nB,E3,3\n", "gene name 'M' more than once"),
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


def test_a_text_of_excel_in_two_bytes_a_letter_is_read(tmp_path):
    adata, _ = table(tmp_path, "gene\tc1\nA\t1\nÄ\t2\n".encode("utf-16"), cells_in="columns")
    assert list(adata.var_names) == ["A", "Ä"]


def test_a_tab_behind_the_header_of_r_moves_no_name(tmp_path):
    adata, _ = table(tmp_path, "c1\tc2\t\nA\t1\t2\nB\t3\t4\n", cells_in="columns")
    assert adata.to_df().to_dict("list") == {"A": [1, 2], "B": [3, 4]}
    assert list(adata.obs_names) == ["c1", "c2"]


def test_columns_that_tell_of_cells_are_no_genes(tmp_path):
    text = "cell,A,nCount_RNA,percent.mt,batch,B\nc1,1,900,0.5,2,3\nc2,4,800,0.25,1,6\n"
    adata, notes = table(tmp_path, text, cells_in="rows")
    assert adata.to_df().to_dict("list") == {"A": [1, 4], "B": [3, 6]}
    assert list(adata.obs["nCount_RNA"]) == [900, 800]
    assert list(adata.obs["batch"]) == [2, 1]
    assert notes == ["columns that tell of cells and are no genes: nCount_RNA, percent.mt, batch"]
    text = "cell,A,batch,percent.mt\nc1,1,20211103,\nc2,4,20211104,0.25\n"
    obs = table(tmp_path, text)[0].obs
    assert list(obs["batch"]) == [20211103, 20211104]
    assert list(obs["percent.mt"].isna()) == [True, False]
    text = '"","batch","A","B"\n"1","007",1,2\n"2","07",3,4\n'
    assert list(table(tmp_path, text)[0].obs["batch"]) == ["007", "07"]


def test_biotypes_are_kinds_of_genes():
    kinds = ["protein_coding", "lncRNA", "TR_V_gene", None]
    for name in ("feature_type", "feature_types"):
        kept, notes = expressed(pd.DataFrame({name: kinds}), None)
        assert kept.tolist() == [True] * 4
        assert notes == []
    kinds = ["protein_coding", "synthetic", "lncRNA", "Antibody Capture"]
    kept, notes = expressed(pd.DataFrame({"feature_type": kinds}), None)
    assert kept.tolist() == [True, False, True, False]
    assert notes[0].message == (
        "left out as no gene expression: 1 synthetic, 1 Antibody Capture (feature_type)"
    )


def test_genes_that_are_named_by_numbers_have_whole_ones():
    genes = pd.DataFrame({"entrez": [7.0, 12.0, None], "name": [" A", "B ", ""]}, ["x", "y", "z"])
    for column in (genes["entrez"], genes["entrez"].astype("category")):
        assert list(named(genes.assign(entrez=column), "entrez")[0].index) == ["7", "12", "z"]
    assert list(named(genes, "name")[0].index) == ["A", "B", "z"]
    ids = genes.rename(columns={"entrez": "gene_ids"}).iloc[:2]
    assert list(named(ids.set_axis(["", "B"]), None)[0].index) == ["7", "B"]


def test_a_column_of_names_that_cannot_be_read_is_told_with_its_reason():
    genes = pd.DataFrame({"a": ["x"]})
    notes = [Note("columns", "warning", f"var column {c!r} cannot be read (too new)") for c in "pq"]
    with pytest.raises(
        Unread, match=r"gene_names 'q' .*\(var column 'q' cannot .*new\)\); it has \['a"
    ):
        named(genes, "q", notes)
    with pytest.raises(Unread, match=r"no gene_names 'r' beside the counts; it has \['a'\]"):
        named(genes, "r", notes)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["34", "8.5"], [34, 8.5]),
        (["0", "1e-05", "-2.0"], [0, 1e-5, -2]),
        (["1", "", "NA"], [1, None, None]),
        (["1.1", "1.10"], ["1.1", "1.10"]),
        (["1", "1.0"], ["1", "1.0"]),
        (["007", "8"], ["007", "8"]),
        (["1E2", "1E3"], ["1E2", "1E3"]),
        (["1e+999", "1"], ["1e+999", "1"]),
        (["9007199254740993", "1"], ["9007199254740993", "1"]),
        (["x", "", "1"], ["x", None, "1"]),
    ],
)
def test_a_column_is_numbers_where_that_loses_nothing(texts, expected):
    found = typed(pd.Series(texts))
    assert [None if pd.isna(value) else value for value in found] == expected
