"""What became of each cell type in each batch, as a heat map."""

from __future__ import annotations

import matplotlib

matplotlib.use("agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aif.evaluation.ranks import OUTPUT
from aif.report.figures import note_figure, short_names

MOST_ROWS = 60  # of types and batches; more are drawn as types
LARGEST = 0.3  # change of purity that has the full colour
PLAIN, STRONG = 0.25, 0.75  # between these shades letters are black
ROW, COLUMN, NAMES = 0.24, 0.42, 5  # inches


def type_figure(changes: pd.DataFrame, dataset: str) -> Figure:
    """Return purity and mixing of types and batches (rows) in each output (columns).

    Purity is coloured by its change from the uncorrected expression, mixing by its value.

    Parameters
    ----------
    changes
        The rows of a data set's types.tsv.
    dataset
        Its name.
    """
    if changes.empty:
        return note_figure(f"{dataset}: no cell types, so nothing to tell of each")
    rows, words = ["cell_type", "batch"], "types and batches"
    if len(changes[rows].drop_duplicates()) > MOST_ROWS:
        rows, words = ["cell_type"], "types, means over their batches by cells"
    tables = {name: _table(changes, name, rows) for name in ("purity", "purity_before", "mixing")}
    n_rows, n_columns = tables["purity"].shape
    size = (2 * COLUMN * n_columns + NAMES, ROW * n_rows + 2.8)
    figure, axes = plt.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
    change = tables["purity"] - tables["purity_before"]
    shades = (change / (2 * LARGEST) + 0.5).clip(0, 1)
    _draw(axes[0], tables["purity"], shades, "PRGn", "purity, coloured by its change")
    _draw(axes[1], tables["mixing"], tables["mixing"].clip(0, 1), "viridis", "mixing")
    names = [
        " · ".join(row).replace("$", r"\$")
        for row in zip(*_short_levels(tables["purity"]), strict=True)
    ]
    axes[0].set_yticks(range(n_rows), names, fontsize=7)
    figure.suptitle(f"{dataset}: {words}", parse_math=False, fontsize=10)
    return figure


def _table(changes: pd.DataFrame, name: str, rows: list[str]) -> pd.DataFrame:
    """Return a measure of rows in outputs, means weighted by cells."""
    known = changes[changes[name].notna()]
    weighted = known.assign(value=known[name] * known["n_cells"]).pivot_table(
        index=rows, columns=OUTPUT, values=["value", "n_cells"], aggfunc="sum", sort=False
    )
    index = pd.MultiIndex.from_frame(changes[rows]).unique() if len(rows) > 1 else None
    index = pd.Index(changes[rows[0]].unique()) if index is None else index
    columns = pd.MultiIndex.from_frame(changes[OUTPUT]).unique()
    if weighted.empty:
        return pd.DataFrame(np.nan, index, columns)
    return (weighted["value"] / weighted["n_cells"]).reindex(index=index, columns=columns)


def _short_levels(table: pd.DataFrame) -> list[list[str]]:
    """Return the names of types, and of batches, of all rows, shortened to leave room for the picture."""
    levels = []
    for i in range(table.index.nlevels):
        values = table.index.get_level_values(i).astype(str)
        unique = list(values.unique())
        levels.append([dict(zip(unique, short_names(unique), strict=True))[v] for v in values])
    return levels


def _draw(axis: Axes, values: pd.DataFrame, shades: pd.DataFrame, colours: str, title: str) -> None:
    """Draw values as numbers on their shades (0 to 1)."""
    axis.imshow(shades.astype(float), cmap=colours, vmin=0, vmax=1, aspect="auto")
    dark_ends = colours == "PRGn"
    for (row, column), value in np.ndenumerate(values.to_numpy(dtype=float)):
        if np.isnan(value):
            continue
        shade = shades.iat[row, column]
        dark = not PLAIN < shade < STRONG if dark_ends else shade < STRONG - PLAIN / 2
        text = f"{value:.2f}".removeprefix("0")
        colour = "white" if dark else "black"
        axis.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    names = [f"{method}, {space}" for method, space in values.columns]
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axis.tick_params(length=0)
    axis.set_title(title, fontsize=9)
