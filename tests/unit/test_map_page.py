"""The page of new cells: what it says of names, and where it draws cells."""

import numpy as np
import pandas as pd
import pytest
from cells import simulated

from aif.mapping.places import KNOWN, MOST, NEW, places
from aif.report.map_page import confusion_rows, map_figure, name_rows, render_map


def corrected(path, n, **columns):
    cells = simulated(n=n)
    for name, values in columns.items():
        cells.obs[name] = values
    apart = cells.obs["cell_type"].cat.codes.to_numpy()[:, None] * 50.0
    cells.obsm["X_corrected"] = np.random.default_rng(n).normal(size=(n, 5)) + apart
    cells.write_h5ad(path)
    return path


@pytest.fixture
def drawn(tmp_path):
    new = corrected(tmp_path / "new.h5ad", 60, named_type=["a", "unknown"] * 30, confidence=0.7)
    return places(str(new), str(corrected(tmp_path / "old.h5ad", 90)), "new", 0)


def test_new_cells_stand_beside_those_of_the_reference_with_the_same_types(drawn):
    assert drawn["cells"].value_counts().to_dict() == {KNOWN: 90, NEW: 60}
    assert set(drawn.loc[drawn["cells"] == NEW, "cell_type"]) == {"a", "unknown"}
    assert set(drawn.loc[drawn["cells"] == KNOWN, "cell_type"]) == {"t0", "t1", "t2"}
    assert drawn.loc[drawn["cells"] == NEW, "confidence"].eq(0.7).all()
    # The new cells of a type, known from how they were made, are nearest to its cells in the picture.
    types = simulated(n=60).obs["cell_type"].astype(str).to_numpy()
    known, new = drawn[drawn["cells"] == KNOWN], drawn[drawn["cells"] == NEW]
    middle = known.groupby("cell_type")[["x", "y"]].mean()
    distances = np.linalg.norm(new[["x", "y"]].to_numpy()[:, None] - middle.to_numpy(), axis=2)
    assert (middle.index[distances.argmin(1)] == types).mean() > 0.95


def test_of_many_cells_some_are_drawn_and_without_a_reference_the_new_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("aif.mapping.places.MOST", 40)
    assert MOST > 40
    table = places(str(corrected(tmp_path / "new.h5ad", 60)), None, "new", 0)
    assert table["cells"].tolist() == [NEW] * 40
    assert table["cell_type"].isna().all()


def test_names_are_counted_and_held_against_the_cells_own_types():
    names = pd.DataFrame({"cell_type": ["a", "a", "b"], "confidence": [0.5, 0.7, 1.0]})
    assert name_rows(names) == [
        {"name": "a", "cells": 2, "confidence": "0.60"},
        {"name": "b", "cells": 1, "confidence": "1.00"},
    ]
    pairs = [("a", "a", 3), ("a", "b", 1), ("c", "unknown", 2)]
    confusion = pd.DataFrame(pairs, columns=["cell_type", "other_type", "n_cells"])
    assert confusion_rows(confusion) == [
        ["own type", "a", "b", "unknown", "named alike"],
        ["a", "3", "1", "0", "75%"],
        ["c", "0", "0", "2", "0%"],
    ]
    assert confusion_rows(confusion.iloc[:0]) == []


def test_the_page_says_what_is_missing_and_has_the_picture(drawn):
    checks = pd.DataFrame(
        {"check": ["genes"], "status": ["warning"], "message": ["<1> is missing"]}
    )
    names = pd.DataFrame({"cell_type": ["a & b"], "confidence": [0.5]})
    genes = pd.DataFrame({"gene": ["g1", "g2"], "status": ["matched", "missing"]})
    confusion = pd.DataFrame(columns=["cell_type", "other_type", "n_cells"])
    page = render_map(drawn, names, confusion, genes, checks, "a/model.pt", {"map": {}})
    assert "genes: &lt;1&gt; is missing" in page
    assert "a &amp; b" in page
    assert "1 of 2 genes of the model are missing" in page
    assert "data:image/png;base64," in page
    assert "own type" not in page
    assert len(map_figure(drawn).axes) == 5  # four pictures and the scale of the confidence
