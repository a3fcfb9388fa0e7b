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
    nothing = table[table["metric"] == "iLISI"]
    assert texts(summary_figure(nothing, "pbmc")) == ["pbmc: no output has a score"]
    assert texts(halves_figure(nothing, "pbmc")) == ["pbmc: no output has a value of both halves"]


def test_halves_are_the_means_of_their_metrics(table):
    own = table[table["metric"] == "iLISI"]
    more = [
        own.assign(metric=name, median=own["median"] + by)
        for name, by in (("NMI", 0.1), ("ARI", 0))
    ]
    figure = halves_figure(pd.concat([own, *more]), "pbmc")
    (axis,) = (axis for axis in figure.axes if axis.get_title() == "scib's metrics")
    points = {tuple(p.get_offsets()[0].round(6)) for p in axis.collections if len(p.get_offsets())}
    assert points == {(0.9, 0.95), (0.7, 0.75), (0.5, 0.55), (1.0, 1.05)}
