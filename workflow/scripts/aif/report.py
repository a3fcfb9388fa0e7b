"""The report: one self-contained page made of the aggregated tables and the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from aif.metrics import MAXIMUM
from aif.page import data_uri, fill

SCORES = ("overall", "bio_score", "batch_score")
SUITES = ("scib", "original", "expression", "cost")
ARROWS = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True)
class Column:
    """A metric's column in a ranked table."""

    metric: str
    suite: str
    arrow: str
    range: str


@dataclass(frozen=True)
class Cell:
    """A value in a ranked table: its text, why it is missing, and whether it is the column's best."""

    text: str
    reason: str
    best: bool


@dataclass(frozen=True)
class Ranking:
    """The methods of one data set, best first."""

    ranked_by: str
    columns: list[Column]
    rows: list[tuple[str, list[Cell]]]
    reasons: list[str]


@dataclass(frozen=True)
class DatasetPart:
    """All that the page shows of one data set."""

    name: str
    facts: dict[str, str]
    warnings: list[str]
    ranking: Ranking
    figures: list[dict[str, str]]
    trainings: list[dict[str, Any]]


def render(
    benchmark: pd.DataFrame,
    losses: pd.DataFrame,
    checks: pd.DataFrame,
    figures: list[dict[str, str]],
    config: dict[str, Any],
) -> str:
    """Return the page.

    Parameters
    ----------
    benchmark
        The rows of benchmark.tsv.
    losses
        The rows of all losses.tsv.
    checks
        The rows of all checks.tsv.
    figures
        kind (embedding or losses), dataset, method and path of every picture.
    config
        The validated configuration.
    """
    parts = [
        _dataset_part(name, benchmark, losses, checks, figures)
        for name in benchmark["dataset"].unique()
    ]
    return fill("report.html.j2", config, datasets=parts)


def rank(rows: pd.DataFrame) -> Ranking:
    """Return the ranked table of one data set's rows of benchmark.tsv."""
    # The original's maxima and the scores of held-out cells stay in the table file.
    shown = rows[~rows["metric"].str.endswith(MAXIMUM) & (rows["cells"] == "all")]
    values = shown.pivot_table("value", "method", "metric", aggfunc="first", dropna=False)
    ranked_by = next((s for s in SCORES if s in values and values[s].notna().any()), SCORES[0])
    order = values.get(ranked_by, pd.Series(0.0, values.index)).sort_values(
        ascending=False, na_position="last", kind="stable"
    )
    infos = shown.drop_duplicates("metric").set_index("metric")
    by_suite = infos["suite"].map(SUITES.index).sort_values(kind="stable").index
    first = [score for score in SCORES if score in infos.index]
    metrics = [*first, *(metric for metric in by_suite if metric not in first)]
    by_run = shown.set_index(["method", "metric"])
    columns = [_column(metric, infos.loc[metric]) for metric in metrics]
    best = {m: _best(values[m], infos.loc[m, "better"]) for m in metrics if m in values}
    table = [
        (method, [_cell(by_run.loc[(method, metric)], best.get(metric)) for metric in metrics])
        for method in order.index
    ]
    return Ranking(ranked_by, columns, table, _reasons(shown))


def _dataset_part(
    name: str,
    benchmark: pd.DataFrame,
    losses: pd.DataFrame,
    checks: pd.DataFrame,
    figures: list[dict[str, str]],
) -> DatasetPart:
    ranking = rank(benchmark[benchmark["dataset"] == name])
    found = checks[checks["dataset"] == name]
    position = {method: place for place, (method, _) in enumerate(ranking.rows)}
    position["uncorrected"] = -1  # before, then after
    own = [figure for figure in figures if figure["dataset"] == name]
    own.sort(key=lambda figure: position.get(figure["method"], len(position)))
    return DatasetPart(
        name=name,
        facts=dict(
            found.loc[found["status"] == "ok", ["check", "message"]].itertuples(index=False)
        ),
        warnings=found.loc[found["status"] == "warning", "message"].tolist(),
        ranking=ranking,
        figures=[{**figure, "image": data_uri(figure["path"])} for figure in own],
        trainings=_trainings(losses[losses["dataset"] == name]),
    )


def _trainings(losses: pd.DataFrame) -> list[dict[str, Any]]:
    """Return seed, epochs, the chosen epoch and its reconstruction error of each training."""
    return [
        {
            "method": method,
            "seed": table["seed"].iloc[0],
            "epochs": table["epoch"].max(),
            "chosen": table.loc[table["selected"], "epoch"].iloc[0],
            "rec": f"{table.loc[table['selected'], 'rec'].iloc[0]:.3f}",
        }
        for method, table in losses.groupby("method", sort=False)
    ]


def _reasons(rows: pd.DataFrame) -> list[str]:
    """Return which metrics are missing and why, a line per reason."""
    missing = rows[rows["value"].isna()]
    return [
        f"{status.replace('_', ' ')}: {', '.join(group['metric'].unique())} ({reason})"
        for (status, reason), group in missing.groupby(["status", "reason"], sort=False)
    ]


def _column(metric: str, info: pd.Series) -> Column:
    bounds = [f"{bound:g}" if pd.notna(bound) else "∞" for bound in (info["low"], info["high"])]
    return Column(metric, info["suite"], ARROWS[info["better"]], " to ".join(bounds))


def _best(values: pd.Series, better: str) -> float:
    return values.max() if better == "higher" else values.min()


def _cell(row: pd.Series, best: float | None) -> Cell:
    if pd.isna(row["value"]):
        return Cell(row["status"].replace("_", " "), row["reason"], False)
    text = f"{row['value']:.3f}" if abs(row["value"]) < 100 else f"{row['value']:.0f}"
    return Cell(text, "", row["value"] == best)
