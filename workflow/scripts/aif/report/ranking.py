"""The ranked tables of the report: methods over metrics, and over data sets."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from aif.evaluation.metrics import DE, MAXIMUM, METRICS
from aif.evaluation.ranks import ALL

SCORES = ("overall", "bio_score", "batch_score")
SUITES = ("scib", "original", "expression", "cost")
ARROWS = {"higher": "↑", "lower": "↓"}
WORDS = {metric.name: metric.words for metric in (*METRICS, *DE)}


@dataclass(frozen=True)
class Column:
    """A metric's column in a ranked table: its name, what it says, suite, direction and range."""

    metric: str
    words: str
    suite: str
    arrow: str
    range: str


@dataclass(frozen=True)
class Cell:
    """A value in a table: its text, why it is missing, whether it is the best, its spread."""

    text: str
    reason: str
    best: bool
    spread: str = ""


@dataclass(frozen=True)
class Ranking:
    """The methods of one data set, best first."""

    ranked_by: str
    columns: list[Column]
    rows: list[tuple[str, list[Cell]]]
    reasons: list[str]
    remarks: list[str]


@dataclass(frozen=True)
class Overview:
    """The score of every method (rows, best first) on every data set, and its mean rank."""

    ranked_by: str
    n_seeds: int
    datasets: list[str]
    rows: list[tuple[str, list[Cell]]]


def overview(table: pd.DataFrame) -> Overview | None:
    """Return the table of methods × data sets from the rows of ranks.tsv; none where they share no score."""
    of_all = table.loc[table["dataset"] == ALL, "metric"].to_numpy()
    ranked_by = next((score for score in SCORES if score in of_all), None)
    if ranked_by is None:
        return None
    scores = table[table["metric"] == ranked_by].set_index(["dataset", "method"])
    order = scores.loc[ALL, "rank_median"].sort_values(kind="stable").index
    incomplete = [m for m in scores.index.unique("method") if m not in order]
    datasets = [name for name in scores.index.unique("dataset") if name != ALL]
    best = {name: scores.loc[name, "median"].max() for name in datasets}

    def cell(dataset: str, method: str) -> Cell:
        if (dataset, method) not in scores.index:
            return Cell("–", "no score; the reason stands below, with the data set", False)
        row = scores.loc[(dataset, method)]
        is_best = row["median"] == best[dataset]
        return Cell(f"{row['median']:.3f}", "", is_best, _interval(row, "{:.3f}"))

    def mean_rank(method: str) -> Cell:
        if method not in order:
            return Cell("–", "no score on at least one data set", False)
        row = scores.loc[(ALL, method)]
        spread = _interval(row.filter(like="rank_").rename(lambda name: name[5:]), "{:.1f}")
        return Cell(f"{row['rank_median']:.1f}", "", method == order[0], spread)

    rows = [
        (method, [mean_rank(method), *(cell(dataset, method) for dataset in datasets)])
        for method in (*order, *incomplete)
    ]
    return Overview(ranked_by, int(table["n_seeds"].max()), datasets, rows)


def rank(rows: pd.DataFrame, table: pd.DataFrame) -> Ranking:
    """Return the ranked table of one data set's rows of benchmark.tsv and of ranks.tsv."""
    # The original's maxima and the scores of held-out cells stay in the table file.
    shown = rows[~rows["metric"].str.endswith(MAXIMUM) & (rows["cells"] == "all")]
    medians = table.pivot(index="method", columns="metric", values="median")
    values = medians.reindex(shown["method"].unique())
    ranked_by = next((score for score in SCORES if score in values), SCORES[0])
    order = values.get(ranked_by, pd.Series(0.0, values.index)).sort_values(
        ascending=False, na_position="last", kind="stable"
    )
    infos = shown.drop_duplicates("metric").set_index("metric")
    by_suite = infos["suite"].map(SUITES.index).sort_values(kind="stable").index
    scores = [score for score in SCORES if score in infos.index]
    # What has no meaning for these data is told below the table, and takes no place in it.
    meant = shown.loc[shown["status"] != "left_out", "metric"].unique()
    metrics = [*scores, *(m for m in by_suite if m not in scores and m in meant)]
    by_run = shown[shown["seed"] == shown["seed"].min()].set_index(["method", "metric"])
    spreads = table.set_index(["method", "metric"])
    columns = [_column(metric, infos.loc[metric]) for metric in metrics]
    best = {m: _best(values[m], infos.loc[m, "better"]) for m in metrics if m in values}
    lines = [
        (method, [_cell(by_run, spreads, (method, m), best.get(m)) for m in metrics])
        for method in order.index
    ]
    return Ranking(ranked_by, columns, lines, _reasons(shown), _remarks(list(order.dropna().index)))


def _remarks(ranked: list[str]) -> list[str]:
    """Return what is to be said of methods that do no better than nothing."""
    below = ranked[ranked.index("uncorrected") + 1 :] if "uncorrected" in ranked else []
    if not below:
        return []
    return [f"Cells that were not corrected score higher than those of {', '.join(below)}."]


def _reasons(rows: pd.DataFrame) -> list[str]:
    """Return which methods or seeds of them came to nothing and which metrics are missing, and why."""
    whole = (rows.groupby("method")["value"].transform("count") == 0).to_numpy()
    one_seed = (rows.groupby(["method", "seed"])["value"].transform("count") == 0).to_numpy()
    seeds = rows["method"] + " seed " + rows["seed"].astype(str)
    what = rows["metric"].where(~one_seed, seeds).where(~whole, rows["method"])
    missing = rows.assign(what=what)[rows["value"].isna()]
    return [
        f"{status.replace('_', ' ')}: {', '.join(group['what'].unique())} ({reason})"
        for (status, reason), group in missing.groupby(["status", "reason"], sort=False)
    ]


def _column(metric: str, info: pd.Series) -> Column:
    bounds = [f"{bound:g}" if pd.notna(bound) else "∞" for bound in (info["low"], info["high"])]
    words = WORDS.get(metric, "")
    return Column(metric, words, info["suite"], ARROWS[info["better"]], " to ".join(bounds))


def _best(values: pd.Series, better: str) -> float:
    return values.max() if better == "higher" else values.min()


def _cell(
    by_run: pd.DataFrame, spreads: pd.DataFrame, place: tuple[str, str], best: float | None
) -> Cell:
    """Return the median over the seeds, or why there is none."""
    if place not in spreads.index:
        row = by_run.loc[place]
        return Cell(row["status"].replace("_", " "), row["reason"], False)
    row = spreads.loc[place]
    form = "{:.3f}" if abs(row["median"]) < 100 else "{:.0f}"
    spread = _interval(row, form) if place[1] in SCORES else ""
    return Cell(form.format(row["median"]), "", row["median"] == best, spread)


def _interval(row: pd.Series, form: str) -> str:
    """Return a 95 % interval, or nothing where one seed has none."""
    low, high = row["ci_low"], row["ci_high"]
    return "" if pd.isna(low) else f"{form.format(low)} to {form.format(high)}"
