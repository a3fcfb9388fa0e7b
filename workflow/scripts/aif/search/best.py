"""The best run of a search, and the config that makes it again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd
import yaml

from aif.config.variants import hyperparameters_of
from aif.errors import InputError

HEADER = """\
# The best run of a robust grid search by its selection loss: row {row}, seed {seed}.
# Its selection loss is {loss!r}.
# snakemake --cores 1 pipeline --configfile {path}
"""


def best_run(runs: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Return the run to keep: of the best row by the loss, the seed with the lowest loss.

    Parameters
    ----------
    runs, rows
        `numbered_runs` and their `summary`.

    Raises
    ------
    InputError
        If no run finished.
    """
    best = rows[rows["best_by_loss"]]
    if best.empty:
        reasons = "; ".join(runs["reason"].dropna().unique()[:3])
        raise InputError(f"no run of this search finished: {reasons}")
    chosen = best.iloc[0]
    own = runs[
        (runs["row"] == chosen["row"])
        & (runs["cells"] == chosen["cells"])
        & (runs["status"] == "ok")
    ]
    return own.loc[own["selection_loss"].idxmin()]


def run_yaml(best: pd.Series, config: dict[str, Any], path: str) -> str:
    """Return a config of the workflow: the pipeline run with it is the best run.

    Parameters
    ----------
    best
        `best_run`.
    config
        All other keys of the run's config.
    path
        Where the text will be.
    """
    seed = int(best["seed"])
    loss = float(best["selection_loss"])
    header = HEADER.format(row=best["row"], seed=seed, loss=loss, path=path)
    run = {**config, "seed": seed, "hyperparameters": asdict(hyperparameters_of(best.to_dict()))}
    return header + yaml.safe_dump(run, sort_keys=False)
