"""The choice among corrections by the score without cell types, and the cells that were chosen."""

from __future__ import annotations

import anndata as ad
import pandas as pd

from aif.evaluation.ranks import OUTPUT, ordered

SCORE = "unlabelled"
SHOWN = (SCORE, "structure", "mixing", "variance_removed")
PICTURE = "X_picture"  # in obsm, for scanpy's sc.pl.embedding(cells, "picture")
CLUSTER = "corrected_cluster"  # in obs
COLUMNS = ("dataset", *OUTPUT, "n_seeds", "chosen", *SHOWN, "status", "reason")


def choice(rows: pd.DataFrame) -> pd.DataFrame:
    """Return COLUMNS: a row per output, best first, of which the first is `chosen`.

    Scores are medians over the `n_seeds` that have one. What has none stands last, with the reason.

    Parameters
    ----------
    rows
        The rows of metrics.tsv of all candidates, of one data set.
    """
    own = rows[rows["metric"].isin(SHOWN) & (rows["cells"] == "all")]
    by_output = own.astype({"value": float}).groupby([*OUTPUT, "metric"])["value"]
    values = by_output.median().unstack()
    values["n_seeds"] = by_output.count().unstack()[SCORE]
    # The first reason is that of a part of the score; the score's own would repeat it.
    about = own.sort_values("status", key=lambda status: status == "ok", kind="stable")
    about = about.drop_duplicates(OUTPUT).set_index(OUTPUT)
    table = values.join(about[["dataset", "status", "reason"]]).loc[ordered(values[SCORE])]
    table["chosen"] = [place == 0 and pd.notna(x) for place, x in enumerate(table[SCORE])]
    return table.reset_index()[list(COLUMNS)]


def with_picture(corrected: ad.AnnData, picture: pd.DataFrame, space: str) -> ad.AnnData:
    """Return a correction with the coordinates of its picture in obsm PICTURE, its clusters in obs CLUSTER.

    A column of the user's that has this name stays as it is. Cells that were not drawn have neither.

    Parameters
    ----------
    corrected
        The cells, changed in place.
    picture
        The rows of their embedding.tsv.
    space
        The space that was chosen.
    """
    own = picture[picture["space"] == space].set_index("cell").reindex(corrected.obs_names)
    corrected.obsm[PICTURE] = own[["x", "y"]].to_numpy()
    if CLUSTER not in corrected.obs:
        corrected.obs[CLUSTER] = (
            own["cluster"].map("{:.0f}".format, na_action="ignore").astype("category")
        )
    return corrected
