"""The page of a search: its aggregates, variant by variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from aif.evaluation.spread import interval_in_words
from aif.report.page import data_uri, fill
from aif.report.ranking import WORDS
from aif.report.search_figures import CHOICES, LOSS, SCORES, chosen, chosen_rows, shown, varied

ROWS = 10  # of a variant's table; all of them stand in its file


@dataclass(frozen=True)
class VariantPart:
    """What the page shows of one variant's search.

    Attributes
    ----------
    name, finished, failed, n_rows
        The variant, its runs and the rows of its sheet.
    stopped
        Where the search was halved, how many rows were stopped after what; else empty.
    columns
        The row, what chose it, the varied hyperparameters, then the loss and the scores.
    rows
        The best rows by the score without labels, and the best by anything else, as text.
    references
        Uncorrected cells and the variant's defaults, as rows.
    verdict
        Whether the chosen row is better than these.
    failures
        A line per reason.
    """

    name: str
    finished: int
    failed: int
    n_rows: int
    stopped: str
    columns: list[str]
    rows: list[list[str]]
    references: list[list[str]]
    verdict: str
    failures: list[str]


def render_search(
    search: str,
    runs: pd.DataFrame,
    rows: pd.DataFrame,
    references: pd.DataFrame,
    figures: list[dict[str, str]],
    config: dict[str, Any],
) -> str:
    """Return the page.

    Parameters
    ----------
    search
        grid_search or robust_grid_search.
    runs, rows
        The runs of all data sets and variants, and their summaries.
    references
        The rows of metrics.tsv of uncorrected cells and of each variant with its defaults.
    figures
        kind, dataset, method (empty for all variants) and path of every picture.
    config
        The validated configuration.
    """
    trained = rows[rows["cells"] != "heldout"]
    heldout = rows[rows["cells"] == "heldout"]
    datasets = [
        {
            "name": name,
            "variants": [
                variant_part(
                    part,
                    runs[(runs["dataset"] == name) & (runs["method"] == method)],
                    _reference_values(references[references["dataset"] == name], part),
                )
                for method, part in own.groupby("method", sort=False)
            ],
            "figures": [
                {**figure, "image": data_uri(figure["path"])}
                for figure in figures
                if figure["dataset"] == name
            ],
            "heldout": _heldout(own, heldout[heldout["dataset"] == name]),
        }
        for name, own in trained.groupby("dataset", sort=False)
    ]
    return fill(
        "search.html.j2",
        config,
        title=search.replace("_", " "),
        n_seeds=runs["seed"].nunique(),
        halved=bool((rows["share"] < 1).any()),
        spread=interval_in_words(runs["seed"].nunique()),
        words={name: WORDS[name] for name in shown(rows, SCORES)},
        datasets=datasets,
    )


def _reference_values(metrics: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics (columns) of uncorrected cells and of the defaults of the rows' variant.

    They are of what the runs of the search are judged by: expression, and the same cells. With cells that
    are held out there are none of uncorrected ones.
    """
    variant, cells = rows.iloc[0][["method", "cells"]]
    own = metrics[(metrics["space"] == "expression") & (metrics["cells"] == cells)]
    values = own.pivot(index="method", columns="metric", values="value").astype(float)
    names = {"uncorrected": "uncorrected", variant: "defaults"}
    return values.reindex(names).rename(index=names)


def variant_part(rows: pd.DataFrame, runs: pd.DataFrame, references: pd.DataFrame) -> VariantPart:
    """Return what the page shows of one variant, given its summary, its runs and what to hold it against.

    Parameters
    ----------
    rows, runs
        The variant's.
    references
        Metrics (columns) of `uncorrected` cells and of the `defaults`.
    """
    names, metrics = varied(rows), shown(rows, (LOSS, *SCORES))
    order = rows.sort_values(
        ["rung", "unlabelled_median", f"{LOSS}_median"],
        ascending=[False, False, True],
        kind="stable",
    )
    best = order[[flag for flag, *_ in CHOICES.values()]].any(axis=1)
    kept = order[(order.reset_index().index < ROWS) | best]
    return VariantPart(
        name=rows["method"].iloc[0],
        finished=int(rows["n_finished"].sum()),
        failed=int(rows["n_failed"].sum()),
        n_rows=len(rows),
        stopped=_stopped(rows),
        columns=["row", "best by", *names, "finished", *metrics],
        rows=[_texts(row, names, metrics) for row in kept.to_dict("records")],
        references=[
            [name, "", *("" for _ in names), "", *(_number(row.get(metric)) for metric in metrics)]
            for name, row in references.iterrows()
        ],
        verdict=_verdict(rows, references),
        failures=_failures(runs),
    )


