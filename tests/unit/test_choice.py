"""The choice without cell types: order, ties, and outputs that have no score."""

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

from aif.config.hyperparameters import Hyperparameters
from aif.evaluation.choice import COLUMNS, add_picture, choice
from aif.model.duration import PER_GENE, PER_STEP, training_seconds


def rows(method, score, space="expression", seed=0, **other):
    """Return a candidate's rows of metrics.tsv; without a score it could not be mixed."""
    ids = {"dataset": "d", "method": method, "seed": seed, "cells": "all", "space": space}
    ok = {"status": "ok", "reason": ""}
    bad = {"status": "left_out", "reason": "too few cells", **other}
    none = np.isnan(score)
    return [
        {**ids, "metric": "structure", "value": 0.9, **ok},
        {**ids, "metric": "mixing", "value": score, **(bad if none else ok)},
        {**ids, "metric": "variance_removed", "value": 0.8, **ok},
        {**ids, "metric": "unlabelled", "value": score, **(bad | {"reason": "no mixing"} if none else ok)},
        {**ids, "metric": "overall", "value": 1.0 - score, **ok},
    ]  # fmt: skip


def choices(*candidates):
    return choice(pd.DataFrame([row for own in candidates for row in own]))


def test_the_highest_score_without_cell_types_is_chosen_whatever_others_say():
    table = choices(rows("a", 0.2), rows("b", 0.7, "embedding"), rows("b", 0.5))
    assert list(table.columns) == list(COLUMNS)
    assert table[["method", "space"]].to_records(index=False).tolist() == [
        ("b", "embedding"),
        ("b", "expression"),
        ("a", "expression"),
    ]
    assert table["chosen"].tolist() == [True, False, False]


def test_with_several_seeds_the_median_decides_and_one_without_a_score_does_not_count():
    table = choices(
        *(rows("a", score, seed=seed) for seed, score in enumerate((0.1, 0.6, 0.7))),
        *(rows("b", score, seed=seed) for seed, score in enumerate((0.9, 0.5, 0.5))),
        *(rows("c", score, seed=seed) for seed, score in enumerate((0.2, np.nan, 0.3))),
    )
    assert table["method"].tolist() == ["a", "b", "c"]
    assert table["unlabelled"].tolist() == pytest.approx([0.6, 0.5, 0.25])
    assert table["n_seeds"].tolist() == [3, 3, 2]


def test_of_equal_ones_the_uncorrected_cells_are_chosen():
    table = choices(rows("a", 0.5), rows("uncorrected", 0.5))
    assert table.loc[table["chosen"], "method"].item() == "uncorrected"


def test_what_has_no_score_stands_last_with_its_first_reason_and_is_not_chosen():
    table = choices(rows("a", np.nan), rows("b", 0.1))
    assert table["method"].tolist() == ["b", "a"]
    assert table["reason"].tolist() == ["", "too few cells"]
    assert not choices(rows("a", np.nan))["chosen"].any()


def test_a_training_is_as_long_as_its_steps_and_sizes():
    model = {"alpha": 1, "rho": 1, "beta": 0, "delta": 1, "gamma": 1}
    once = training_seconds(Hyperparameters(**model, epochs=10, min_steps=0), 3200, 2000)
    assert once == pytest.approx(1000 * (PER_STEP + 2000 * PER_GENE) / 1000)
    assert training_seconds(
        Hyperparameters(**model, epochs=20, min_steps=0), 3200, 2000
    ) == pytest.approx(2 * once)
    assert training_seconds(
        Hyperparameters(**model, epochs=10, min_steps=0, hidden=800), 3200, 2000
    ) == pytest.approx(2 * once)


@pytest.mark.parametrize("columns", [{}, {"corrected_cluster": "mine"}])
def test_the_chosen_cells_carry_the_picture_of_their_space_and_no_column_is_lost(tmp_path, columns):
    picture = pd.DataFrame(
        {
            "space": ["expression"] * 2 + ["embedding"] * 2,
            "cell": ["0", "1", "1", "0"],
            "x": [1.0, 2.0, 3.0, 4.0],
            "y": [5.0, 6.0, 7.0, 8.0],
            "cluster": [0, 1, 1, 0],
        }
    )
    obs = pd.DataFrame({"batch": list("aab"), **columns}, index=list("012"))
    ad.AnnData(np.ones((3, 1)), obs).write_h5ad(tmp_path / "cells.h5ad")
    with h5py.File(tmp_path / "cells.h5ad", "r+") as file:
        column = add_picture(file, picture, "embedding")
    cells = ad.read_h5ad(tmp_path / "cells.h5ad")
    places = [[4.0, 8.0], [3.0, 7.0], [np.nan, np.nan]]  # the third was not drawn
    np.testing.assert_array_equal(cells.obsm["X_picture"], places)
    assert cells.obs[column].tolist() == ["0", "1", np.nan]
    assert cells.obs.drop(columns=column).astype(str).equals(obs.astype(str))
    assert (cells.X == 1).all()
