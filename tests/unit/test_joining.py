"""The cells of many files as one data set: which genes are the same, and what is never done in silence."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.data.groups import with_groups
from aif.errors import InputError
from aif.reading.joining import Part, joined
from aif.reading.notes import LACKING, Note

KEY = "datasets.d.samples"


def part(name, genes, counts, cells=("c1", "c2"), ids=None, notes=(), columns=None, **obs):
    var = pd.DataFrame(index=list(genes))
    if ids is not None:
        var["gene_ids"] = list(ids)
    table = pd.DataFrame(obs, index=list(cells))
    adata = ad.AnnData(sparse.csr_matrix(np.array(counts, np.float32)), table, var)
    return Part(name, adata, {"sample": name} if columns is None else columns, list(notes))


def values(adata):
    return adata.to_df().astype(int).to_dict("list")


def test_samples_are_joined_on_the_genes_they_share(tmp_path):
    first = part("s1", ["g1", "g2", "g3"], [[1, 2, 3], [4, 5, 6]], kind=["k", "l"])
    second = part("s2", ["g3", "g1"], [[7, 8], [9, 0]], kind=["l", "l"])
    adata, notes = joined([first, second], "inner", KEY)
    assert sparse.issparse(adata.X)
    assert values(adata) == {"g1": [1, 4, 8, 0], "g3": [3, 6, 7, 9]}
    assert list(adata.obs_names) == ["c1-s1", "c2-s1", "c1-s2", "c2-s2"]
    assert list(adata.obs["sample"]) == ["s1", "s1", "s2", "s2"]
    assert list(adata.obs["kind"]) == ["k", "l", "l", "l"]
    assert notes == [
        Note(
            "shared genes",
            "ok",
            "all samples share 2 genes by their names, 100% of the 2 of s2 (the most are 3)",
        )
    ]
    adata.write_h5ad(tmp_path / "written.h5ad")


def test_a_sheets_numbers_are_numbers_and_its_names_are_texts():
    sheet = {"age": ("34", "8.5"), "lane": ("007", "008"), "state": ("ill", ""), "dose": ("1", "")}
    parts = [
        part(
            name, ["g1"], [[1], [2]], columns={"sample": name} | {k: v[i] for k, v in sheet.items()}
        )
        for i, name in enumerate(("1", "2"))
    ]
    obs = joined(parts, "inner", KEY)[0].obs
    assert list(obs["age"]) == [34, 34, 8.5, 8.5]
    assert list(obs["sample"]) == ["1", "1", "2", "2"]
    assert list(obs["lane"]) == ["007", "007", "008", "008"]
    assert list(obs["state"][:2]) == ["ill", "ill"]
    assert obs[["state", "dose"]].isna().to_numpy().tolist() == [[False] * 2] * 2 + [[True] * 2] * 2


def test_groups_that_are_numbered_stay_groups():
    parts = [
        part(name, ["g1"], [[1], [2]], stage=pd.Categorical(stages))
        for name, stages in (("s1", [1, 2]), ("s2", [1, 3]))
    ]
    obs = joined(parts, "inner", KEY)[0].obs
    assert isinstance(obs["stage"].dtype, pd.CategoricalDtype)
    assert list(obs["stage"]) == [1, 2, 1, 3]


def test_a_column_that_a_sample_lacks_is_kept_and_told(tmp_path):
    types, ages = pd.Categorical(["T", "B"]), [34, 35]
    first = part("s0", ["g1"], [[1], [2]], cell_type=types, age=ages, stage=pd.Categorical([1, 2]))
    adata, notes = joined([first, part("s1", ["g1"], [[3], [4]])], "inner", KEY)
    assert list(adata.obs["cell_type"][:2]) == ["T", "B"]
    assert list(adata.obs["age"][:2]) == [34, 35]
    assert list(adata.obs["stage"].cat.categories) == [1, 2]
    missing = adata.obs[["cell_type", "age", "stage"]].isna().to_numpy()
    assert missing.tolist() == [[False] * 3] * 2 + [[True] * 3] * 2
    said = "s1: the cells have no value in 'cell_type', 'age', 'stage', which other samples have"
    assert notes[0] == Note(LACKING, "warning", said)
    adata.write_h5ad(tmp_path / "written.h5ad")
    of_types = ad.read_h5ad(tmp_path / "written.h5ad").obs["cell_type"]
    standard = with_groups(adata.obs.assign(cell_type=of_types), "sample", "cell_type")
    assert standard["cell_type"].isna().tolist() == [False, False, True, True]


def test_columns_that_samples_lack_are_told_together():
    own = [{"a": [1, 2], "b": [1, 2]}, {"a": [1, 2], "b": [3, 4], "x": [0, 1]}, {}, {"y": [5, 6]}]
    parts = [part(f"s{i}", ["g1"], [[1], [2]], **columns) for i, columns in enumerate(own)]
    empty = part("s4", ["g1"], np.zeros((0, 1)), cells=())
    adata, notes = joined([*parts, empty], "inner", KEY)
    assert [note.message for note in notes if note.check == LACKING] == [
        "s2, s3: the cells have no value in 'a', 'b', which other samples have",
        "of all samples one alone has a column, and other cells no value: s1 'x'; s3 'y'",
    ]
    assert adata.obs["b"].dropna().tolist() == [1, 2, 3, 4]


def test_a_sample_without_cells_is_told():
    first = part("s1", ["g1"], [[1], [2]])
    second = part("s2", ["g1"], np.zeros((0, 1)), cells=())
    _, notes = joined([first, second], "inner", KEY)
    assert (notes[0].status, notes[0].message) == ("warning", "s2: there are no cells")


def test_genes_that_some_lack_are_0_if_all_are_asked_for():
    first = part("s1", ["g1", "g2"], [[1, 2], [3, 4]])
    second = part("s2", ["g3", "g1"], [[7, 8], [9, 5]], cells=["c3", "c4"])
    adata, notes = joined([first, second], "outer", KEY)
    assert values(adata) == {"g1": [1, 3, 8, 5], "g2": [2, 4, 0, 0], "g3": [0, 0, 7, 9]}
    assert list(adata.obs_names) == ["c1", "c2", "c3", "c4"]
    assert notes[0].status == "warning"
    assert "a sample that lacks one counts 0, which looks like a batch effect" in notes[0].message


def test_genes_are_the_same_where_their_ids_are_whatever_their_names_and_versions():
    first = part("s1", ["A", "A-1", "OLD"], [[1, 2, 3]] * 2, ids=["E1.4", "E2.1", "E3.9"])
    second = part("s2", ["NEW", "A", "B"], [[4, 5, 6]] * 2, ids=["E3.10", "E2.1", "E4.1"])
    adata, notes = joined([first, second], "inner", KEY)
    assert values(adata) == {"A-1": [2, 2, 5, 5], "OLD": [3, 3, 4, 4]}
    assert "share 2 genes by their ids" in notes[0].message


def test_names_that_look_like_ids_are_ids():
    names = [f"ENSG0000000000{i}" for i in range(3)]
    first = part("s1", [f"{name}.2" for name in names], [[1, 2, 3]] * 2)
    second = part("s2", ["x", "y", "z"], [[4, 5, 6]] * 2, ids=names[::-1])
    adata, _ = joined([first, second], "inner", KEY)
    assert adata.to_df().iloc[2].tolist() == [6, 5, 4]
    assert list(adata.var_names) == [f"{name}.2" for name in names]


def test_a_few_shared_genes_are_a_warning_and_hardly_any_an_error():
    genes = [f"g{i}" for i in range(200)]
    counts = np.ones((2, 200))
    few = [*genes[:8], *(f"h{i}" for i in range(192))]
    _, notes = joined([part("s1", genes, counts), part("s2", few, counts)], "inner", KEY)
    assert notes[0][:2] == ("shared genes", "warning")
    assert "share 8 genes by their names, 4% of the 200 of s1" in notes[0].message
    one = [genes[0], *(f"h{i}" for i in range(199))]
    with pytest.raises(
        InputError, match=rf"^{KEY}: the samples share 1 genes of 200 in s1; are thei"
    ):
        joined([part("s1", genes, counts), part("s2", one, counts)], "inner", KEY)


def test_samples_of_different_kinds_are_not_joined():
    counts = np.array([[1, 2, 3], [4, 5, 6]])
    kinds = {
        "logarithms": np.log1p(counts),
        "scaled values": counts - 3.5,
        "normalised values": counts * 9.7,
    }
    for kind, other in kinds.items():
        parts = [part("s1", "abc", counts), part("s2", "abc", counts), part("s3", "abc", other)]
        with pytest.raises(
            InputError, match=rf"of different kinds \(s1 counts, s3 {kind}\); give"
        ) as error:
            joined(parts, "inner", KEY)
        assert "a column layer in the sheet" in str(error.value)


def test_no_column_of_a_file_is_overwritten():
    own = part("pool1", "ab", [[1, 2]] * 2, sample=["d1", "d2"])
    with pytest.raises(
        InputError, match=r"sample 'pool1' has a column 'sample' of its own \(d1, d2"
    ):
        joined([own, own], "inner", KEY)
    kept = [
        own._replace(columns={}),
        part("pool2", "ab", [[1, 2]] * 2, columns={}, sample=["d1", "d3"]),
    ]
    assert list(joined(kept, "inner", KEY)[0].obs["sample"]) == ["d1", "d2", "d1", "d3"]
    same = part("s1", "ab", [[1, 2]] * 2, sample=["s1", "s1"])
    assert set(joined([same], "inner", KEY)[0].obs["sample"]) == {"s1"}


def test_a_column_may_have_the_name_of_the_index():
    first, second = (part(name, "ab", [[1, 2]] * 2, columns={"barcode": name}) for name in "xy")
    first.cells.obs.index.name = "barcode"
    assert list(joined([first, second], "inner", KEY)[0].obs["barcode"]) == ["x", "x", "y", "y"]


def test_names_without_ids_must_differ_within_a_file():
    with pytest.raises(
        InputError, match=r"gene name 'a' is not unique in sample 's1' \(1 repeats\)"
    ):
        joined([part("s1", "aab", [[1, 2, 3]] * 2), part("s2", "ab", [[1, 2]] * 2)], "inner", KEY)


def test_notes_of_some_files_name_them():
    everywhere, once = Note("a", "ok", "said"), Note("b", "warning", "found")
    parts = [part("s1", "ab", [[1, 2]] * 2, notes=[everywhere, once])]
    parts.append(part("s2", "ab", [[1, 2]] * 2, notes=[everywhere]))
    notes = joined(parts, "inner", KEY)[1]
    assert notes[:2] == [everywhere, Note("b", "warning", "s1: found")]


def test_columns_of_genes_stay_where_no_two_files_differ():
    first, second = part("s1", "ab", [[1, 2]] * 2), part("s2", "ab", [[1, 2]] * 2)
    first.cells.var = first.cells.var.assign(same=["x", "y"], other=[1, 2], own=1)
    second.cells.var = second.cells.var.assign(same=["x", "y"], other=[1, 3])
    var = joined([first, second], "inner", KEY)[0].var
    assert list(var) == ["same"]
    assert list(var["same"]) == ["x", "y"]
