"""The benchmark over its seeds: medians, ranks and their intervals, by data set and over all.

What is ranked are outputs: a method's expression and its embedding are two.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from aif.evaluation.metrics import MAXIMUM
from aif.evaluation.spread import statistics

ALL = "all data sets"
OUTPUT = ["method", "space"]
SPREAD = ("median", "ci_low", "ci_high")
COLUMNS = (
    *("dataset", "metric", *OUTPUT, "uses_types", "n_seeds"),
    *SPREAD,
    *(f"{kind}_{name}" for kind in ("rank", "scaled") for name in SPREAD),
)
# The outputs whose scaled values are 0 and 1.
WORST, PERFECT = ("uncorrected", "expression"), ("perfect_types", "embedding")
CONTROLS = ("shuffled", "downsampled", "perfect_types")


def unranked(rows: pd.DataFrame) -> list[str]:
    """Return the methods that take no rank: controls, and those that are told the cell types.

    Parameters
    ----------
    rows
        With columns method and uses_types.
    """
    return list(dict.fromkeys([*CONTROLS, *told_types(rows)]))


def told_types(rows: pd.DataFrame) -> list[str]:
    """Return the methods that are told the cell types, of rows with columns method and uses_types."""
    return list(rows.loc[rows["uses_types"].astype(bool), "method"].unique())


def ranks(benchmark: pd.DataFrame) -> pd.DataFrame:
    """Return a row per data set, metric and output: value, rank and scaled value over the seeds.

    The outputs are ranked for every seed by itself, 1 being the best in the metric's direction and
    equal ones sharing the better rank; what is `unranked` has none. Values are scaled seed by seed so that
    uncorrected cells have 0 and perfect types 1, where both have a value and differ. Then median and
    95 % interval over the seeds are taken. The rows of ALL have the mean over the data sets, seed by
    seed, of outputs that have a value in each.

    Parameters
    ----------
    benchmark
        The rows of benchmark.tsv. Maxima, costs of parts and held-out cells are left out.
    """
    shown = benchmark[~benchmark["metric"].str.endswith(MAXIMUM) & (benchmark["cells"] == "all")]
    metrics = shown.drop_duplicates("metric").set_index("metric")[["better", "suite"]]
    told = benchmark.drop_duplicates("method").set_index("method")["uses_types"]
    rows = [
        row | {"uses_types": told[row["method"]]}
        for metric, better, suite in metrics.itertuples()
        for row in _rows(metric, better, suite, shown[shown["metric"] == metric])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def ordered(scores: pd.Series) -> pd.MultiIndex:
    """Return outputs from the highest score to the lowest, then those that have none.

    Of equal ones the uncorrected cells come first: a correction has to do better.
    """
    filled = scores.fillna(-np.inf)
    order = sorted(filled.index, key=lambda output: (-filled[output], output != WORST))
    return pd.MultiIndex.from_tuples(order, names=OUTPUT)


def _rows(
    metric: str, better: str, suite: str, values: pd.DataFrame
) -> Iterator[dict[str, object]]:
    """Yield the rows of one metric."""
    by_run = values.pivot(index=["dataset", "seed"], columns=OUTPUT, values="value").astype(float)
    competing = by_run.drop(columns=unranked(values), level="method", errors="ignore")
    places = competing.rank(axis=1, method="min", ascending=better == "lower")
    scaled = _scaled(by_run) if suite != "cost" else by_run * np.nan
    tables = (by_run, places.reindex(columns=by_run.columns), scaled)
    for dataset in values["dataset"].unique():
        yield from _spread(dataset, metric, *(table.loc[dataset] for table in tables))
    if values["dataset"].nunique() > 1:
        yield from _spread(ALL, metric, *(_mean_over_datasets(table) for table in tables))


def _scaled(by_run: pd.DataFrame) -> pd.DataFrame:
    """Return values (runs × outputs) so that uncorrected cells have 0 and perfect types 1."""
    if not {WORST, PERFECT} <= set(by_run):
        return by_run * np.nan
    span = (by_run[PERFECT] - by_run[WORST]).replace(0, np.nan)
    return by_run.sub(by_run[WORST], axis=0).div(span, axis=0)


def _mean_over_datasets(by_run: pd.DataFrame) -> pd.DataFrame:
    """Return (seeds × outputs), NaN where an output has no value in one of the data sets."""
    return by_run.groupby("seed").agg(lambda column: column.mean(skipna=False))


def _spread(
    dataset: str, metric: str, by_seed: pd.DataFrame, *others: pd.DataFrame
) -> Iterator[dict[str, object]]:
    """Yield a row per output that has a value, in the order of the columns."""
    for output in by_seed:
        found = [table[output].dropna().to_numpy(dtype=float) for table in (by_seed, *others)]
        if not len(found[0]):
            continue
        ids = {"dataset": dataset, "metric": metric, **dict(zip(OUTPUT, output, strict=True))}
        spreads = [statistics(x)[name] for x in found for name in SPREAD]
        names = COLUMNS[-len(spreads) :]
        yield ids | {"n_seeds": len(found[0])} | dict(zip(names, spreads, strict=True))
