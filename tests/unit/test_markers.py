"""Marker genes before and after, on cells whose markers are known."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.evaluation.markers import PER_TYPE, marker_table
from aif.report.figures import save
from aif.report.marker_figure import marker_figure

TYPES = ("a$1", "b", "c")
N, GENES = 40, 30


@pytest.fixture(scope="module")
def cells():
    """Return cells of which each type has PER_TYPE genes of its own, at 2; all else is noise."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 0.2, (N * len(TYPES), GENES))
    for i in range(len(TYPES)):
        x[i * N : (i + 1) * N, i * PER_TYPE : (i + 1) * PER_TYPE] = 2 + rng.normal(
            0, 0.01, (N, PER_TYPE)
        )
    obs = pd.DataFrame({"cell_type": pd.Categorical(np.repeat(TYPES, N))}, map(str, range(len(x))))
    return ad.AnnData(
        sparse.csr_matrix(x), obs, pd.DataFrame(index=[f"g{i}" for i in range(GENES)])
    )


def test_markers_are_the_genes_of_each_type_and_as_they_were_where_nothing_changed(cells):
    found = marker_table(cells.X, cells)
    markers = found.drop_duplicates("gene").groupby("marker_of")["gene"].agg(set)
    for i, name in enumerate(TYPES):
        assert markers[name] == {f"g{j}" for j in range(i * PER_TYPE, (i + 1) * PER_TYPE)}
    assert (found["mean_before"] == found["mean_after"]).all()
    own = found[found["cell_type"] == found["marker_of"]]
    assert own["mean_before"].between(0.97, 1.01).all()
    assert (own["share_before"] == 1).all()
    others = found[found["cell_type"] != found["marker_of"]]
    assert (others["share_before"] == 0).all()


def test_a_correction_that_halves_a_marker_is_seen(cells):
    after = cells.X.toarray()
    after[:, 0] *= 0.45
    changed = marker_table(after, cells).set_index(["gene", "cell_type"])
    assert changed.loc[("g0", TYPES[0]), "mean_after"] == pytest.approx(0.45, abs=0.02)
    assert changed.loc[("g0", TYPES[0]), "share_after"] == 0
    assert changed.loc[("g1", TYPES[0]), "share_after"] == 1


def test_without_types_or_expression_there_are_none_and_the_picture_says_so(cells, tmp_path):
    untyped = cells.copy()
    del untyped.obs["cell_type"]
    one = cells[cells.obs["cell_type"] == "b"].copy()
    for expression, reference in ((None, cells), (cells.X, untyped), (one.X, one)):
        assert marker_table(expression, reference).empty
    (text,) = marker_figure(marker_table(None, cells), "d: m").texts
    assert text.get_text().startswith("d: m: no markers")
    save(marker_figure(marker_table(cells.X, cells), "d: $m$"), tmp_path / "markers.png")


def test_a_type_of_one_cell_is_left_out(cells):
    few = cells[: 2 * N + 1].copy()
    assert set(marker_table(few.X, few)["cell_type"]) == set(TYPES[:2])
