"""The summary of a data set: what it draws, and in which order."""

import pandas as pd
import pytest
import report_tables
from matplotlib.text import Text

from aif.evaluation.ranks import ranks
from aif.report.summary_figures import halves_figure, summary_figure


@pytest.fixture
def table():
    rows = report_tables.benchmark()
    control = rows[rows["method"] == "aif"].assign(method="perfect_types", uses_types=True)
    return ranks(pd.concat([rows, control.assign(value=1.0)]))


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_outputs_stand_from_the_best_to_the_worst_and_controls_last(table):
    figure = summary_figure(table, "pbmc")
    names = ["aif", "combat", "uncorrected", "perfect_types"]
    heights = [
        text.get_position()[1]
        for name in names
        for text in figure.findobj(Text)
        if text.get_text() == name
    ]
    assert len(heights) == len(names)
    assert heights == sorted(heights)  # plottable counts from the top


def test_it_has_a_column_for_each_metric_that_has_values_and_its_medians(table):
    found = texts(summary_figure(table, "pbmc"))
    assert {"iLISI", "robust\noverall"} & set(found) == {"iLISI"}
    assert "ARI\nCT" not in found  # of the original
    for value in ("0.90", "0.70", "0.50"):
        assert found.count(value) >= 4  # iLISI and three scores


def test_without_a_score_or_a_half_it_says_so(table):
    for known in (["iLISI"], ["iLISI", "batch_score"]):
        nothing = table[table["metric"].isin(known)]
        assert texts(summary_figure(nothing, "pbmc")) == ["pbmc: no output has a score to rank by"]
        assert texts(halves_figure(nothing, "pbmc")) == [
            "pbmc: no output has a score of two halves"
        ]


def points(figure, title):
    (axis,) = (axis for axis in figure.axes if axis.get_title() == title)
    return {tuple(p.get_offsets()[0].round(6)) for p in axis.collections if len(p.get_offsets())}


def test_halves_are_the_means_of_their_metrics_of_outputs_that_have_the_score(table):
    own = table[table["metric"] == "overall"]
    own = own[own["method"] != "combat"]  # as if one of its metrics had failed
    values = {
        "iLISI": 0,
        "NMI": 0.1,
        "ARI": 0,
        "structure": 0.05,
        "mixing": 0,
        "variance_removed": -0.3,
    }
    every = table[table["metric"] == "iLISI"]
    more = [every.assign(metric=name, median=every["median"] + by) for name, by in values.items()]
    without = own.assign(metric="unlabelled")
    figure = halves_figure(pd.concat([own, without, *more]), "pbmc")
    assert points(figure, "scib's metrics") == {(0.9, 0.95), (0.5, 0.55), (1.0, 1.05)}
    mixed = {round((x * (x - 0.3)) ** 0.5, 6): x + 0.05 for x in (0.9, 0.5, 1.0)}
    assert points(figure, "without cell types") == {(x, round(y, 6)) for x, y in mixed.items()}


def test_the_legend_of_many_methods_fits(table):
    own = table[(table["metric"].isin(["overall", "iLISI", "NMI"])) & (table["method"] == "aif")]
    own = pd.concat([own, own.assign(metric="NMI")])
    many = pd.concat([own.assign(method=f"m{i}") for i in range(40)]).drop_duplicates(
        ["method", "space", "metric"]
    )
    figure = halves_figure(many, "pbmc")
    figure.canvas.draw()
    box = figure.axes[-1].get_legend().get_window_extent()
    assert box.y0 >= 0
    assert box.y1 <= figure.bbox.height
