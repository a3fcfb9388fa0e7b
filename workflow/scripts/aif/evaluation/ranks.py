"""The benchmark over its seeds: medians, ranks and their intervals, by data set and over all."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from aif.evaluation.metrics import MAXIMUM
from aif.evaluation.spread import statistics

ALL = "all data sets"
SPREAD = ("median", "ci_low", "ci_high")
COLUMNS = (
    *("dataset", "metric", "method", "n_seeds"),
    *SPREAD,
    *(f"rank_{name}" for name in SPREAD),
)


def ranks(benchmark: pd.DataFrame) -> pd.DataFrame:
    """Return a row per data set, metric and method: value and rank over the seeds.

    The methods are ranked for every seed by itself, 1 being the best in the metric's direction and
    equal ones sharing the better rank; then median and 95 % interval over the seeds are taken. The
    rows of ALL have the mean over the data sets, seed by seed, of methods that have a value in each.

    Parameters
    ----------
    benchmark
        The rows of benchmark.tsv. Maxima, costs of parts and held-out cells are left out.
    """
    shown = benchmark[~benchmark["metric"].str.endswith(MAXIMUM) & (benchmark["cells"] == "all")]
    directions = shown.drop_duplicates("metric").set_index("metric")["better"]
    rows = [
        row
        for metric, better in directions.items()
        for row in _rows(metric, better, shown[shown["metric"] == metric])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(metric: str, better: str, values: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield the rows of one metric."""
    by_run = values.pivot(index=["dataset", "seed"], columns="method", values="value")
    places = by_run.rank(axis=1, method="min", ascending=better == "lower")
    for dataset in values["dataset"].unique():
        yield from _spread(dataset, metric, by_run.loc[dataset], places.loc[dataset])
    if values["dataset"].nunique() > 1:
        mean = [_mean_over_datasets(table) for table in (by_run, places)]
        yield from _spread(ALL, metric, *mean)


def _mean_over_datasets(by_run: pd.DataFrame) -> pd.DataFrame:
    """Return (seeds × methods), NaN where a method has no value in one of the data sets."""
    return by_run.groupby("seed").agg(lambda column: column.mean(skipna=False))


def _spread(
    dataset: str, metric: str, by_seed: pd.DataFrame, places: pd.DataFrame
) -> Iterator[dict[str, object]]:
    """Yield a row per method that has a value, in the order of the columns."""
    for method in by_seed:
        values, own = (table[method].dropna().to_numpy(dtype=float) for table in (by_seed, places))
        if not len(values):
            continue
        ids = (dataset, metric, method, len(values))
        found = [statistics(x)[name] for x in (values, own) for name in SPREAD]
        yield dict(zip(COLUMNS, (*ids, *found), strict=True))
