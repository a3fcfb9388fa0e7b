"""Which rows of a search go on to a rung, and in which job."""

from __future__ import annotations

import numpy as np
import pandas as pd

from aif.search.summary import BEST_BY


def going_on(runs: pd.DataFrame, models: list[list[str]], n: int, best_by: str) -> list[list[str]]:
    """Return the better trainings of a rung, as lists of keys of rows, in the order of the sheet.

    A training is as good as the best of its rows. First come those of which most runs finished with a
    value, so that none goes on for a lucky seed, and among these the best by the median over the seeds.
    Where values lack or are alike the loss decides, and then the order of the sheet. What never finished
    does not go on, so that there may be fewer than `n`.

    Parameters
    ----------
    runs
        The rung's `aif.search.summary.numbered_runs`.
    models
        The keys of the rows of every training of the sheet.
    n
        How many go on.
    best_by
        unlabelled or loss, as the config says.
    """
    finished = runs[(runs["status"] == "ok") & (runs["cells"] != "heldout")]
    column, lowest = BEST_BY[best_by]
    own = finished.groupby("key")
    rows = pd.DataFrame(
        {
            "known": -own[column].count(),
            "value": own[column].median() * (1 if lowest else -1),
            "finished": -own.size(),
            "loss": own["selection_loss"].median(),
        }
    ).fillna(np.inf)
    best = {
        number: min(tuple(rows.loc[key]) for key in keys if key in rows.index)
        for number, keys in enumerate(models)
        if any(key in rows.index for key in keys)
    }
    order = sorted(best, key=lambda number: (best[number], number))
    return [models[number] for number in sorted(order[:n])]


def in_parts(sheet: pd.DataFrame, models: list[list[str]], models_per_job: int) -> pd.DataFrame:
    """Return the rows of the sheet that go on, with the `part` of the rung that trains them.

    Parameters
    ----------
    sheet
        hyperparameters.tsv.
    models
        `going_on`.
    models_per_job
        Trainings of a part.
    """
    part = {key: number // models_per_job for number, keys in enumerate(models) for key in keys}
    rows = sheet[sheet["key"].isin(part)]
    return rows.assign(part=rows["key"].map(part))
