"""Data sets of many files: which samples there are, and their cells as one data set."""

import anndata as ad
import h5py
import numpy as np
import pytest
from cells import simulated
from scipy import io, sparse

from aif.config.samples import Sample, samples_of
from aif.data.sample_cells import joined_samples, read_sample
from aif.errors import InputError

KEY = "datasets.d.samples"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_h5ad(path, genes, counts, cells=("c1", "c2"), **obs):
    adata = ad.AnnData(sparse.csr_matrix(np.array(counts, np.float32)))
    adata.obs_names, adata.var_names = cells, genes
    for column, values in obs.items():
        adata.obs[column] = values
    path.parent.mkdir(exist_ok=True)
    adata.write_h5ad(path)


def write_mtx(folder, adata):
    """Write a directory as Cell Ranger does: genes × cells, with ids and symbols."""
    folder.mkdir()
    io.mmwrite(folder / "matrix.mtx", adata.X.T.astype(int))
    (folder / "barcodes.tsv").write_text("\n".join(adata.obs_names))
    (folder / "genes.tsv").write_text("\n".join(f"E{g}\t{g}" for g in adata.var_names))


def write_10x(path, adata):
    """Write a file as Cell Ranger 3 does."""
    counts = sparse.csr_matrix(adata.X)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(counts, name).astype(int)
        group["shape"] = adata.shape[::-1]
        group["barcodes"] = adata.obs_names.to_numpy().astype("S")
        features = group.create_group("features")
        features["name"] = features["id"] = adata.var_names.to_numpy().astype("S")
        for column in ("feature_type", "genome"):
            features[column] = np.array(["Gene Expression"] * adata.n_vars, "S")


def test_a_sheet_gives_its_rows_in_order(here):
    for name in ("b.h5ad", "a.h5ad"):
        (here / name).touch()
    (here / "sheet.tsv").write_text("sample\tpath\tdonor\ns2\tb.h5ad\td1\ns1\ta.h5ad\td2\n")
    assert samples_of("sheet.tsv", KEY) == [
        Sample("b.h5ad", {"sample": "s2", "donor": "d1"}),
        Sample("a.h5ad", {"sample": "s1", "donor": "d2"}),
    ]


def test_a_pattern_gives_the_files_it_matches_in_the_order_of_their_names(here):
    for name in ("s10_ill", "s9_well", "deep/s8_ill"):
        (here / "counts" / name).mkdir(parents=True)
        (here / "counts" / name / "s9.h5").touch()
    (here / "linked").symlink_to(here / "counts")
    (here / "counts/.hidden_well").mkdir()
    assert samples_of("linked/{sample}_{state}/s9.h5", KEY) == [
        Sample("linked/s10_ill/s9.h5", {"sample": "s10", "state": "ill"}),
        Sample("linked/s9_well/s9.h5", {"sample": "s9", "state": "well"}),
    ]
    folders = [Sample(f"counts/{n}", {"sample": n}) for n in ("deep", "s10_ill", "s9_well")]
    assert samples_of("counts/{sample}", KEY) == folders
    twice = Sample("counts/s9_well/s9.h5", {"sample": "s9", "state": "well"})
    assert samples_of("counts/{sample}_{state}/{sample}.h5", KEY) == [twice]


