"""Files as people have them, of ../shared/cases: each ends as the README there says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import anndata as ad
import pytest
import yaml
from in_process import prepare

from aif.job.files import read_table

CASES = Path(__file__).parents[3] / "shared/cases"
# Without a line: works. What is to be in the one line, or in a warning of checks.tsv.
WORKS, WARNS, REFUSED = "works", "warns", "refused"
EXPECTED = {
    "nullable_strings/my.yaml": (WORKS, ""),
    "seuratdisk_raw/my.yaml": (WORKS, ""),
    "fly_gene_nan/my.yaml": (WORKS, ""),
    "column_named_as_index/my.yaml": (WORKS, ""),
    "raw_with_duplicates/my.yaml": (WORKS, ""),
    "old_file_with_target/my.yaml": (WORKS, ""),
    "old_file_with_target/my_no_target.yaml": (WORKS, ""),
    "old_file_with_target/my_later.yaml": (WARNS, "obs column 'visits' cannot be read"),
    "few_shared_genes/my.yaml": (WARNS, "all samples share 8 genes by their names, 2% of the 400"),
    "counts_here_and_there/my.yaml": (WARNS, "s2: X holds logarithms, but raw whole numbers"),
    "counts_here_and_there/my_raw.yaml": (REFUSED, "sample 's1': s1.h5ad has no layer 'raw'"),
    "features_two_columns/my.yaml": (WORKS, ""),
    "starsolo/my.yaml": (WORKS, ""),
    "cellranger_aggr/my.yaml": (WORKS, ""),
    "cellranger_aggr/my_sheet.yaml": (REFUSED, "barcode_suffix makes a column of these"),
    "cellxgene_default_x/my.yaml": (WARNS, "raw whole numbers: these are used; set layer: raw"),
    "pools_with_samples/my.yaml": (REFUSED, "'pool1' has a column 'sample' of its own"),
    "antibodies_in_h5ad/my.yaml": (WARNS, "left out as no gene expression: 10 Antibody Capture"),
    "zstd_h5ad/my.yaml": (WORKS, ""),
    "labels_partly_missing/my.yaml": (WORKS, ""),
    "tiny_batch/my.yaml": (WARNS, "of late, stim there are less than 20 cells"),
    "equal_cells/my.yaml": (WARNS, "79 of 240 cells are equal to another one"),
    "parse_dge/my.yaml": (WORKS, ""),
    "two_genomes_v2/my.yaml": (REFUSED, "name one in genome"),
    "geo_text_tables/my_no_cells.yaml": (REFUSED, "Excel has made dates"),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """A copy of all cases with their files made."""
    if not CASES.exists():
        pytest.skip("../shared/cases is not there")
    folder = tmp_path_factory.mktemp("cases") / "cases"
    shutil.copytree(CASES, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    makers = "import runpy, sys; [runpy.run_path(maker) for maker in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", makers, *folder.glob("*/make.py")], check=True)
    return folder


def prepared(cases, name, monkeypatch):
    monkeypatch.chdir((cases / name).parent)
    shutil.rmtree("results", ignore_errors=True)
    return prepare(yaml.safe_load((cases / name).read_text()))


def found(dataset, check):
    table = read_table(f"results/{dataset}/data/checks.tsv").set_index("check")
    return table.loc[check, "message"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_ends_as_its_readme_says(cases, name, monkeypatch):
    how, said = EXPECTED[name]
    errors = prepared(cases, name, monkeypatch)
    datasets = yaml.safe_load((cases / name).read_text())["datasets"]
    if how == REFUSED:
        assert any(said in line for line in errors.values()), errors
        return
    assert errors == {}
    for dataset in datasets:
        counts = ad.read_h5ad(f"results/{dataset}/data/raw.h5ad")
        assert (counts.X.data >= 1).all()
        warnings = read_table(f"results/{dataset}/data/checks.tsv").query("status == 'warning'")
        told = [message for message in warnings["message"] if "no label_key" not in message]
        assert (
            any(said in message for message in told) if how == WARNS else (told == [] or not said)
        )


def test_every_case_is_looked_at(cases):
    there = {str(path.relative_to(cases)) for path in cases.glob("*/*.yaml")}
    assert there == {*EXPECTED, "geo_text_tables/my.yaml"}


def test_three_of_four_tables_of_a_public_archive_work(cases, monkeypatch):
    errors = prepared(cases, "geo_text_tables/my.yaml", monkeypatch)
    assert list(errors) == ["excel"]
    assert "'1-Mar' more than once (1 repeats); Excel has made dates" in errors["excel"]
    symbols = ad.read_h5ad("results/symbols/data/raw.h5ad")
    assert symbols.var["symbol"].iloc[3] == "S3"
    assert symbols.shape == (60, 40)


def test_what_the_cases_hold_is_kept(cases, monkeypatch):
    prepared(cases, "cellranger_aggr/my.yaml", monkeypatch)
    assert found("cells", "batches") == "s1 (50), s2 (50), s3 (50)"
    prepared(cases, "labels_partly_missing/my.yaml", monkeypatch)
    assert "19 cells have no type" in found("missing", "cell types")
    assert "Unknown: name it in unlabelled" in found("unknown", "cell types")
    prepared(cases, "fly_gene_nan/my.yaml", monkeypatch)
    assert "nan" in ad.read_h5ad("results/fly/data/raw.h5ad").var_names
    prepared(cases, "antibodies_in_h5ad/my.yaml", monkeypatch)
    assert not ad.read_h5ad("results/cells/data/raw.h5ad").var_names.str.startswith("CD").any()
    assert os.path.exists("results/cells/data/norm_log.h5ad")
