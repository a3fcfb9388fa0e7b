"""The ranked tables of the report: methods over metrics, and over data sets.

A row is an output, what users take of a method: its expression, its embedding or its graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aif.evaluation.metrics import DE, MAXIMUM, METRICS
from aif.evaluation.ranks import ALL, CONTROLS, OUTPUT, WORST, told_types, unranked
from aif.evaluation.spread import interval_in_words

# By which outputs are ranked: the first that there is. All stand before the metrics.
RANKING = ("overall", "robust_overall", "unlabelled")
SCORES = (*RANKING, "bio_score", "batch_score")
SUITES = ("scib", "robust", "unlabelled", "original", "expression", "cost")
ARROWS = {"higher": "↑", "lower": "↓"}
WORDS = {metric.name: metric.words for metric in (*METRICS, *DE)}
Output = tuple[str, str]  # method and space


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
    """The outputs of one data set, best first, then what takes no rank.

    `ranked_by` is empty without a score; `told` are the methods that were told the cell types.
    """

    ranked_by: str
    columns: list[Column]
    rows: list[tuple[Output, list[Cell]]]
    reasons: list[str]
    remarks: list[str]
    told: list[str]


@dataclass(frozen=True)
class Overview:
    """A score of every output (rows, best first) on every data set, and its mean rank; `told` as there."""

    ranked_by: str
    n_seeds: int
    datasets: list[str]
    rows: list[tuple[Output, list[Cell]]]
    told: list[str]

    @property
    def spread(self) -> str:
        """What the intervals are called."""
        return interval_in_words(self.n_seeds)


def overviews(table: pd.DataFrame) -> list[Overview]:
    """Return a table of outputs × data sets for each of RANKING that all data sets share.

    Parameters
    ----------
    table
        The rows of ranks.tsv.
    """
    of_all = set(table.loc[table["dataset"] == ALL, "metric"])
    return [_overview(table, score) for score in RANKING if score in of_all]


def _overview(table: pd.DataFrame, ranked_by: str) -> Overview:
    scores = table[table["metric"] == ranked_by].set_index(["dataset", *OUTPUT]).sort_index()
    order = list(scores.loc[ALL, "rank_median"].dropna().sort_values(kind="stable").index)
    outputs = scores.reset_index().drop_duplicates(OUTPUT)[OUTPUT].itertuples(index=False)
    others = [tuple(output) for output in outputs if tuple(output) not in order]
    last = unranked(table)
    others.sort(key=lambda output: output[0] in last)  # after what has no result on a data set
    datasets = [name for name in table["dataset"].unique() if name != ALL]
    datasets = [name for name in datasets if name in scores.index.unique("dataset")]
    ranked = scores[scores["rank_median"].notna()]
    best = ranked.groupby("dataset")["median"].max()

    def cell(dataset: str, output: Output) -> Cell:
        if (dataset, *output) not in scores.index:
            return Cell("–", "no score; the reason stands below, with the data set", False)
        row = scores.loc[(dataset, *output)]
        is_best = row["median"] == best.get(dataset) and output[0] not in last
        return Cell(f"{row['median']:.3f}", "", is_best, _interval(row, "{:.3f}"))

    def mean_rank(output: Output) -> Cell:
        if output[0] in CONTROLS:
            return Cell("–", "a control, which takes no rank", False)
        if output[0] in last:
            return Cell("–", "it was told the cell types, so it takes no rank", False)
        if output not in order:
            return Cell("–", "no score on at least one data set", False)
        row = scores.loc[(ALL, *output)]
        spread = _interval(row.filter(like="rank_").rename(lambda name: name[5:]), "{:.1f}")
        return Cell(f"{row['rank_median']:.1f}", "", output == order[0], spread)

    rows = [
        (output, [mean_rank(output), *(cell(dataset, output) for dataset in datasets)])
        for output in (*order, *others)
    ]
    n_seeds = int(table["n_seeds"].max())
    return Overview(ranked_by, n_seeds, datasets, rows, told_types(table))


def rank(rows: pd.DataFrame, table: pd.DataFrame) -> Ranking:
    """Return the ranked table of one data set's rows of benchmark.tsv and of ranks.tsv."""
    # The original's maxima and the scores of held-out cells stay in the table file.
    shown = rows[~rows["metric"].str.endswith(MAXIMUM) & (rows["cells"] == "all")]
    medians = table.pivot(index=OUTPUT, columns="metric", values="median")
    values = medians.reindex(pd.MultiIndex.from_frame(shown[OUTPUT].drop_duplicates()))
    ranked_by = next((score for score in RANKING if score in values), "")
    last = unranked(rows)
    order = _order(values, ranked_by, last)
    infos = shown.drop_duplicates("metric").set_index("metric")
    by_suite = infos["suite"].map(SUITES.index).sort_values(kind="stable").index
    # What has no meaning for these data is told below the table, and takes no place in it.
    run = shown.groupby(OUTPUT)["value"].transform("count") > 0
    judged = shown[run] if run.any() else shown
    meant = judged.loc[judged["status"] != "left_out", "metric"].unique()
    metrics = [m for m in (*SCORES, *by_suite.drop(list(SCORES), errors="ignore")) if m in meant]
    by_run = shown[shown["seed"] == shown["seed"].min()].set_index([*OUTPUT, "metric"])
    spreads = table.set_index([*OUTPUT, "metric"])
    columns = [_column(metric, infos.loc[metric]) for metric in metrics]
    competing = values.drop(index=last, level="method", errors="ignore")
    best = {m: _best(competing[m], infos.loc[m, "better"]) for m in metrics if m in values}
    lines = [
        (output, [_cell(by_run, spreads, (*output, m), best.get(m), last) for m in metrics])
        for output in order
    ]
    remarks = _remarks(values, competing)
    return Ranking(ranked_by, columns, lines, _reasons(shown), remarks, told_types(rows))


