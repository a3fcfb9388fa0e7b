"""The choice among corrections by the score without cell types."""

from __future__ import annotations

import pandas as pd

from aif.evaluation.ranks import OUTPUT, ordered

SCORE = "unlabelled"
SHOWN = (SCORE, "structure", "mixing")
COLUMNS = ("dataset", *OUTPUT, "seed", "chosen", *SHOWN, "status", "reason")


def choice(rows: pd.DataFrame) -> pd.DataFrame:
    """Return COLUMNS: a row per output, best first, of which the first is `chosen`.

    What has no score stands last, with the reason.

    Parameters
    ----------
    rows
        The rows of metrics.tsv of all candidates, of one data set and one seed.
    """
    own = rows[rows["metric"].isin(SHOWN) & (rows["cells"] == "all")]
    values = own.pivot(index=OUTPUT, columns="metric", values="value").astype(float)
    # The first reason is that of a part of the score; the score's own would repeat it.
    about = own.sort_values("status", key=lambda status: status == "ok", kind="stable")
    about = about.drop_duplicates(OUTPUT).set_index(OUTPUT)
    table = values.join(about[["dataset", "seed", "status", "reason"]]).loc[ordered(values[SCORE])]
    table["chosen"] = [place == 0 and pd.notna(x) for place, x in enumerate(table[SCORE])]
    return table.reset_index()[list(COLUMNS)]
