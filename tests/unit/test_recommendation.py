"""What the report recommends, of tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest
import report_tables

from aif.report.recommendation import recommendation
from aif.report.report_page import NO_NULL_TEST, render

NO_LOSSES = report_tables.losses().assign(rec=1.0)


def benchmark(**scores):
    """Return rows of benchmark.tsv from metric = {(method, space): values by seed}."""
    rows = [
        {"dataset": "d", "method": method, "space": space, "seed": seed, "cells": "all"}
        | {"metric": metric, "value": value, "uses_types": method in ("perfect_types", "told")}
        for metric, outputs in scores.items()
        for (method, space), values in outputs.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


HARMONY, AIF = ("harmony", "embedding"), ("aif", "expression")
UNCORRECTED, PERFECT = ("uncorrected", "expression"), ("perfect_types", "embedding")


def advice(types=None, losses=NO_LOSSES, checks=None, null_test=NO_NULL_TEST, **scores):
    types = report_tables.types() if types is None else types
    checks = report_tables.checks() if checks is None else checks
    return recommendation(benchmark(**scores), types, losses, checks, null_test)


def test_the_best_of_the_robust_score_is_taken_and_no_control():
    values = {AIF: [0.8] * 3, HARMONY: [0.7] * 3, UNCORRECTED: [0.4] * 3, PERFECT: [1.0] * 3}
    found = advice(robust_overall=values)
    assert found.choice == (
        "Take aif (expression): its score robust overall is 0.800; uncorrected cells have 0.400."
    )
    assert found.certainty == [
        "It is first with 3 of 3 seeds.",
        "The next is harmony (embedding), 0.100 behind, more than seeds differ by (0.000).",
    ]
    assert found.against == []


def test_what_is_told_the_types_is_not_recommended_but_told_of():
    told = ("told", "embedding")
    values = {AIF: [0.8] * 3, told: [0.9] * 3, UNCORRECTED: [0.4] * 3, PERFECT: [1.0] * 3}
    found = advice(robust_overall=values)
    assert found.choice.startswith("Take aif (expression)")
    assert found.against == [
        "told (embedding) scores higher (0.900), but was told the cell types by which it is judged."
    ]
    assert advice(robust_overall=values | {AIF: [0.95] * 3}).against == []


def test_what_the_null_test_says_against_the_first_is_told_and_of_no_other():
    values = {AIF: [0.8] * 3, HARMONY: [0.7] * 3, UNCORRECTED: [0.4] * 3}
    ids = {"batches": "pseudo", "measure": "batch_genes", "before": 0.0}
    rows = [
        {**ids, "method": method, "space": space, "value": value}
        for (method, space), value in ((AIF, 0.62), (HARMONY, 0.9), (UNCORRECTED, 0.0))
    ]
    assert advice(null_test=pd.DataFrame(rows), robust_overall=values).against == [
        "The null test: 62% of the genes differ between batches that were drawn at random."
    ]


def test_a_lead_within_the_seeds_is_said_to_be_none():
    found = advice(robust_overall={AIF: [0.8, 0.7, 0.72], HARMONY: [0.75, 0.71, 0.7]})
    assert found.certainty == [
        "It is first with 2 of 3 seeds.",
        "The next is harmony (embedding), 0.010 behind, no more than seeds differ by (0.100): "
        "take either.",
    ]


def test_one_seed_has_no_interval():
    found = advice(robust_overall={AIF: [0.8], HARMONY: [0.7]})
    assert found.certainty == [
        "There is one seed, so no interval: set repeats: 3 to see what chance decides.",
        "The next is harmony (embedding), 0.100 behind.",
    ]


def test_where_nothing_is_better_the_cells_stay_as_they_are():
    found = advice(robust_overall={AIF: [0.8], UNCORRECTED: [0.9]})
    assert found.choice == (
        "Take the cells as they are: no correction scores higher (robust overall 0.900)."
    )


def test_other_scores_may_contradict():
    found = advice(
        robust_overall={AIF: [0.8], HARMONY: [0.7], UNCORRECTED: [0.4]},
        overall={AIF: [0.7], HARMONY: [0.9], UNCORRECTED: [0.75]},
        unlabelled={AIF: [0.8], HARMONY: [0.7], UNCORRECTED: [0.4]},
    )
    assert found.against == [
        "By overall harmony (embedding) is first, with 0.900 against 0.700.",
        "By overall uncorrected cells score higher than it.",
    ]


def test_without_cell_types_the_score_without_labels_recommends():
    found = advice(types=report_tables.types().head(0), unlabelled={AIF: [0.6], HARMONY: [0.7]})
    assert found.choice == "Take harmony (embedding): its score unlabelled is 0.700."
    assert advice(overall={AIF: [0.7]}) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purity": 0.85, "foreign_share": 0.1}, None),
        (
            {"purity": 0.6},
            "B (100 cells) is less pure: 60% of its neighbours have its type, 90% before. "
            "Most others are T.",
        ),
        (
            {"purity": 0.6, "n_batches": 1, "foreign_share": 0.35},
            "B is in one batch only, and now lies among other types of other batches: 35% of its "
            "neighbours, 5% before. Most are T.",
        ),
    ],
)
def test_types_that_were_lost_or_moved_speak_against_it(changes, said):
    types = report_tables.types()
    types.loc[(types["method"] == "aif") & (types["cell_type"] == "B"), list(changes)] = list(
        changes.values()
    )
    found = advice(types=types, robust_overall={AIF: [0.8], UNCORRECTED: [0.4]})
    assert found.against == ([said] if said else [])


def test_an_error_that_still_falls_speaks_against_it():
    falling = report_tables.losses().assign(rec=np.exp(-np.arange(20) / 10))
    found = advice(losses=falling, robust_overall={AIF: [0.8], UNCORRECTED: [0.4]})
    assert found.against == [
        "Its reconstruction error was still falling at the end, by 18% in the last tenth of the "
        "epochs: more epochs may do better."
    ]
    assert advice(losses=falling, robust_overall={HARMONY: [0.8]}).against == []


def test_the_page_begins_with_it_and_with_the_cells_of_each_batch():
    page = render(report_tables.tables(), [], report_tables.config())
    start = page[: page.index("<h2>pbmc</h2>")]
    assert "What to take" in start
    assert "Take aif (expression): its score unlabelled is 0.900" in start
    assert "&lt;b&gt;B&lt;/b&gt;" in start
    bare = report_tables.composition(has_labels=False)
    assert "Cells of each type" not in render(
        report_tables.tables(composition=bare), [], report_tables.config()
    )


def test_missing_seeds_and_diverged_courses_are_seen():
    diverged = report_tables.losses().assign(rec=np.nan, seed=4)
    found = advice(
        losses=pd.concat([NO_LOSSES, diverged]),
        robust_overall={AIF: [0.9, np.nan, np.nan], HARMONY: [0.7, 0.71, 0.72]},
    )
    assert found.certainty[1].endswith("too few seeds have both scores to say how much that is.")
    assert found.against == ["It has no score with 2 of 3 seeds."]


def test_equal_scores_leave_the_cells_as_they_are():
    found = advice(robust_overall={AIF: [0.5], UNCORRECTED: [0.5]})
    assert found.choice.startswith("Take the cells as they are")


def test_batches_that_share_no_type_speak_against_every_correction():
    checks = pd.DataFrame(
        [("shared types", "warning", "no cell type is in more than one batch")],
        columns=["check", "status", "message"],
    )
    found = advice(checks=checks, robust_overall={AIF: [0.5], UNCORRECTED: [0.4]})
    assert found.against == ["No cell type is in more than one batch."]


def test_it_names_the_best_for_genes_and_for_clusters():
    found = advice(robust_overall={AIF: [0.8], HARMONY: [0.7], UNCORRECTED: [0.4]})
    assert found.for_what == [
        "To look at genes the best expression is that of aif (0.800).",
        "For neighbours, clusters and a UMAP the best embedding is that of harmony (0.700).",
    ]
