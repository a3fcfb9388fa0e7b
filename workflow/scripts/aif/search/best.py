"""The best run of a search, and the config that makes it again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd
import yaml

from aif.config.hyperparameters import hyperparameters_of
from aif.errors import InputError
from aif.search.summary import BEST_BY

HEADER = """\
# The best run of a robust grid search by {by}: row {row}, seed {seed}.
# Its score without labels is {unlabelled!r}, its selection loss {loss!r}.
# snakemake --cores 1 pipeline --configfile {path}
"""
WORDS = {"unlabelled": "its score without labels", "loss": "its selection loss"}


def choice(rows: pd.DataFrame, best_by: str) -> str:
    """Return what the best run is taken by: the loss where no run has a score without labels.

    Parameters
    ----------
    rows
        A `summary`.
    best_by
        unlabelled or loss, as the config says.
    """
    return best_by if rows[f"best_by_{best_by}"].any() else "loss"


def best_run(runs: pd.DataFrame, rows: pd.DataFrame, best_by: str) -> pd.Series:
    """Return the run to keep: of the best row, the seed that is best by the same value.

    Parameters
    ----------
    runs, rows
        `numbered_runs` and their `summary`.
    best_by
        unlabelled or loss; see `choice`.

    Raises
    ------
    InputError
        If no run finished.
    """
    by = choice(rows, best_by)
    best = rows[rows[f"best_by_{by}"]]
    if best.empty:
        reasons = "; ".join(runs["reason"].dropna().unique()[:3])
        raise InputError(f"no run of this search finished: {reasons}")
    chosen = best.iloc[0]
    own = runs[
        (runs["row"] == chosen["row"])
        & (runs["cells"] == chosen["cells"])
        & (runs["status"] == "ok")
    ]
    column, lowest = BEST_BY[by]
    return own.loc[own[column].idxmin() if lowest else own[column].idxmax()]


def run_yaml(best: pd.Series, by: str, config: dict[str, Any], path: str) -> str:
    """Return a config of the workflow: the pipeline run with it is the best run.

    Parameters
    ----------
    best, by
        `best_run`, and the `choice` it was taken by.
    config
        All other keys of the run's config.
    path
        Where the text will be.
    """
    seed = int(best["seed"])
    header = HEADER.format(
        by=WORDS[by],
        row=best["row"],
        seed=seed,
        unlabelled=float(best["unlabelled"]),
        loss=float(best["selection_loss"]),
        path=path,
    )
    run = {**config, "seed": seed, "hyperparameters": asdict(hyperparameters_of(best.to_dict()))}
    return header + yaml.safe_dump(run, sort_keys=False)
