"""The report's ranking, and that nothing from the data is taken for HTML."""

import matplotlib
import pytest
import report_tables
from matplotlib import colors, image

from aif.figures import OKABE_ITO, embedding_figure, losses_figure, save
from aif.report import rank, render


def test_methods_stand_in_the_order_of_the_overall_score():
    ranking = rank(report_tables.benchmark())
    assert ranking.ranked_by == "overall"
    assert [method for method, _ in ranking.rows] == ["aif", "combat", "uncorrected"]
    assert [c.metric for c in ranking.columns][:3] == ["overall", "bio_score", "batch_score"]
    assert "ARI_CT_max" not in [c.metric for c in ranking.columns]


def test_without_labels_the_batch_score_ranks():
    ranking = rank(report_tables.benchmark(has_labels=False))
    assert ranking.ranked_by == "batch_score"
    assert ranking.rows[0][0] == "aif"
    assert any("no label_key" in reason for reason in ranking.reasons)


def test_the_best_of_a_column_follows_its_direction():
    ranking = rank(report_tables.benchmark())
    metrics = [column.metric for column in ranking.columns]
    best = {
        metric: [method for method, cells in ranking.rows if cells[i].best]
        for i, metric in enumerate(metrics)
    }
    assert best["iLISI"] == ["aif"]
    assert best["seconds"] == ["uncorrected"]


def test_missing_values_show_their_reason():
    ranking = rank(report_tables.benchmark())
    position = [c.metric for c in ranking.columns].index("isolated_labels_F1")
    assert {cells[position].text for _, cells in ranking.rows} == {"failed"}
    assert ranking.reasons == ["failed: isolated_labels_F1 (ValueError: too few <b>cells</b>)"]


def test_names_and_messages_are_escaped():
    page = render(
        report_tables.benchmark("<script>x</script>"),
        report_tables.losses("<script>x</script>"),
        report_tables.checks("<script>x</script>"),
        [],
        {"name": "</pre><script>y</script>"},
    )
    assert "<script" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "too few &lt;b&gt;cells" in page


@pytest.mark.parametrize("has_labels", [True, False])
def test_an_embedding_shows_batches_and_types_literally(tmp_path, has_labels):
    figure = embedding_figure(report_tables.embedding(has_labels=has_labels))
    assert len(figure.axes) == 1 + has_labels
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == [r"\$a_1\$", "<script>b</script>"]
    save(figure, tmp_path / "embedding.png")
    pixels = image.imread(tmp_path / "embedding.png")[..., :3]
    for colour in OKABE_ITO[:2]:
        near = abs(pixels - colors.to_rgb(colour)).max(axis=-1) < 0.02
        assert near.sum() > 50


def test_losses_show_used_terms_only_and_the_kept_epoch():
    figure = losses_figure(report_tables.losses())
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "rec" in labels
    assert "proj" not in labels
    assert figure.axes[0].lines[-1].get_xdata() == [19, 19]
    matplotlib.pyplot.close(figure)
