"""Searches: their runs by the rows of the sheet, what they come to over the seeds, and the best."""

from __future__ import annotations

import pandas as pd

from aif.config.hyperparameters import NAMES as HYPERPARAMETERS
from aif.evaluation.metrics import NAMES as METRICS
from aif.evaluation.spread import statistics
from aif.job.files import read_table

SUMMARISED = ("selection_loss", "final_selection_loss", *METRICS)
# What the best row is marked by: a column, and whether its lowest value is the best. The score without
# labels and the loss look at no cell types; F1_ARI has seen them.
BEST_BY = {
    "unlabelled": ("unlabelled", False),
    "loss": ("selection_loss", True),
    "F1_ARI": ("F1_ARI", False),
}
GROUP = ["dataset", "method", "row", "cells", "key"]


def numbered_runs(runs: pd.DataFrame, sheet: pd.DataFrame, seeds: list[int]) -> pd.DataFrame:
    """Return the runs with the numbers of their rows, in the order of the sheet and the seeds.

    Parameters
    ----------
    runs
        Tables of `aif.search.run_table`; runs of other rows and seeds are left out.
    sheet
        hyperparameters.tsv.
    seeds
        Every row's.

    Raises
    ------
    ValueError
        If an expected run is missing or there twice.
    """
    expected = sheet[["row", "key"]].merge(pd.DataFrame({"seed": seeds}), how="cross")
    found = expected.merge(runs.drop(columns="row"), on=["key", "seed"], how="left")
    missing = found.loc[found["status"].isna(), ["row", "seed"]]
    if len(missing):
        raise ValueError(f"no run for (row, seed) {missing.to_numpy().tolist()}")
    if found.duplicated(["row", "seed", "cells"]).any():
        raise ValueError("a run is there twice")
    return found[list(runs.columns)]


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row per hyperparameter row (and group of cells): its runs over the seeds.

    Columns: ids, n_finished, n_failed, hyperparameters, the `aif.evaluation.spread.statistics` of
    the selection losses and of every metric over the finished runs, and the flags of `_flag_best`.

    Parameters
    ----------
    runs
        `numbered_runs`.
    """
    rows, known = [], []
    for ids, group in runs.groupby(GROUP, sort=False):
        finished = group[group["status"] == "ok"]
        row = dict(zip(GROUP, ids, strict=True))
        row |= {"n_finished": len(finished), "n_failed": len(group) - len(finished)}
        row |= group[list(HYPERPARAMETERS)].iloc[0].to_dict()
        for name in SUMMARISED:
            values = statistics(finished[name].dropna().to_numpy())
            row |= {f"{name}_{key}": value for key, value in values.items()}
        rows.append(row)
        known.append(finished[[column for column, _ in BEST_BY.values()]].count())
    return _flag_best(pd.DataFrame(rows), pd.DataFrame(known))


def rows_of(path: str) -> pd.DataFrame:
    """Return a variant's summary from robust_grid_search.tsv, or from the runs of grid_search.tsv."""
    table = read_table(path)
    return table if "n_finished" in table else summary(table)


def _flag_best(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Mark the best row by each of BEST_BY, none where no row has a value.

    Best is the median over the seeds, among the rows of which most runs finished with a value: a
    row that diverged with some seeds is not chosen for its lucky ones.

    Parameters
    ----------
    rows
        The summary.
    known
        How many finished runs of each row have a value, by column.
    """
    trained = rows["cells"] != "heldout"
    flags = {}
    for name, (column, lowest) in BEST_BY.items():
        counts = known[column].where(trained, 0)
        medians = rows.loc[(counts > 0) & (counts == counts.max()), f"{column}_median"]
        best = medians.sort_values(ascending=lowest, kind="stable").index[:1]
        flags[f"best_by_{name}"] = rows.index.isin(best)
    return rows.assign(**flags)