@pytest.mark.parametrize(
    ("given", "sheet", "message"),
    [
        ("no.tsv", None, r"there is no file 'no.tsv'; give a sheet"),
        ("{donor}.h5ad", None, r"'\{donor\}.h5ad' has no \{sample\}"),
        ("{sample}.h5", None, r"no file matches '\{sample\}.h5'"),
        ("{sample,s.}.h5", None, r"'\{sample,s.\}.h5' has no \{sample\}"),
        ("sheet", "sample,path\n", r"sheet has no column 'sample'"),
        ("sheet", "sample\nx\n", r"sheet has no column 'path'"),
        ("sheet", "sample\tpath\n", r"sheet has no rows"),
        ("sheet", "sample\tpath\t\ns1\ta\t\n", r"sheet has a column without a name"),
        ("sheet", "sample\tpath\n\ns1\n", r"line 3 of sheet has not as many fields"),
        ("sheet", "sample\tpath\ns1\ta\tb\n", r"line 2 of sheet has not as many fields"),
        ("sheet", "sample\tpath\ns1\ta\ns1\ta\n", r"sample 's1' stands twice in sheet"),
        ("sheet", "sample\tpath\n\ta\n", r"a has no sample's name in sheet"),
        ("sheet", "sample\tpath\ns1\tb\n", r"there is no 'b', the path of sample 's1' in sheet"),
        ("sheet", "sample\tpath\ns\xff\ta\n", r"sheet is no tab-separated text"),
    ],
)
def test_what_is_wrong_with_samples_is_one_line(here, given, sheet, message):
    (here / "a").touch()
    if sheet is not None:
        (here / given).write_text(sheet, encoding="latin-1")
    with pytest.raises(InputError, match=f"^{KEY}: .*{message}") as error:
        samples_of(given, KEY)
    assert "\n" not in str(error.value)


def test_samples_are_joined_on_the_genes_they_share(here):
    write_h5ad(here / "a.h5ad", ["g1", "g2", "g3"], [[1, 2, 3], [4, 5, 6]], kind=["k", "l"])
    write_h5ad(here / "b.h5ad", ["g3", "g1"], [[7, 8], [9, 0]], kind=["l", "l"], own=[1, 2])
    columns = [{"sample": "s1", "donor": "d"}, {"sample": "s2", "donor": "d"}]
    adata = joined_samples(["a.h5ad", "b.h5ad"], columns, KEY)
    assert sparse.issparse(adata.X)
    assert adata.to_df().to_dict("list") == {"g1": [1, 4, 8, 0], "g3": [3, 6, 7, 9]}
    assert list(adata.obs_names) == ["c1-s1", "c2-s1", "c1-s2", "c2-s2"]
    assert list(adata.obs["sample"]) == ["s1", "s1", "s2", "s2"]
    assert set(adata.obs["donor"]) == {"d"}
    assert list(adata.obs["kind"]) == ["k", "l", "l", "l"]
    assert "own" not in adata.obs
    adata.write_h5ad(here / "written.h5ad")


def test_names_that_are_unique_stay_as_they_are(here):
    write_h5ad(here / "a.h5ad", ["g"], [[1], [2]])
    write_h5ad(here / "b.h5ad", ["g"], [[1], [2]], cells=["c3", "c4"])
    adata = joined_samples(["a.h5ad", "b.h5ad"], [{"sample": "a"}, {"sample": "b"}], KEY)
    assert list(adata.obs_names) == ["c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(("name", "write"), [("mtx", write_mtx), ("a.h5", write_10x)])
def test_cell_rangers_forms_are_read(here, name, write):
    expected = simulated(n=20, genes=30)
    write(here / name, expected)
    adata = read_sample(name, {"sample": "s"}, KEY)
    np.testing.assert_array_equal(adata.to_df(), expected.to_df())


def test_files_that_cannot_be_joined_are_one_line(here):
    write_h5ad(here / "a.h5ad", ["g1"], [[1], [2]])
    write_h5ad(here / "b.h5ad", ["G1"], [[1], [2]])
    write_h5ad(here / "twice.h5ad", ["g1"], [[1], [2]], cells=["c", "c"])
    (here / "text.h5ad").write_text("nothing")
    for files, message in (
        (["a.h5ad", "b.h5ad"], "the samples share no gene"),
        (["twice.h5ad"], "cell name 'c' is not unique in twice.h5ad"),
        (["text.h5ad"], r"text.h5ad cannot be read \(.*\); give .h5ad or what Cell Ranger"),
    ):
        with pytest.raises(InputError, match=f"^{KEY}: {message}"):
            joined_samples(files, [{"sample": file} for file in files], KEY)
