"""Data sets of many files: which samples there are."""

import pytest

from aif.config.samples import Sample, samples_of
from aif.errors import InputError

KEY = "datasets.d.samples"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_sheet_gives_its_rows_in_order(here):
    for name in ("b.h5ad", "a.h5ad"):
        (here / name).touch()
    (here / "sheet.tsv").write_text("sample\tpath\tdonor\ns2\tb.h5ad\td1\ns1\ta.h5ad\td2\n")
    assert samples_of("sheet.tsv", KEY) == [
        Sample("b.h5ad", "s2", {"sample": "s2", "donor": "d1"}),
        Sample("a.h5ad", "s1", {"sample": "s1", "donor": "d2"}),
    ]


def test_a_pattern_gives_the_files_it_matches_in_the_order_of_their_names(here):
    for name in ("s10_ill", "s9_well", "deep/s8_ill"):
        (here / "counts" / name).mkdir(parents=True)
        (here / "counts" / name / "s9.h5").touch()
    (here / "linked").symlink_to(here / "counts")
    (here / "counts/.hidden_well").mkdir()
    assert samples_of("linked/{sample}_{state}/s9.h5", KEY) == [
        Sample("linked/s10_ill/s9.h5", "s10", {"sample": "s10", "state": "ill"}),
        Sample("linked/s9_well/s9.h5", "s9", {"sample": "s9", "state": "well"}),
    ]
    folders = [Sample(f"counts/{n}", n, {"sample": n}) for n in ("deep", "s10_ill", "s9_well")]
    assert samples_of("counts/{sample}", KEY) == folders
    twice = Sample("counts/s9_well/s9.h5", "s9", {"sample": "s9", "state": "well"})
    assert samples_of("counts/{sample}_{state}/{sample}.h5", KEY) == [twice]


@pytest.mark.parametrize(
    ("given", "sheet", "message"),
    [
        ("no.tsv", None, r"there is no file 'no.tsv'; give a sheet"),
        ("sheet.tsv", "path\tx\tx\na\t1\t2\n", r"sheet.tsv has column 'x' twice; rename one"),
        ("{2}.h5ad", None, r"'\{2\}.h5ad' has no \{sample\}"),
        ("{sample}.h5", None, r"no file matches '\{sample\}.h5'"),
        ("{sample,s.}.h5", None, r"'\{sample,s.\}.h5' has no \{sample\}"),
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


def test_braces_in_a_path_are_one_line(here):
    (here / "a{b}.h5ad").touch()
    (here / "sheet.tsv").write_text("path\na{b}.h5ad\n")
    with pytest.raises(InputError, match=r"'a\{b\}.h5ad' has braces, .* rename it, or link to it$"):
        samples_of("sheet.tsv", KEY)


def test_a_sheet_or_pattern_without_sample_names_files_by_their_paths(here):
    for name in ("b.h5ad", "a.h5ad"):
        (here / name).touch()
    (here / "sheet.tsv").write_text("path\tdonor\nb.h5ad\td1\na.h5ad\td2\n")
    assert samples_of("sheet.tsv", KEY) == [
        Sample("b.h5ad", "b.h5ad", {"donor": "d1"}),
        Sample("a.h5ad", "a.h5ad", {"donor": "d2"}),
    ]
    assert samples_of("{pool}.h5ad", KEY)[0] == Sample("a.h5ad", "a.h5ad", {"pool": "a"})


def test_a_sheet_may_name_the_layer_of_each_file(here):
    for name in ("a", "b"):
        (here / name).touch()
    (here / "sheet.tsv").write_text("sample\tpath\tlayer\ns1\ta\traw\ns2\tb\t\n")
    assert samples_of("sheet.tsv", KEY) == [
        Sample("a", "s1", {"sample": "s1"}, "raw"),
        Sample("b", "s2", {"sample": "s2"}, None),
    ]


def test_a_layer_in_a_pattern_is_a_column_like_any_other(here):
    for name in ("L1/s1.h5ad", "L23/s2.h5ad"):
        (here / name).parent.mkdir()
        (here / name).touch()
    assert samples_of("{layer}/{sample}.h5ad", KEY) == [
        Sample("L1/s1.h5ad", "s1", {"layer": "L1", "sample": "s1"}, None),
        Sample("L23/s2.h5ad", "s2", {"layer": "L23", "sample": "s2"}, None),
    ]
