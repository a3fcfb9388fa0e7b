"""The choice among corrections by the score without cell types, and the cells that were chosen."""

from __future__ import annotations

import anndata as ad
import h5py
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


def add_picture(file: h5py.File, picture: pd.DataFrame, space: str) -> str:
    """Add the coordinates of its picture (n, 2) and its clusters to a correction; return their column in obs.

    It is obs CLUSTER, with an underscore where the user's cells have such a column. Cells that were not
    drawn have neither.

    Parameters
    ----------
    file
        corrected.h5ad, open for writing.
    picture
        The rows of its embedding.tsv.
    space
        The space that was chosen.
    """
    obs, column = ad.io.read_elem(file["obs"]), CLUSTER
    while column in obs:
        column += "_"
    own = picture[picture["space"] == space].set_index("cell").reindex(obs.index)
    clusters = own["cluster"].map("{:.0f}".format, na_action="ignore").astype("category")
    ad.io.write_elem(file["obsm"], PICTURE, own[["x", "y"]].to_numpy())
    ad.io.write_elem(file, "obs", obs.assign(**{column: clusters}))
    return column
