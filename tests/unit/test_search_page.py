"""A search's pictures and page: the right numbers in the right fields, and nothing taken for HTML."""

import pandas as pd
import pytest
import search_tables
from matplotlib import pyplot as plt

from aif.report.search_figures import (
    SCORES,
    heatmaps_figure,
    loss_against_metrics_figure,
    spread_figure,
    variants_figure,
)
from aif.report.search_page import render_search, variant_part
from aif.search.summary import summary

LISTS = {"gamma": [0.1, 0.3], "betas": [(0.9, 0.99), (0.5, 0.9)], "learning_rate_aux": [None, 0.1]}


REFERENCES = pd.DataFrame({"unlabelled": [0.4, 0.9]}, index=["uncorrected", "defaults"])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    return summary(search_tables.runs(LISTS))


def panels(figure, title):
    return [axis for axis in figure.axes if axis.get_title() == title]


def test_heat_maps_show_medians_over_the_rows_with_their_two_values(rows):
    maps = panels(heatmaps_figure(rows), "selection loss")
    assert len(maps) == 3
    for axis in maps:
        y, x = axis.get_ylabel(), axis.get_xlabel()
        shown = axis.images[0].get_array()
        for i, first in enumerate(axis.get_yticklabels()):
            for j, second in enumerate(axis.get_xticklabels()):
                chosen = (rows[y].astype(str) == first.get_text()) & (
                    rows[x].astype(str) == second.get_text()
                )
                assert chosen.sum() == 2
                expected = rows.loc[chosen, "selection_loss_median"].median()
                assert shown[i, j] == pytest.approx(expected)


def test_runs_that_were_judged_fast_have_no_choice_by_f1():
    judged_fast = summary(search_tables.runs(LISTS).assign(F1_ARI=float("nan")))
    assert not panels(heatmaps_figure(judged_fast), "F1 ARI")
    figure = variants_figure(judged_fast)
    assert "F1" not in figure.get_suptitle() + "".join(
        text.get_text() for part in (figure, *figure.axes) for text in part.findobj(plt.Text)
    )


def test_the_frame_is_around_the_best_row_without_cell_types(rows):
    axis = panels(heatmaps_figure(rows), "overall")[0]
    (frame,) = axis.patches
    best = rows[rows["best_by_unlabelled"]].iloc[0]
    place = (frame.get_y() + 0.5, frame.get_x() + 0.5)
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names[int(place[0])] == str(best[axis.get_ylabel()])


@pytest.mark.parametrize(
    ("lists", "n_maps"), [({"gamma": [0.1, 0.2, 0.3]}, 1), ({"gamma": [0.1]}, 0)]
)
def test_heat_maps_of_few_hyperparameters(lists, n_maps):
    figure = heatmaps_figure(summary(search_tables.runs(lists)))
    assert len(panels(figure, "selection loss")) == n_maps


def test_the_spread_has_a_point_per_finished_run():
    runs = search_tables.runs(LISTS, failing=[2])
    axis = spread_figure(runs, summary(runs)).axes[0]
    points = axis.collections[0].get_offsets()
    finished = runs.loc[runs["status"] == "ok", ["row", "selection_loss"]]
    assert points[~points.mask.any(axis=1)].data == pytest.approx(finished.to_numpy())


def test_loss_against_metrics_tells_the_rank_correlation(rows):
    titles = {
        axis.get_ylabel(): axis.get_title() for axis in loss_against_metrics_figure(rows).axes
    }
    assert set(titles) == {score.replace("_", " ") for score in SCORES}
    exact = summary(search_tables.runs({"gamma": [0.1, 0.2, 0.3, 0.4]}))
    exact["overall_median"] = -exact["selection_loss_median"]
    titles = {
        axis.get_ylabel(): axis.get_title() for axis in loss_against_metrics_figure(exact).axes
    }
    assert titles["overall"] == "ρ = -1.00"


def test_variants_are_ranked_by_their_best_row():
    good = summary(search_tables.runs(LISTS, method="good"))
    poor = summary(search_tables.runs(LISTS, method="poor"))
    poor["overall_median"] /= 2
    axis = variants_figure(pd.concat([good, poor], ignore_index=True)).axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["poor", "good"]


@pytest.mark.parametrize("labels", [True, False])
def test_pictures_of_failed_searches_and_of_cells_without_types(labels):
    for failing in ([1], [1, 2]):
        runs = search_tables.runs({"gamma": [0.1, 0.2]}, failing=failing, labels=labels)
        rows = summary(runs)
        for figure in (
            heatmaps_figure(rows),
            spread_figure(runs, rows),
            loss_against_metrics_figure(rows),
            variants_figure(rows),
        ):
            figure.canvas.draw()


def test_the_page_shows_the_best_rows_first_with_intervals_and_counts(rows):
    part = variant_part(rows, search_tables.runs(LISTS), REFERENCES)
    assert part.columns[:5] == ["row", "best by", "gamma", "learning_rate_aux", "betas"]
    assert [line[0] for line in part.rows] == [str(row) for row in range(1, 9)]
    first = dict(zip(part.columns, part.rows[0], strict=True))
    assert first["best by"] == "the score without labels and the loss and F1 ARI"
    assert first["finished"] == "3 of 3"
    best = rows.iloc[0]
    low, high = best["overall_ci_low"], best["overall_ci_high"]
    assert first["overall"] == f"{best['overall_median']:.3f} ({low:.3f} to {high:.3f})"