def _verdict(rows: pd.DataFrame, references: pd.DataFrame) -> str:
    """Return whether the row that is chosen without cell types is better than nothing and the defaults."""
    flag, words = chosen(rows)
    best = rows.loc[rows[flag], "unlabelled_median"].dropna()
    known = references.get("unlabelled", pd.Series(dtype=float)).dropna()
    if best.empty or known.empty:
        return ""
    value = best.iloc[0]
    others = " and ".join(f"{_named(name)} {number:.3f}" for name, number in known.items())
    said = (
        f"The row to take, chosen by {words}, has a score without labels of {value:.3f}; {others}."
    )
    worse = [_named(name) for name, number in known.items() if number >= value]
    return f"{said} It is no better than {' and '.join(worse)}." if worse else said


def _named(reference: str) -> str:
    return {"uncorrected": "uncorrected cells", "defaults": "the defaults"}[reference]


def _number(value: float | None) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:.3f}"


def _stopped(rows: pd.DataFrame) -> str:
    """Return after what halving stopped how many rows, those included that came to nothing there."""
    early = rows[rows["rung"] < rows["rung"].max()]
    counts = [f"{len(own)} after {_trained(own.iloc[0])}" for _, own in early.groupby("rung")]
    return f"Halving stopped {len(early)} rows: {', '.join(counts)}." if counts else ""


def _trained(row: Mapping[str, Any]) -> str:
    """Return what a row that was stopped was trained for."""
    n_runs = row["n_finished"] + row["n_stopped"] + row["n_failed"]
    if row["share"] < 1:
        return f"{100 * row['share']:.0f} % of the epochs"
    return f"{n_runs} seed{'s' if n_runs > 1 else ''}"


def _texts(row: dict[str, Any], names: list[str], metrics: list[str]) -> list[str]:
    n_runs = row["n_finished"] + row["n_failed"]
    values = [_interval(row, metric) for metric in metrics]
    return [
        str(row["row"]),
        " and ".join(text for text, (flag, *_) in CHOICES.items() if row[flag]),
        *(str(row[name]) for name in names),
        f"stopped after {_trained(row)}"
        if row["n_stopped"]
        else f"{row['n_finished']} of {n_runs}",
        *values,
    ]


def _interval(row: dict[str, Any], metric: str) -> str:
    """Return a median with its interval, where there is one."""
    median, low, high = (row[f"{metric}_{key}"] for key in ("median", "ci_low", "ci_high"))
    if pd.isna(median):
        return "–"
    return f"{median:.3f}" + ("" if pd.isna(low) else f" ({low:.3f} to {high:.3f})")


def _failures(runs: pd.DataFrame) -> list[str]:
    failed = runs[~runs["status"].isin(("ok", "stopped")) & (runs["cells"] != "heldout")]
    return [
        f"row {row}: {len(group)} {status} ({reason})"
        for (row, status, reason), group in failed.groupby(["row", "status", "reason"], sort=False)
    ]


def _heldout(trained: pd.DataFrame, heldout: pd.DataFrame) -> list[list[str]]:
    """Return, for the best row of each variant, what it scores on trained and on held-out cells."""
    metrics = ["final_selection_loss", *shown(heldout, SCORES)] if len(heldout) else []
    best = chosen_rows(trained).merge(heldout, on=["method", "row"], suffixes=("", "_heldout"))
    lines = [
        [
            "variant",
            *(f"{m.replace('_', ' ')}, {c}" for m in metrics for c in ("trained", "held out")),
        ]
    ]
    for row in best.to_dict("records"):
        pairs = [(row[f"{m}_median"], row[f"{m}_median_heldout"]) for m in metrics]
        lines.append([row["method"], *(f"{value:.3f}" for pair in pairs for value in pair)])
    return lines if len(heldout) else []