def _order(values: pd.DataFrame, ranked_by: str, last: list[str]) -> list[Output]:
    """Return the outputs by a score, best first, then those without one, then those of `last`."""
    by = values.get(ranked_by, pd.Series(0.0, values.index))
    order = list(by.sort_values(ascending=False, na_position="last", kind="stable").index)
    return sorted(order, key=lambda output: output[0] in last)


def _remarks(values: pd.DataFrame, competing: pd.DataFrame) -> list[str]:
    """Return what is to be said of outputs that do no better than nothing, by which of the scores."""
    if WORST not in values.index:
        return []
    scores: dict[str, list[str]] = {}
    for score in RANKING:
        own = competing.get(score, pd.Series(np.nan, competing.index))
        below = [f"{method} ({space})" for method, space in own.index[own < own[WORST]]]
        scores.setdefault(", ".join(below), []).append(score.replace("_", " "))
    return [
        f"Cells that were not corrected score higher, by {' and '.join(by)}, than those of {names}."
        for names, by in scores.items()
        if names
    ]


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
    by_run: pd.DataFrame,
    spreads: pd.DataFrame,
    place: tuple[str, str, str],
    best: float | None,
    last: list[str],
) -> Cell:
    """Return the median over the seeds, or why there is none."""
    if place not in spreads.index:
        if place not in by_run.index:  # a space that another seed has
            return Cell("–", "no result with the first seed", False)
        row = by_run.loc[place]
        return Cell(row["status"].replace("_", " "), row["reason"], False)
    row = spreads.loc[place]
    form = "{:.3f}" if abs(row["median"]) < 100 else "{:.0f}"
    spread = _interval(row, form) if place[-1] in SCORES else ""
    is_best = row["median"] == best and place[0] not in last
    return Cell(form.format(row["median"]), "", is_best, spread)


def _interval(row: pd.Series, form: str) -> str:
    """Return a 95 % interval, or nothing where one seed has none."""
    low, high = row["ci_low"], row["ci_high"]
    return "" if pd.isna(low) else f"{form.format(low)} to {form.format(high)}"