def test_names_and_reasons_are_escaped():
    runs = search_tables.runs(LISTS, dataset="<script>x</script>", failing=[2])
    page = render_search(
        "robust_grid_search",
        runs,
        summary(runs),
        search_tables.references(),
        [],
        {"a": "</pre><script>"},
    )
    assert "<script" not in page
    assert "row 2: 3 diverged (not &lt;b&gt;finite&lt;/b&gt;)" in page


def test_scores_are_named_in_words():
    runs = search_tables.runs(LISTS)
    page = render_search(
        "robust_grid_search", runs, summary(runs), search_tables.references(), [], {}
    )
    assert "<dt>overall</dt><dd>0.6 bio score + 0.4 batch score</dd>" in page
    assert "<dt>F1 ARI</dt><dd>types found and batches not found, in one number" in page


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        (0.9, "uncorrected cells 0.400 and the defaults 0.900."),
        (1.5, "uncorrected cells 0.400 and the defaults 1.500. It is no better than the defaults."),
    ],
)
def test_the_chosen_row_is_held_against_uncorrected_cells_and_the_defaults(rows, defaults, said):
    references = REFERENCES.assign(unlabelled=[0.4, defaults])
    part = variant_part(rows, search_tables.runs(LISTS), references)
    best = rows.loc[rows["best_by_unlabelled"], "unlabelled_median"].item()
    assert part.verdict == (
        "The row to take, chosen by the score without labels, has a score without labels of "
        f"{best:.3f}; {said}"
    )
    place = part.columns.index("unlabelled")
    assert [line[0] for line in part.references] == ["uncorrected", "defaults"]
    assert [line[place] for line in part.references] == ["0.400", f"{defaults:.3f}"]
    assert all(len(line) == len(part.columns) for line in part.references)


def test_references_are_those_of_the_variant_and_of_expression():
    runs = search_tables.runs({"gamma": [0.1, 0.2]})
    others = search_tables.references(method="other", dataset="pbmc", defaults=0.1)
    known = pd.concat([search_tables.references(), others[others["method"] == "other"]])
    page = render_search("grid_search", runs, summary(runs), known, [], {})
    assert "uncorrected cells 0.400 and the defaults 0.900." in page


def test_the_interval_of_two_seeds_is_their_range():
    for seeds, words in (
        ((0, 1), "with their range"),
        ((0, 1, 2), "with bootstrap 95 % intervals"),
    ):
        runs = search_tables.runs({"gamma": [0.1, 0.2]}, seeds=seeds)
        page = render_search("grid_search", runs, summary(runs), search_tables.references(), [], {})
        assert f"medians over the seeds, {words}" in page


def test_values_that_are_alike_have_colours_that_are_alike():
    runs = search_tables.runs({"gamma": [0.1, 0.2]}).assign(overall=0.8)
    runs.loc[runs["row"] == 1, "overall"] += 0.001
    (axis,) = panels(heatmaps_figure(summary(runs)), "overall")
    low, high = axis.images[0].get_clim()
    assert high - low == pytest.approx(0.05)
    assert low < 0.8 < high


def test_with_held_out_cells_the_references_are_of_the_same_cells():
    runs = search_tables.runs({"gamma": [0.1, 0.2]}).assign(cells="train")
    known = search_tables.references()
    trained = known[known["method"] == "aif"].assign(cells="train", value=0.1)
    page = render_search("grid_search", runs, summary(runs), pd.concat([known, trained]), [], {})
    assert "; the defaults 0.100." in page


def test_rows_that_were_stopped_say_after_what_and_are_no_failures():
    lists = {"gamma": [0.1, 0.2, 0.3, 0.4, 0.5]}
    whole = search_tables.runs(lists, failing={4})
    last = {1: 2, 2: 2, 3: 1}  # the rung where a row ended; the others in the first
    table = whole[(whole["seed"] == 0) | whole["row"].isin([1, 2])].copy()
    table["rung"] = table["row"].map(last).fillna(0).astype(int)
    table["share"] = [1.0 if rung else 0.25 for rung in table["rung"]]
    stopped = (table["rung"] < 2) & (table["status"] == "ok")
    table.loc[stopped, "status"] = "stopped"
    rows = summary(table)
    part = variant_part(rows, table, REFERENCES)
    assert part.stopped == "Halving stopped 3 rows: 2 after 25 % of the epochs, 1 after 1 seed."
    assert (part.finished, part.failed) == (6, 1)
    assert part.failures == ["row 4: 1 diverged (not <b>finite</b>)"]
    column = part.columns.index("finished")
    assert [(texts[0], texts[column]) for texts in part.rows] == [
        *(("1", "3 of 3"), ("2", "3 of 3"), ("3", "stopped after 1 seed")),
        *(("5", "stopped after 25 % of the epochs"), ("4", "0 of 1")),
    ]
    page = render_search("robust_grid_search", table, rows, search_tables.references(), [], {})
    assert "Halving stopped 3 rows" in page
    assert "trained for a part of its epochs" in page
    figure = spread_figure(table, rows)
    grey = figure.axes[0].collections[1].get_offsets()
    assert {int(row) for row, _ in grey} == {3, 5}
    assert "grey: stopped" in figure.get_suptitle()


def test_the_page_of_a_whole_search_says_nothing_of_stopping(rows):
    assert variant_part(rows, search_tables.runs(LISTS), REFERENCES).stopped == ""
