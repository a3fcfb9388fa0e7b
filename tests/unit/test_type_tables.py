"""What became of each cell type and batch, on cells whose neighbours are known."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from aif.evaluation.space import EMBEDDING
from aif.evaluation.type_changes import type_changes
from aif.evaluation.type_tables import type_tables
from aif.report.figures import save
from aif.report.type_figure import MOST_ROWS, type_figure

N = 30  # cells of a type in a batch: more than neighbours that are looked at


def cells(places, seed=0):
    """Return cells around a place of their own for each (type, batch)."""
    rng = np.random.default_rng(seed)
    obs = [part for part in places for _ in range(N)]
    space = np.concatenate([place + rng.normal(0, 0.01, (N, 2)) for place in places.values()])
    table = pd.DataFrame(obs, columns=["cell_type", "batch"]).astype("category")
    return ad.AnnData(obs=table.set_axis(map(str, range(len(obs)))), obsm={EMBEDDING: space})


APART = {
    ("a", "x"): [0, 0],
    ("a", "y"): [5, 0],
    ("b", "x"): [0, 5],
    ("b", "y"): [5, 5],
    ("c", "x"): [9, 9],
}
TOGETHER = APART | {("a", "y"): [0, 0]}
MERGED = TOGETHER | {("c", "x"): [5, 5]}  # a type of one batch in another batch's b


def test_batches_that_lie_apart_do_not_mix_and_those_that_lie_together_do():
    before, after = (type_tables(cells(places)).parts for places in (APART, TOGETHER))
    before, after = (table.set_index(["cell_type", "batch"]) for table in (before, after))
    assert (before["purity"] == 1).all()
    assert before["mixing"].dropna().to_dict() == dict.fromkeys([*APART][:4], 0)
    assert after.loc["a", "mixing"].tolist() == pytest.approx([1, 1], abs=0.15)
    assert after.loc["b", "mixing"].tolist() == [0, 0]
    assert np.isnan(after.loc[("c", "x"), "mixing"])  # there is no other batch
    assert (after["n_cells"] == N).all()


def test_a_type_is_the_mean_of_its_batches_by_their_cells():
    of = cells(MERGED)[N // 2 :]
    found = type_tables(of)
    for name in ("purity", "foreign_share"):
        weighted = found.parts[name] * found.parts["n_cells"]
        by_type = weighted.groupby(found.parts["cell_type"], observed=True).sum()
        expected = by_type / found.types.set_index("cell_type")["n_cells"]
        assert found.types.set_index("cell_type")[name].to_dict() == pytest.approx(
            expected.to_dict()
        )


def test_what_changed_stands_beside_what_was():
    outputs = {("uncorrected", "expression"): APART, ("m", "embedding"): MERGED}
    parts = [
        type_tables(cells(places, seed)).parts.assign(
            dataset="d", method=method, space=space, seed=seed
        )
        for (method, space), places in outputs.items()
        for seed in range(3)
    ]
    changes = type_changes(pd.concat(parts)).set_index(["method", "cell_type", "batch"])
    assert len(changes) == 2 * len(APART)
    assert set(changes["n_seeds"]) == {3}
    lost = changes.loc["m"]
    assert (lost["purity_before"] == 1).all()
    assert lost.loc[("c", "x"), "purity"] == pytest.approx(0.5, abs=0.15)
    assert lost.loc[("c", "x"), "foreign_share"] == pytest.approx(0.5, abs=0.15)
    assert lost.loc[("a", "x"), "mixing_before"] == 0
    same = changes.loc["uncorrected"]
    assert (same["purity"] == same["purity_before"]).all()


def test_without_types_there_are_no_rows_and_a_picture_that_says_so():
    untyped = cells(APART)
    del untyped.obs["cell_type"]
    found = type_tables(untyped)
    assert found.types.empty
    changes = type_changes(found.parts.assign(dataset="d", method="m", space="expression", seed=0))
    assert changes.empty
    (text,) = type_figure(changes, "d").texts
    assert text.get_text() == "d: no cell types, so nothing to tell of each"


def test_names_are_drawn_as_they_are_however_long(tmp_path):
    long = "CD8-positive, alpha-beta cytokine secreting effector T cell"
    names = ["$\\bad$", "IFN$^+$ hi", long]
    rows = pd.DataFrame({"cell_type": names, "batch": "$b_{$", "dataset": "d", "method": "m"})
    rows = rows.assign(space="graph", n_cells=10, purity=0.5, purity_before=0.5, mixing=10.05)
    figure = type_figure(rows, "d")
    save(figure, tmp_path / "types.png")
    labels = [label.get_text().replace(r"\$", "$") for label in figure.axes[0].get_yticklabels()]
    assert labels[:2] == ["$\\bad$ · $b_{$", "IFN$^+$ hi · $b_{$"]
    assert len(labels[2]) < len(long)
    assert {text.get_text() for text in figure.axes[1].texts} == {"10.05"}


def test_the_picture_has_a_row_for_each_part_or_of_many_for_each_type():
    def drawn(batches):
        rows = pd.DataFrame(
            {"cell_type": ["T", "B"] * batches, "batch": np.repeat(range(batches), 2)}
        )
        rows = rows.assign(
            dataset="d", method="m", space="graph", n_cells=10, purity=0.5, mixing=np.nan
        )
        figure = type_figure(rows.assign(purity_before=0.9), "d")
        return [label.get_text() for label in figure.axes[0].get_yticklabels()]

    assert drawn(1) == ["T · 0", "B · 0"]
    assert drawn(MOST_ROWS) == ["T", "B"]
