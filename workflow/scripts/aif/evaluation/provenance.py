"""What ran: a row for every correction, of which the report tells how the results were made."""

from __future__ import annotations

import anndata as ad
import pandas as pd

from aif.evaluation.space import EMBEDDING
from aif.job.costs import versions

IDS = ("dataset", "method", "row", "seed")
COLUMNS = (
    *IDS,
    *(
        "uses_types",
        "status",
        "transform",
        "output",
        "cells",
        "batches",
        "genes",
        "device",
        "versions",
    ),
    *("variant", "hyperparameters", "correction", "holdout", "parameters"),
    *("judged_in", "judged_with", "picture"),
)
PICTURES = {"tsne": "t-SNE of", "umap": "UMAP of", "pca": "first two dimensions of"}
# The packages whose versions decide the values of the metrics.
JUDGES = ("scib", "harmonypy", "scikit-learn", "scanpy", "numpy")


def ids_of(corrected: ad.AnnData) -> dict[str, object]:
    """Return IDS of a correction, and whether its method was told the cell types."""
    info = corrected.uns["aif"]
    return {key: info[key] for key in IDS} | {"uses_types": bool(info.get("uses_types", False))}


def provenance(corrected: ad.AnnData, judged_in: str = "", picture: str = "") -> pd.DataFrame:
    """Return the row of provenance.tsv of a correction.

    Parameters
    ----------
    corrected
        As the contract of corrected.h5ad says, or what stands for a correction that is none.
    judged_in
        In words, the spaces its metrics are computed in.
    picture
        In words, what its pictures show.
    """
    info = corrected.uns["aif"]
    row = {
        **{name: info.get(name, "") for name in COLUMNS},
        **ids_of(corrected),
        "status": info.get("status", "ok"),
        "cells": corrected.n_obs,
        "batches": corrected.obs["batch"].nunique(),
        "genes": corrected.n_vars,
        "versions": _listed(info.get("versions", {})),
        "judged_in": judged_in,
        "judged_with": _listed(versions(*JUDGES)) if judged_in else "",
        "picture": picture,
    }
    return pd.DataFrame([row], columns=list(COLUMNS))


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


def space_in_words(cells: ad.AnnData, space: str) -> str:
    """Return what a correction is judged in.

    Parameters
    ----------
    cells
        With the judged space in obsm, or the graph alone.
    space
        expression, embedding or graph.
    """
    if space == "graph":
        return "its neighbour graph"
    n = cells.obsm[EMBEDDING].shape[1]
    if space == "expression":
        return f"{n} principal components of its expression"
    return f"its embedding of {n} dimensions"


def picture_in_words(cells: ad.AnnData, name: str, space: str) -> str:
    """Return what the picture of a correction shows, as `aif.evaluation.space.embed` draws it."""
    return f"{PICTURES[name if EMBEDDING in cells.obsm else 'umap']} {space}"
