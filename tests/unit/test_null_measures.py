"""The null test: what it splits, and what it measures, against values by hand and controls."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from cells import simulated
from matplotlib import pyplot as plt

from aif.data.preprocessing import transform
from aif.data.pseudo_batches import FEWEST, pseudo_batches
from aif.errors import InputError
from aif.evaluation.null_measures import (
    NEIGHBOURS,
    neighbour_ranks,
    no_measures,
    null_measures,
    share_of_genes,
)
from aif.methods.controls import downsampled, perfect_types, shuffled
from aif.methods.not_run import NotPossible
from aif.report.null_test import (
    MEASURES,
    null_failures,
    null_figure,
    null_remarks,
    null_summary,
)

OPTIONS = {"n_pcs": 10, "seed": 0}


@pytest.fixture(scope="module")
def cells():
    """The cells of one batch, in two pseudo-batches."""
    counts = transform(simulated(n=400), "raw")
    return transform(pseudo_batches(counts, "toy", "b0", draw=0), "norm_log")


def measured(correction, reference, output="expression"):
    correction.uns["aif"] = {"output": output, "transform": "norm_log"}
    return null_measures(correction, reference, OPTIONS).set_index(["space", "measure"])


def test_pseudo_batches_are_halves_of_one_batch_drawn_by_chance():
    counts = transform(simulated(n=400), "raw")
    own = counts[counts.obs["batch"] == "b1"]
    found = pseudo_batches(counts, "toy", "b1", draw=0)
    assert list(found.obs_names) == list(own.obs_names)
    assert (found.X != own.X).nnz == 0
    sizes = found.obs["batch"].value_counts()
    assert set(sizes.index) == {"pseudo_1", "pseudo_2"}
    assert abs(sizes.diff().iloc[-1]) <= 1
    again, other = (pseudo_batches(counts, "toy", "b1", draw=draw) for draw in (0, 1))
    assert (found.obs["batch"] == again.obs["batch"]).all()
    assert 0.3 < (found.obs["batch"] == other.obs["batch"]).mean() < 0.7


def test_the_largest_batch_is_split_unless_another_is_named():
    counts = transform(simulated(n=400), "raw")
    larger = counts[(counts.obs["batch"] == "b0") | (np.arange(400) < 300)]
    found = pseudo_batches(larger, "toy", None, draw=0)
    assert found.n_obs == larger.obs["batch"].value_counts().max()


@pytest.mark.parametrize(
    ("n", "batch", "message"),
    [
        (400, "b7", r"there is no batch 'b7'; give one of \['b0', 'b1'\]"),
        (
            100,
            "b0",
            rf"'b0', has \d+ cells, and {FEWEST} are needed; name a larger one in null_test.batches",
        ),
    ],
)
def test_a_batch_that_cannot_be_split_is_an_error_of_one_line(n, batch, message):
    with pytest.raises(InputError, match=r"^config: null_test.*" + message) as error:
        pseudo_batches(transform(simulated(n=n), "raw"), "toy", batch, draw=0)
    assert "\n" not in str(error.value)


def test_ranks_count_the_cells_that_came_between():
    before = np.arange(100.0)[:, None]
    assert (np.sort(neighbour_ranks(before, before, 0)) == np.arange(1, NEIGHBOURS + 1)).all()
    line = np.arange(100.0)[:, None]
    after = line.copy()
    after[99] = -1  # the last cell goes to the other end
    ranks = neighbour_ranks(line, after, 0)
    assert sorted(ranks[99]) == list(range(70, 100))  # its neighbours 69 to 98 are farthest now
    rng = np.random.default_rng(0)
    mixed = neighbour_ranks(before, rng.permutation(line), 0)
    assert 40 < np.median(mixed) < 60


def test_genes_that_differ_are_counted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 20))
    groups = np.repeat(["a", "b"], 50)
    assert share_of_genes(x, groups) == 0
    x[:, 5:] = np.arange(100)[:, None] % 2  # the same in both groups
    x[:50, :5] += 3
    assert share_of_genes(x, groups) == 5 / 20
    assert share_of_genes(x, np.repeat("a", 100)) == 0
    x[:, 7] = 1  # a gene without variation is not called
    assert share_of_genes(x, groups) == 5 / 20


def test_cells_that_are_left_alone_do_not_change(cells):
    found = measured(cells.copy(), cells)
    assert found["value"].to_dict() == found["before"].to_dict()
    assert found.loc[("expression", "rank"), "value"] == (NEIGHBOURS + 1) / 2
    assert found.loc[("expression", ["overlap", "ARI"]), "value"].tolist() == [1, 1]
    assert found.loc[("expression", "batch_genes"), "value"] == 0


def test_controls_change_what_they_must(cells):
    mixed = measured(shuffled(cells, 0), cells)["value"]["expression"]
    half = measured(downsampled(cells, 0), cells)["value"]["expression"]
    assert mixed["overlap"] < half["overlap"] < 1
    assert mixed["rank"] > half["rank"] > (NEIGHBOURS + 1) / 2
    assert abs(mixed["ARI"]) < 0.1
    invented = cells.copy()
    invented.X = cells.X.toarray()
    invented.X[(cells.obs["batch"] == "pseudo_1").to_numpy(), :6] += 1
    found = measured(invented, cells).loc[("expression", "batch_genes")]
    assert found["value"] == pytest.approx(6 / cells.n_vars)
    assert found["before"] == 0


def test_an_embedding_has_no_genes_but_clusters_that_have(cells):
    found = measured(perfect_types(cells, 0), cells, "embedding").loc["embedding"]
    assert found.loc["batch_genes", ["status", "reason"]].tolist() == [
        *("left_out", "it has no genes")
    ]
    assert found.loc["cluster_genes", "value"] > 0.1
    assert found.loc["overlap", "value"] < 1


def test_a_method_that_failed_has_a_row_with_its_reason():
    failed = {"status": "failed", "reason": "no memory", "output": "expression"}
    (row,) = no_measures(failed).to_dict("records")
    assert (row["status"], row["reason"]) == ("failed", "no memory")


def test_half_the_counts_are_drawn_molecule_by_molecule(cells):
    counts = cells.layers["counts"].copy()
    half = downsampled(cells, 0)
    assert (cells.layers["counts"] != counts).nnz == 0
    libraries = np.expm1(half.X.toarray()).sum(axis=1)
    np.testing.assert_allclose(libraries, np.median(counts.sum(axis=1).A1), rtol=1e-4)
    assert (half.X != cells.X).nnz > 0
    assert (downsampled(cells, 0).X != half.X).nnz == 0
    fractions = cells.copy()
    fractions.layers["counts"] = counts * 0.1
    with pytest.raises(NotPossible, match="no whole numbers"):
        downsampled(fractions, 0)
    # Where a cell has many counts of a gene, half of them are a half.
    many = ad.AnnData(cells.X.copy(), cells.obs, layers={"counts": counts * 1000})
    np.testing.assert_allclose(downsampled(many, 0).X.toarray(), transformed(many), atol=0.2)


def transformed(adata):
    counts = adata.layers["counts"].toarray()
    libraries = counts.sum(axis=1, keepdims=True)
    return np.log1p(counts / libraries * np.median(libraries))


def table():
    rows = [
        ("toy", "pseudo", draw, method, "expression", measure, value + draw / 10, 1.0)
        for draw in (0, 1)
        for method, value in (("uncorrected", 1.0), ("downsampled", 20.0), ("aif", 30.0))
        for measure in MEASURES
    ]
    names = ["dataset", "batches", "draw", "method", "space", "measure", "value", "before"]
    return pd.DataFrame(rows, columns=names)


def test_failures_are_told_in_the_report():
    gone = table().assign(status="ok", reason="")
    gone.loc[gone["method"] == "aif", ["value", "status", "reason"]] = [
        np.nan,
        "failed",
        "no memory",
    ]
    assert null_failures(gone) == ["failed: aif (no memory)"]


def test_the_report_has_medians_and_what_speaks_against_an_output():
    lines = null_summary(table())
    assert [line["method"] for line in lines] == ["uncorrected", "downsampled", "aif"]
    assert lines[1]["rank"] == "20.1"
    assert len(null_remarks(table(), ("aif", "expression"))) == 3
    assert "median rank 15.5 to 30.1, more than half the counts do (20.1)" in null_remarks(
        table(), ("aif", "expression")
    )[0]  # fmt: skip
    assert null_remarks(table(), ("harmony", "embedding")) == []
    figure = null_figure(table())
    assert len(figure.axes) == len(MEASURES)
    plt.close(figure)
