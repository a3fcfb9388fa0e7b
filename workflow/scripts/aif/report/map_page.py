"""The page of new cells on a trained model: where they are, what they are called, and how sure that is."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aif.report.figures import NO_TYPE, OKABE_ITO, PALE, save, short_names
from aif.report.page import fill

UNKNOWN, NEW = "unknown", "new"  # a name in names.tsv, and new cells in places.tsv


def render_map(
    places: pd.DataFrame,
    names: pd.DataFrame,
    confusion: pd.DataFrame,
    genes: pd.DataFrame,
    checks: pd.DataFrame,
    model: str,
    config: dict[str, Any],
) -> str:
    """Return the page of one data set.

    Parameters
    ----------
    places, names, confusion, genes, checks
        The tables in its folder mapped/.
    model
        The path of the model.
    config
        The validated configuration.
    """
    return fill(
        "map.html.j2",
        config,
        dataset=places["dataset"].iloc[0],
        model=model,
        image=_uri(map_figure(places)),
        checks=checks[["check", "status", "message"]].to_dict("records"),
        n_genes=len(genes),
        missing=list(genes.loc[genes["status"] == "missing", "gene"]),
        types=name_rows(names),
        confusion=confusion_rows(confusion),
    )


def name_rows(names: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each name: how many cells have it, and their median confidence."""
    groups = names.groupby("cell_type")["confidence"].agg(["size", "median"])
    return [
        {"name": name, "cells": int(row["size"]), "confidence": f"{row['median']:.2f}"}
        for name, row in groups.sort_values("size", ascending=False).iterrows()
    ]


def confusion_rows(confusion: pd.DataFrame) -> list[list[str]]:
    """Return a table of text: types of the cells' own in rows, with the names they got; first the header."""
    if confusion.empty:
        return []
    table = confusion.pivot_table(
        index="cell_type", columns="other_type", values="n_cells", fill_value=0, aggfunc="sum"
    )
    header = ["own type", *table.columns, "named alike"]
    right = [row.get(name, 0) / row.sum() for name, row in table.iterrows()]
    lines = [
        [name, *(str(int(n)) for n in row), f"{share:.0%}"]
        for (name, row), share in zip(table.iterrows(), right, strict=True)
    ]
    return [header, *lines]


def map_figure(places: pd.DataFrame) -> Figure:
    """Return the cells of places.tsv: new ones over the reference by batch, by name and by confidence."""
    figure, axes = plt.subplots(2, 2, figsize=(11.5, 8), layout="constrained")
    new, known = places[places["cells"] == NEW], places[places["cells"] != NEW]
    for axis, cells, column, title in (
        (axes[0, 0], known, "cell_type", "the reference by type"),
        (axes[0, 1], new, "cell_type", "new cells by name"),
        (axes[1, 0], new, "batch", "new cells by batch"),
    ):
        _draw(axis, places, cells, column)
        axis.set_title(title)
    axis = axes[1, 1]
    _draw(axis, places, new.iloc[:0], "batch")
    axis.set_title("confidence of the names")
    if new["confidence"].notna().any():
        size = _size(places)
        shown = axis.scatter(
            *(new["x"], new["y"], size), c=new["confidence"], cmap="viridis", vmin=0, vmax=1
        )
        figure.colorbar(shown, ax=axis, shrink=0.7)
    return figure


def _draw(axis: Axes, everything: pd.DataFrame, cells: pd.DataFrame, column: str) -> None:
    """Draw some cells by a column, over all of them in grey."""
    size = _size(everything)
    axis.scatter(everything["x"], everything["y"], s=size, c=PALE, linewidths=0, rasterized=True)
    shown = cells[column].astype(object).fillna(NO_TYPE).astype(str)
    names = sorted(shown.unique(), key=lambda name: (name in (NO_TYPE, UNKNOWN), name))
    colours = {name: OKABE_ITO[i % len(OKABE_ITO)] for i, name in enumerate(names)}
    colours |= {NO_TYPE: "#A0A0A0", UNKNOWN: "#5C5C5C"}
    order = np.random.default_rng(0).permutation(len(cells))
    axis.scatter(
        *(cells["x"].iloc[order], cells["y"].iloc[order], size),
        c=shown.map(colours).iloc[order],
        linewidths=0,
        rasterized=True,
    )
    axis.set(xticks=[], yticks=[])
    if names:
        handles = [axis.scatter([], [], s=20, color=colours[name]) for name in names]
        labels = [name.replace("$", r"\$") for name in short_names(names)]
        axis.legend(
            handles, labels, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=7
        )


def _size(places: pd.DataFrame) -> float:
    return float(np.clip(12_000 / len(places), 2, 14))


def _uri(figure: Figure) -> str:
    """Return a figure as the source of an image."""
    buffer = io.BytesIO()
    save(figure, buffer)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
