"""Cells that can be explored in the page: which are drawn, and by what they can be coloured."""

import numpy as np
import pandas as pd
import report_tables

from aif.data.cell_columns import cell_columns
from aif.job.files import write_table
from aif.report import explorer
from aif.report.explorer import explorers, read_cells


def test_of_many_cells_a_part_is_drawn_and_said(monkeypatch):
    embedding, cells = report_tables.embedding(), [report_tables.cells()]
    assert explorers(embedding, cells, {}).of["pbmc"].note == "100 cells."
    monkeypatch.setattr(explorer, "MOST_CELLS", 10)
    few = explorers(embedding, cells, {})
    assert few.of["pbmc"].note == "10 of 100 cells, drawn at random."
    assert sum(f'"c{i}"' in few.scripts for i in range(100)) == 10


def test_names_of_cells_and_groups_cannot_become_code():
    name = "</script><script>alert(1)</script>"
    cells = report_tables.cells().assign(batch=name)
    cells[name] = np.where(cells["cell"] == "c1", name, "other")
    tables = [table.replace({"cell": {"c0": name}}) for table in (report_tables.embedding(), cells)]
    found = explorers(tables[0], [tables[1]], {})
    assert name not in found.scripts
    assert all(name not in part for part in found.of["pbmc"].parts.values())


def test_without_pictures_there_is_no_script():
    nothing = report_tables.embedding().assign(x=np.nan)
    found = explorers(nothing, [report_tables.cells()], {})
    assert (found.of, found.scripts) == ({}, "")


def test_cells_are_coloured_by_numbers_and_by_groups_that_can_be_told_apart():
    n = 300
    obs = pd.DataFrame(
        {
            "depth": np.arange(n) + 0.5,
            "part": np.where(np.arange(n) < 3, np.inf, np.arange(n) / 7),
            "donor": np.arange(n) % 4,
            "alike": "x",
            "none": np.nan,
            "barcode": [f"b{i}" for i in range(n)],
            "version": np.arange(n) % 2,
            "doublet": np.arange(n) % 3 == 0,
            "cell_type": "T",
            "batch": np.array(["a", "b"])[np.arange(n) % 2],
        },
        index=[f"cell{i}" for i in range(n)],
    )
    obs["counted"] = pd.array(np.arange(n), dtype="Int64")
    obs["cluster"] = pd.Categorical([str(i % 15) for i in range(n)])
    obs.loc["cell9", ["counted", "donor"]] = None
    found, numbers = cell_columns(obs)
    always = ["batch", "cell_type"]
    assert list(found) == [*always, "depth", "part", "donor", "doublet", "counted", "cluster"]
    assert numbers == ["depth", "part", "donor", "counted"]
    assert found["part"].isna().sum() == 3
    assert found["counted"].isna().sum() == 1
    assert found.index.equals(obs.index)


def test_what_was_written_is_read_as_it_was(tmp_path):
    obs = pd.DataFrame(
        {
            "batch": ["1", "02", "1"],
            "cluster": pd.Categorical(["1E1", "007", None]),
            "gene": [0.5, np.nan, 1e-5],
            "doublet": [True, False, True],
        }
    )
    cells, numbers = cell_columns(obs)
    write_table(tmp_path / "cells.tsv", cells.assign(dataset="d", cell=["a", "b", "c"]))
    kinds = ["numbers" if name in numbers else "groups" for name in cells]
    write_table(tmp_path / "columns.tsv", pd.DataFrame({"column": list(cells), "kind": kinds}))
    found = read_cells(tmp_path / "cells.tsv", tmp_path / "columns.tsv")
    assert found["batch"].tolist() == ["1", "02", "1"]
    assert found["cluster"].fillna("none").tolist() == ["1E1", "007", "none"]
    assert found["gene"].fillna(-1).tolist() == [0.5, -1, 1e-5]
    assert found["doublet"].tolist() == ["True", "False", "True"]


def test_numbers_have_a_scale_and_all_else_is_groups():
    cells = report_tables.cells().drop(columns=["cell_type", "depth"])
    donors = [str(i % 4) for i in range(100)]
    cells = cells.assign(donor=donors, depth=np.arange(100) / 1, share=[1e300, np.nan, *range(98)])
    scripts = explorers(report_tables.embedding(), [cells], {}).scripts
    own = scripts.rpartition("<script")[2]  # after the library's
    assert own.count("linear-gradient") == 2  # the legends of depth and share
    assert (
        own.count("●") + own.count("\\u25cf") == 2 + 2 + 4
    )  # batch, that is shown; batch and donor
