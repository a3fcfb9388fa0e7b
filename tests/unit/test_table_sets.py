"""Data sets from text tables: R's forms, both orientations, several batches, errors in one line."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.errors import InputError
from aif.reading import text_tables
from aif.reading.content import Wanted
from aif.reading.table_sets import Table, read_dataset

SIMULATION = Path(__file__).parents[3] / "shared/data/downloads/tran_dataset3_sim5"
COUNTS = "g1\tg2\tg3\nc1\t1\t0\t2\nc2\t0\t4\t0\n"
CELLS = "batch\tkind\nc2\tx\tk1\nc1\ty\tk2\nc9\ty\tk2\n"
GENES = "Gene\tDEFack1\ng3\tg3\t1\ng2\tg2\t2\ng1\tg1\t3\n"


@pytest.fixture
def read(tmp_path):
    """Read a data set from texts; several of a kind are a list."""

    def read(expression=COUNTS, cells=CELLS, genes=(), cells_in="rows", join="inner", **keys):
        given = {"expression": expression, "cells": cells, "genes": genes}
        kinds = {}
        for kind, texts in given.items():
            kinds[kind] = []
            for i, text in enumerate([texts] if isinstance(texts, str | bytes) else texts):
                path = tmp_path / f"{kind}.{i}"
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
                kinds[kind].append(Table(f"datasets.d.tables.{kind}.{i}", str(path)))
        wanted = Wanted(cells_in=cells_in, **keys)
        return read_dataset(**kinds, wanted=wanted, join=join, key="datasets.d.tables")[0]

    return read


def transposed(text):
    rows = [line.split("\t") for line in text.splitlines()]
    rows[0].insert(0, "")
    return "\n".join("\t".join(row) for row in zip(*rows, strict=True)) + "\n"


@pytest.mark.parametrize(
    ("text", "cells_in"),
    [
        (COUNTS, "rows"),
        ("name\t" + COUNTS, "rows"),
        ('"g1"\t"g2"\t"g3"\r\n"c1"\t1\t0\t2\r\n"c2"\t0\t4.0\t0', "rows"),
        (gzip.compress(COUNTS.encode()), "rows"),
        (bz2.compress(COUNTS.encode()), "rows"),
        (COUNTS.replace("\t", ","), "rows"),
        ("name;" + COUNTS.replace("\t", ";"), "rows"),
        (COUNTS.replace("\t", " "), "rows"),
        ("## made by a pipeline\n## of version 2\n" + COUNTS, "rows"),
        ("\ufeff" + COUNTS, "rows"),
        (transposed(COUNTS), "columns"),
    ],
    ids=[
        *(
            "short header",
            "full header",
            "quotes",
            "gzip",
            "bzip2",
            "commas",
            "semicolons",
            "blanks",
        ),
        *("comments", "byte order mark", "genes by cells"),
    ],
)
def test_all_forms_of_a_table_give_the_same_data_set(read, text, cells_in, monkeypatch):
    # A row at a time, as large tables are read in several chunks.
    monkeypatch.setattr(text_tables, "CHUNK", 1)
    adata = read(text, genes=GENES, cells_in=cells_in)
    assert sparse.issparse(adata.X)
    assert adata.X.dtype == np.float32
    assert adata.X.toarray().tolist() == [[1, 0, 2], [0, 4, 0]]
    assert list(adata.obs_names) == ["c1", "c2"]
    assert adata.obs["kind"].tolist() == ["k2", "k1"]
    assert adata.var["DEFack1"].tolist() == [3, 2, 1]


def test_several_tables_are_batches_of_the_genes_they_share(read, tmp_path):
    expression = ["g3\tg1\nc1\t1\t2\n", "g1\tg2\tg3\nd1\t3\t4\t5\nd2\t6\t7\t8\n"]
    adata = read(expression, ["kind\nc1\tk1\n", "kind\tgood\nd1\tk1\tTRUE\nd2\tk2\tFALSE\n"])
    assert list(adata.var_names) == ["g3", "g1"]
    assert adata.X.toarray().tolist() == [[1, 2], [5, 3], [8, 6]]
    assert adata.obs["batch"].tolist() == ["batch1", "batch2", "batch2"]
    assert adata.obs["kind"].tolist() == ["k1", "k1", "k2"]
    adata.write_h5ad(tmp_path / "written.h5ad")
    named = read(expression, "batch\nc1\tx\nd1\tx\nd2\ty\n")
    assert named.obs["batch"].tolist() == ["x", "x", "y"]
    assert "batch" not in read(cells="kind\nc1\tk\nc2\tk\n").obs
    every = read(expression, (), join="outer")
    assert every.to_df().loc["c1"].to_dict() == {"g3": 1, "g1": 2, "g2": 0}
    assert every.obs["batch"].tolist() == ["batch1", "batch2", "batch2"]


def test_cells_of_several_tables_may_have_the_same_names_if_no_table_tells_of_them(read):
    assert list(read([COUNTS, COUNTS], ()).obs_names) == [
        *("c1-batch1", "c2-batch1", "c1-batch2", "c2-batch2"),
    ]


def test_symbols_beside_the_ids_are_a_column_of_genes(read):
    adata = read("id\tsymbol\tc1\tc2\ng1\tS1\t1\t2\ng2\tS2\t0\t3\n", cells_in="columns")
    assert adata.X.toarray().tolist() == [[1, 0], [2, 3]]
    assert adata.var["symbol"].tolist() == ["S1", "S2"]


def test_names_in_the_table_of_cells_stay_as_they_are(read):
    cells = "batch\twell\tage\nc1\t007\t1E2\t34\nc2\t07\t1E3\tNA\n"
    obs = read(cells=cells).obs
    assert list(obs["batch"]) == ["007", "07"]
    assert list(obs["well"]) == ["1E2", "1E3"]
    assert list(obs["age"].isna()) == [False, True]
    with pytest.raises(InputError, match=r"cells\.0: .* has column 'batch' twice; rename one"):
        read(cells="batch\tbatch\nc1\tx\ty\nc2\tx\tz\n")


def test_a_column_of_two_tables_must_say_the_same(read):
    counts = "cell\tbatch\tg1\tg2\nc1\tb0\t1\t2\nc2\tb1\t3\t4\n"
    with pytest.raises(
        InputError, match=r"^datasets\.d\.tables\.cells: column 'batch' is in"
    ) as error:
        read(counts, "batch\nc2\tb1\nc1\ty\nc9\tz\n")
    assert str(error.value).endswith(
        "with other values ('c1' has b0 there and y here); remove or rename one of them"
    )
    assert read(counts, "batch\nc2\tb1\nc1\tb0\n").obs["batch"].tolist() == ["b0", "b1"]
    assert read(counts, "kind\nc2\tk\nc1\tk\n").obs["batch"].tolist() == ["b0", "b1"]
    numbers = counts.replace("b0", "1").replace("b1", "2")
    assert read(numbers, "batch\nc2\t2.0\nc1\t1.0\n").obs["batch"].tolist() == [1, 2]
    with pytest.raises(InputError, match=r"column 'batch' .*'c2' has 2.* there and 3.* here"):
        read(numbers, "batch\nc2\t3\nc1\t1\n")
    # Nothing is lost where the table of expression says nothing, and something where the other does.
    assert read(counts.replace("b0", "NA"), "batch\nc1\ty\nc2\tb1\n").obs["batch"][0] == "y"
    with pytest.raises(InputError, match="'c1' has b0 there and nan here"):
        read(counts, "batch\nc1\tNA\nc2\tb1\n")


def test_of_several_tables_each_is_held_to_the_table_of_cells(read):
    first, second = "cell\tbatch\tg1\nc1\tb0\t1\n", "cell\tg1\nd1\t1\n"
    cells = "batch\nc1\tb0\nd1\tz\n"
    assert read([first, second], cells).obs["batch"].tolist() == ["b0", "z"]
    with pytest.raises(InputError, match=r"column 'batch' .*'c1' has b0 there and y here"):
        read([first, second], cells.replace("b0", "y"))


def test_a_column_of_genes_in_two_tables_must_say_the_same(read):
    counts = "id\tsymbol\tc1\tc2\ng1\tS1\t1\t2\ng2\tS2\t0\t3\n"
    genes = "symbol\tlength\ng2\tS2\t7\ng1\tS1\t8\n"
    adata = read(counts, genes=genes, cells_in="columns")
    assert adata.var.to_dict("list") == {"symbol": ["S1", "S2"], "length": [8, 7]}
    with pytest.raises(
        InputError, match=r"tables\.genes: column 'symbol' .*'g2' has S2 there and T"
    ):
        read(counts, genes=genes.replace("S2", "T"), cells_in="columns")


def test_genes_are_named_by_a_column_of_either_table(read):
    counts = "id\tsymbol\tc1\tc2\ng1\tS1\t1\t2\ng2\tS2\t0\t3\n"
    of_ids = {"cells_in": "columns", "genes": "length\tname\ng2\t7\tN2\ng1\t8\tN1\n"}
    own = read(counts, gene_names="symbol", **of_ids)
    assert list(own.var_names) == ["S1", "S2"]
    assert list(own.var["length"]) == [8, 7]
    assert list(own.var["gene_ids"]) == ["g1", "g2"]
    other = read(counts, gene_names="name", **of_ids)
    assert list(other.var_names) == ["N1", "N2"]
    assert other.X.toarray().tolist() == [[1, 0], [2, 3]]
    with pytest.raises(InputError, match=r"expression\.0: .* no gene_names 'q' .*'name', 'symbol'"):
        read(counts, gene_names="q", **of_ids)


def test_of_several_tables_only_the_genes_that_are_taken_need_rows(read):
    expression = ["g1\tg2\nc1\t1\t2\n", "g3\tg1\nd1\t3\t4\n"]
    genes = "name\ng1\tN1\n"
    adata = read(expression, (), genes, gene_names="name")
    assert adata.to_df().to_dict("list") == {"N1": [1, 4]}
    with pytest.raises(
        InputError, match=r"genes: gene 'g2' .* has no row in .* \(2 of 3 have none"
    ):
        read(expression, (), genes, gene_names="name", join="outer")
    every = read(expression, (), genes + "g2\tN2\ng3\tN3\n", gene_names="name", join="outer")
    assert every.to_df().to_dict("list") == {"N1": [1, 4], "N2": [2, 0], "N3": [0, 3]}


def test_features_that_the_table_of_genes_calls_antibodies_are_no_genes(read):
    genes = "feature_types\ng1\tGene Expression\ng2\tAntibody Capture\ng3\tGene Expression\n"
    assert list(read(genes=genes).var_names) == ["g1", "g3"]


def test_names_that_r_has_changed_are_those_of_the_table_of_cells(read):
    counts = COUNTS.replace("c1", "X1.a").replace("c2", "AAC.1")
    assert read(counts, "kind\nAAC-1\tk1\n1-a\tk2\n").obs["kind"].tolist() == ["k2", "k1"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"expression": ""},
            r"expression\.0: .*cannot be read as a table with a header.*it is empty",
        ),
        ({"expression": "g1\tg2\n"}, r"expression\.0: .*cannot be read"),
        ({"expression": COUNTS.replace("\t", "|")}, r"its header has 1 fields, the next line 1"),
        ({"expression": COUNTS + "c3\t1\t2\n"}, r"\(a field is empty\)"),
        ({"expression": COUNTS + "c3\t1\t2\t3\t4\n"}, r"Expected 4 fields in line 4, saw 5"),
        ({"expression": COUNTS.replace("4", "many")}, r"could not convert string to float: 'many'"),
        ({"expression": gzip.compress(COUNTS.encode())[:-9]}, r"see whether it is complete"),
        (
            {"expression": COUNTS + "c1\t1\t2\t3\n"},
            r"\.0 has cell name 'c1' more than once \(1 rep",
        ),
        ({"expression": COUNTS.replace("g2", "g1")}, r"\.0 has gene name 'g1' more than once"),
        (
            {"expression": COUNTS.replace("g2", "1-Mar").replace("g1", "1-Mar")},
            r"'1-Mar' more than once .*; Excel has made dates of genes' names",
        ),
        (
            {"expression": ["g1\nc1\t1\n", "g2\nc2\t1\n"]},
            r"expression: .* share no gene of 1 in batch1",
        ),
        (
            {"cells": "kind\nc2\tk\n"},
            r"cells: cell 'c1' of the expression has no row in .*cells\.0 ",
        ),
        (
            {"cells_in": "columns"},
            r"cells: cell 'g1' .* has no row .*see whether cells_in is right",
        ),
        ({"cells": CELLS + "c2\tx\tk1\n"}, r"cells: .*cells\.0 has cell name 'c2' more than "),
        (
            {"genes": "Gene\ng1\tg1\ng3\tg3\n"},
            r"genes: gene 'g2' .* has no row in .*genes\.0 \(1 of",
        ),
    ],
)
def test_an_error_is_one_line_that_names_key_and_file(read, given, message):
    with pytest.raises(InputError, match=r"^datasets\.d\.tables\..*" + message) as error:
        read(**given)
    assert "\n" not in str(error.value)


def test_a_published_simulation_is_read_as_it_stands(tmp_path):
    if not SIMULATION.exists():
        pytest.skip("the published simulation 5 is not beside the project")
    files = {"expression": "counts_HVG.txt", "cells": "cellinfo.txt", "genes": "geneinfo.txt"}
    kinds = {kind: [Table(kind, str(SIMULATION / file))] for kind, file in files.items()}
    adata, _ = read_dataset(**kinds, wanted=Wanted(cells_in="rows"), join="inner", key="d")
    lines = (SIMULATION / "counts_HVG.txt").read_text().splitlines()
    counts = [[int(value) for value in line.split("\t")[1:]] for line in lines[1:]]
    np.testing.assert_array_equal(adata.X.toarray(), counts)
    assert list(adata.var_names) == lines[0].split("\t")
    info = pd.read_csv(SIMULATION / "cellinfo.txt", sep="\t").set_index("Cell")
    assert (adata.obs["Batch"].astype(str) == info["Batch"]).all()
    assert (adata.obs["Group"].astype(str) == info["Group"]).all()
    truth = pd.read_csv(SIMULATION / "geneinfo.txt", sep="\t").set_index("Gene")
    assert (adata.var["DEFacGroup2"] == truth.loc[adata.var_names, "DEFacGroup2"]).all()
