"""Searches: their runs by the rows of the sheet, what they come to over the seeds, and the best."""

from __future__ import annotations

import numpy as np
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


def numbered_runs(runs: pd.DataFrame, sheet: pd.DataFrame, rungs: list[list[int]]) -> pd.DataFrame:
    """Return the runs with the numbers of their rows, in the order of the sheet and the seeds.

    Where the search is halved, the short runs of rows that went on are left out, and those of rows that
    did not reach the last rung are `stopped`, with a reason that says where.

    Parameters
    ----------
    runs
        Tables of `aif.search.run_table`; runs of other rows and seeds are left out.
    sheet
        hyperparameters.tsv.
    rungs
        The seeds that each rung adds. A row has those of all rungs up to its last.

    Raises
    ------
    ValueError
        If an expected run is missing or there twice.
    """
    last = runs.groupby("key")["rung"].max().reindex(sheet["key"], fill_value=0).to_numpy()
    expected = pd.DataFrame(
        [
            (row, key, rung, seed, end)
            for row, key, end in zip(sheet["row"], sheet["key"], last, strict=True)
            for rung, seeds in enumerate(rungs[: end + 1])
            for seed in seeds
        ],
        columns=["row", "key", "rung", "seed", "last"],
    )
    found = expected.merge(runs.drop(columns="row"), on=["key", "rung", "seed"], how="left")
    missing = found.loc[found["status"].isna(), ["row", "seed"]]
    if len(missing):
        raise ValueError(f"no run for (row, seed) {missing.to_numpy().tolist()}")
    if found.duplicated(["row", "rung", "seed", "cells"]).any():
        raise ValueError("a run is there twice")
    if len(rungs) > 1:
        found = _halved(found, rungs, n_rows=[(last >= rung).sum() for rung in range(len(rungs))])
    return found[list(runs.columns)]


def _halved(runs: pd.DataFrame, rungs: list[list[int]], n_rows: list[int]) -> pd.DataFrame:
    """Return the runs without short ones of rows that went on; those of stopped rows say so."""
    runs = runs[(runs["rung"] > 0) | (runs["last"] == 0)].reset_index(drop=True)
    n_seeds = [sum(map(len, rungs[1 : last + 1])) for last in runs["last"]]
    stopped = (runs["last"] < len(rungs) - 1) & (runs["status"] == "ok")
    runs.loc[stopped, "status"] = "stopped"
    where = [
        f"{n_rows[last + 1]} of {n_rows[last]} rows went on after "
        + (
            f"{seeds} seed{'s' if seeds > 1 else ''}"
            if seeds
            else f"{100 * share:.0f} % of the epochs"
        )
        for last, share, seeds in zip(
            runs.loc[stopped, "last"],
            runs.loc[stopped, "share"],
            np.array(n_seeds)[stopped],
            strict=True,
        )
    ]
    said = runs.loc[stopped, "reason"].fillna("")
    runs.loc[stopped, "reason"] = [
        f"{text}; {own}" if own else text for text, own in zip(where, said, strict=True)
    ]
    return runs


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row per hyperparameter row (and group of cells): its runs over the seeds.

    Columns: ids, n_finished, n_stopped, n_failed, the last rung and the share of the epochs that was
    trained there, hyperparameters, the `aif.evaluation.spread.statistics` of the selection losses and of
    every metric over the finished runs, or over those of a row that was stopped, and the flags of
    `_flag_best`.

    Parameters
    ----------
    runs
        `numbered_runs`.
    """
    rows, known = [], []
    for ids, group in runs.groupby(GROUP, sort=False):
        finished = group[group["status"] == "ok"]
        judged = group[group["status"].isin(("ok", "stopped"))]
        row = dict(zip(GROUP, ids, strict=True))
        row |= {"n_finished": len(finished), "n_stopped": len(judged) - len(finished)}
        row |= {"n_failed": len(group) - len(judged)}
        row |= {"rung": group["rung"].max(), "share": group["share"].max()}
        row |= group[list(HYPERPARAMETERS)].iloc[0].to_dict()
        for name in SUMMARISED:
            values = statistics(judged[name].dropna().to_numpy())
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
    row that diverged with some seeds is not chosen for its lucky ones, and none that was stopped.

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
