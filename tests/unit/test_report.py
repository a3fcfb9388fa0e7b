"""The report's ranking, and that nothing from the data is taken for HTML."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
import report_tables
from matplotlib import colors, image

from aif.evaluation.ranks import ranks
from aif.report.figures import OKABE_ITO, embedding_figure, expression_figure, losses_figure, save
from aif.report.ranking import overviews, rank
from aif.report.report_page import render


def ranked(benchmark):
    return rank(benchmark, ranks(benchmark))


def test_methods_stand_in_the_order_of_the_overall_score():
    ranking = ranked(report_tables.benchmark())
    assert ranking.ranked_by == "overall"
    assert [output for output, _ in ranking.rows] == [
        (method, "expression") for method in ("aif", "combat", "uncorrected")
    ]
    assert [c.metric for c in ranking.columns][:4] == [
        *("overall", "unlabelled", "bio_score", "batch_score")
    ]
    assert "ARI_CT_max" not in [c.metric for c in ranking.columns]


def test_without_labels_the_score_without_labels_ranks():
    ranking = ranked(report_tables.benchmark(has_labels=False))
    assert ranking.ranked_by == "unlabelled"
    assert ranking.rows[0][0][0] == "aif"
    assert any("no label_key" in reason for reason in ranking.reasons)


def test_the_best_of_a_column_follows_its_direction():
    ranking = ranked(report_tables.benchmark())
    metrics = [column.metric for column in ranking.columns]
    best = {
        metric: [method for (method, _), cells in ranking.rows if cells[i].best]
        for i, metric in enumerate(metrics)
    }
    assert best["iLISI"] == ["aif"]
    assert best["seconds"] == ["uncorrected"]


def test_what_has_no_meaning_takes_no_column():
    ranking = ranked(report_tables.benchmark(has_labels=False))
    assert [column.metric for column in ranking.columns] == ["unlabelled", "seconds"]
    assert any("left out" in reason and "iLISI" in reason for reason in ranking.reasons)


def test_a_method_that_did_not_run_brings_no_column_back():
    benchmark = report_tables.benchmark(has_labels=False)
    gone = benchmark["method"] == "combat"
    benchmark.loc[gone, ["value", "status", "reason"]] = [np.nan, "not_run", "there is no R"]
    assert [c.metric for c in ranked(benchmark).columns] == ["unlabelled", "seconds"]


def test_an_overview_may_have_controls_only():
    tables = [report_tables.benchmark("first"), report_tables.benchmark("second")]
    benchmark = pd.concat(tables).replace({"method": {"combat": "shuffled"}})
    none = (benchmark["dataset"] == "first") & (benchmark["method"] != "shuffled")
    benchmark.loc[none, "value"] = np.nan
    page, _ = overviews(ranks(benchmark))
    assert [cells[1].best for _, cells in page.rows] == [False] * len(page.rows)


def test_methods_that_do_no_better_than_nothing_are_remarked():
    benchmark = report_tables.benchmark()
    assert ranked(benchmark).remarks == []
    benchmark.loc[benchmark["method"] == "combat", "value"] = 0.4
    said = (
        "Cells that were not corrected score higher, by overall and unlabelled, than those of "
        "combat (expression)."
    )
    assert ranked(benchmark).remarks == [said]
    page = render(report_tables.tables(benchmark=benchmark), [], report_tables.config())
    assert f'<p class="warning">{said}</p>' in page


def test_a_control_is_never_first():
    benchmark = report_tables.benchmark(has_labels=False)
    benchmark.loc[benchmark["method"] == "combat", ["method", "value"]] = ["shuffled", 1.0]
    ranking = ranked(benchmark)
    assert [method for (method, _), _ in ranking.rows] == ["aif", "uncorrected", "shuffled"]
    assert not any(cell.best for cell in ranking.rows[-1][1])


def test_missing_values_show_their_reason():
    ranking = ranked(report_tables.benchmark())
    position = [c.metric for c in ranking.columns].index("isolated_labels_F1")
    assert {cells[position].text for _, cells in ranking.rows} == {"failed"}
    assert ranking.reasons == ["failed: isolated_labels_F1 (ValueError: too few <b>cells</b>)"]


def test_a_method_that_did_not_run_stands_there_once_with_its_reason():
    benchmark = report_tables.benchmark()
    gone = benchmark["method"] == "combat"
    benchmark.loc[gone, ["value", "status", "reason"]] = [np.nan, "not_run", "there is no R"]
    ranking = ranked(benchmark)
    assert [method for (method, _), _ in ranking.rows] == ["aif", "uncorrected", "combat"]
    assert {cell.text for cell in ranking.rows[-1][1]} == {"not run"}
    assert "not run: combat (there is no R)" in ranking.reasons


def test_a_seed_without_a_result_is_named():
    benchmark = pd.concat([report_tables.benchmark(), report_tables.benchmark(seed=1)])
    gone = (benchmark["method"] == "aif") & (benchmark["seed"] == 1)
    benchmark.loc[gone, ["value", "status", "reason"]] = [np.nan, "failed", "no memory"]
    assert "failed: aif seed 1 (no memory)" in ranked(benchmark).reasons


def test_a_training_that_chose_no_epoch_has_no_course():
    losses = report_tables.losses()
    ran = report_tables.provenance().query("method != 'aif'")
    diverged = losses.assign(method="aif_norm", selected=False)
    pages = [
        render(report_tables.tables(losses=courses, provenance=ran), [], report_tables.config())
        for courses in (losses, pd.concat([losses, diverged]), diverged)
    ]
    assert pages[0] == pages[1]
    assert pages[2] != pages[0]


def test_the_overview_has_medians_over_seeds_and_mean_ranks_over_data_sets():
    tables = [
        report_tables.benchmark(dataset, seed=seed, change=seed / 10)
        for dataset in ("first", "second")
        for seed in range(3)
    ]
    benchmark = pd.concat(tables, ignore_index=True)
    worse = (benchmark["dataset"] == "second") & (benchmark["method"] == "aif")
    benchmark.loc[worse, "value"] = 0.1
    page, unlabelled = overviews(ranks(benchmark))
    assert (page.ranked_by, unlabelled.ranked_by) == ("overall", "unlabelled")
    assert page.datasets == ["first", "second"]
    rows = {method: [cell.text for cell in cells] for (method, _), cells in page.rows}
    assert rows == {
        "combat": ["1.5", "0.800", "0.800"],
        "aif": ["2.0", "1.000", "0.100"],
        "uncorrected": ["2.5", "0.600", "0.600"],
    }
    assert page.rows[0][1][1].spread == "0.700 to 0.900"
    assert overviews(ranks(report_tables.benchmark())) == []


def test_controls_stand_below_what_has_no_result_on_a_data_set():
    tables = []
    for dataset in ("first", "second"):
        own = report_tables.benchmark(dataset)
        control = own[own["method"] == "combat"].assign(method="perfect_types")
        tables += [own, control] if dataset == "first" else [own[own["method"] != "aif"], control]
    page = overviews(ranks(pd.concat(tables, ignore_index=True)))[0]
    assert [method for (method, _), _ in page.rows][-2:] == ["aif", "perfect_types"]


def test_the_overview_has_the_score_that_all_data_sets_share():
    tables = [report_tables.benchmark("first"), report_tables.benchmark("second", has_labels=False)]
    (table,) = overviews(ranks(pd.concat(tables)))
    assert table.ranked_by == "unlabelled"
    assert overviews(ranks(tables[0])) == []


def test_names_and_messages_are_escaped():
    name = "<script>x</script>"
    config = report_tables.config(name, batch_key="</pre><script>y</script>")
    page = render(report_tables.tables(name), [], config)
    assert "<script" not in page
    assert "<b>LYZ" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "too few &lt;b&gt;cells" in page


@pytest.mark.parametrize("has_labels", [True, False])
def test_an_embedding_shows_batches_and_types_literally(tmp_path, has_labels):
    figure = embedding_figure(report_tables.embedding(has_labels=has_labels), "t-SNE of <it>")
    assert len(figure.axes) == 1 + has_labels
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == [r"\$a_1\$", "<script>b</script>"]
    save(figure, tmp_path / "embedding.png")
    pixels = image.imread(tmp_path / "embedding.png")[..., :3]
    for colour in OKABE_ITO[:2]:
        near = abs(pixels - colors.to_rgb(colour)).max(axis=-1) < 0.02
        assert near.sum() > 50


def test_every_name_stands_in_the_legend_and_long_ones_leave_room():
    cells = report_tables.embedding()
    names = dict(zip(cells["batch"].unique(), ["_hidden", "x" * 60 + "end"], strict=True))
    figure = embedding_figure(cells.assign(batch=cells["batch"].map(names)), "t-SNE")
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["_hidden", "x" * 21 + "…" + "x" * 7 + "end"]
    names = {name: f"/data/of/all/runs/GSM{i}/outs/filtered.h5" for i, name in enumerate(names)}
    figure = embedding_figure(cells.assign(batch=cells["batch"].map(names)), "t-SNE")
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["…0…", "…1…"]
    matplotlib.pyplot.close(figure)


def test_every_space_has_a_line_of_its_own():
    both = [report_tables.embedding().assign(space=space) for space in ("expression", "embedding")]
    figure = embedding_figure(pd.concat(both), "t-SNE")
    assert [axis.get_ylabel() for axis in figure.axes] == ["expression", "", "embedding", ""]
    matplotlib.pyplot.close(figure)


def test_losses_show_used_terms_only_and_the_kept_epoch():
    figure = losses_figure(report_tables.losses())
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "rec" in labels
    assert "proj" not in labels
    assert figure.axes[0].lines[-1].get_xdata() == [19, 19]
    named = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert named == ["rec", "kl", "class", "class_rec", "gan", "aux", "dis"]
    matplotlib.pyplot.close(figure)


def test_expression_shows_a_curve_per_method_and_direction():
    figure = expression_figure(report_tables.expression(), "pbmc")
    up, down = figure.axes
    assert [line.get_label() for line in up.lines] == ["aif", "combat"]
    np.testing.assert_allclose(up.lines[0].get_ydata(), [0.9, 0.4])
    np.testing.assert_allclose(down.lines[1].get_ydata(), [0.7, 0.2])
    matplotlib.pyplot.close(figure)
