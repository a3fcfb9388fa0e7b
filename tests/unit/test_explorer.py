"""Cells that can be explored in the page: which are drawn, and by what they can be coloured."""

import numpy as np
import pandas as pd
import report_tables

from aif.data.cell_columns import cell_columns
from aif.report import explorer
from aif.report.explorer import explorers


def test_of_many_cells_a_part_is_drawn_and_said(monkeypatch):
    embedding, cells = report_tables.embedding(), [report_tables.cells()]
    assert explorers(embedding, cells, {}).of["pbmc"].note == "100 cells."
    monkeypatch.setattr(explorer, "MOST_CELLS", 10)
    few = explorers(embedding, cells, {})
    assert few.of["pbmc"].note == "10 of 100 cells, drawn at random."
    assert sum(f'"c{i}"' in few.scripts for i in range(100)) == 10


def test_names_of_cells_and_groups_cannot_become_code():
    name = "</script><script>alert(1)</script>"
    cells = report_tables.cells().replace("b", name).assign(batch=name)
    found = explorers(report_tables.embedding(), [cells], {})
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
    found = cell_columns(obs)
    assert list(found) == ["batch", "cell_type", "depth", "part", "donor", "doublet"]
    assert found["part"].isna().sum() == 3
    assert found.index.equals(obs.index)


def test_numbers_have_a_scale_and_few_whole_ones_are_groups():
    cells = report_tables.cells().drop(columns=["cell_type", "depth"])
    cells = cells.assign(
        donor=np.arange(100) % 4, depth=np.arange(100), share=np.arange(100) % 4 / 4
    )
    scripts = explorers(report_tables.embedding(), [cells], {}).scripts
    own = scripts.rpartition("<script")[2]  # after the library's
    assert own.count("linear-gradient") == 2  # the legends of depth and share
    assert (
        own.count("●") + own.count("\\u25cf") == 2 + 2 + 4
    )  # batch, that is shown; batch and donor
