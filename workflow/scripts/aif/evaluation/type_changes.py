"""What all corrections of a data set made of each cell type, beside what it was before."""

from __future__ import annotations

import pandas as pd

from aif.evaluation.ranks import OUTPUT, WORST

MEASURES = ("purity", "mixing", "foreign_share")  # see aif.evaluation.type_tables
PART = ["cell_type", "batch"]
COLUMNS = (
    *("dataset", *OUTPUT, *PART, "n_cells", "n_seeds"),
    *(f"{name}{when}" for name in MEASURES for when in ("", "_before")),
)


def type_changes(parts: pd.DataFrame) -> pd.DataFrame:
    """Return COLUMNS: a row per output, type and batch, medians over the seeds.

    `…_before` is of the uncorrected expression, NaN where that was not judged.

    Parameters
    ----------
    parts
        The rows of all type_batches.tsv of a data set.
    """
    keys = ["dataset", *OUTPUT, *PART]
    groups = parts.groupby(keys, sort=False, observed=True)
    table = groups[["n_cells"]].first().join(groups[list(MEASURES)].median())
    table["n_seeds"] = groups["seed"].nunique()
    table = table.reset_index()
    before = table[(table[OUTPUT] == list(WORST)).all(axis=1)].set_index(PART)[list(MEASURES)]
    return table.join(before, on=PART, rsuffix="_before")[list(COLUMNS)]
