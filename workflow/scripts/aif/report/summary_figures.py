"""The summary as the field draws it: outputs over metrics, and biology against batches."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import matplotlib

matplotlib.use("agg")

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plottable import ColumnDefinition, Table
from plottable.plots import bar

from aif.evaluation.ranks import OUTPUT, unranked
from aif.evaluation.scores import BATCH, BIO, PARTS
from aif.report.figures import OKABE_ITO, note_figure
from aif.report.ranking import RANKING, SCORES

ROBUST_BIO, ROBUST_BATCH = (
    names
    for metric, parts in PARTS.items()
    if metric.name == "robust_overall"
    for _, names, _ in parts
)
UNTYPED = ("structure", "mixing", "variance_removed")
GROUPS = {
    "cell types": tuple(dict.fromkeys((*BIO, *ROBUST_BIO))),
    "batches": tuple(dict.fromkeys((*BATCH, *ROBUST_BATCH))),
    "without types": UNTYPED,
    "scores": SCORES,
}
# Pairs of halves, each the mean of what it names: title, batches and biology.
HALVES = {
    "scib's metrics": (BATCH, BIO),
    "robust metrics": (ROBUST_BATCH, ROBUST_BIO),
    "without cell types": (("mixing", "variance_removed"), ("structure",)),
}
MARKERS = {"expression": "o", "embedding": "^", "graph": "s"}
LEAST = 0.1  # so that no rounding error has a colour of its own
ROW, COLUMN, NAMES = 0.32, 0.75, 4  # inches


def summary_figure(table: pd.DataFrame, dataset: str) -> Figure:
    """Return outputs (best first) over metrics as circles and scores as bars.

    Colours go from the best value of a column down to the lowest of what takes a rank.

    Parameters
    ----------
    table
        The rows of ranks.tsv.
    dataset
        Whose rows are drawn.
    """
    medians = _medians(table, dataset)
    groups = {group: [name for name in names if name in medians] for group, names in GROUPS.items()}
    if not groups["scores"]:
        return note_figure(f"{dataset}: no output has a score")
    ranked_by = next(name for name in RANKING if name in medians)
    last = unranked(table)
    medians = medians.sort_values(ranked_by, ascending=False, kind="stable")
    medians = medians.iloc[
        np.argsort([method in last for method, _ in medians.index], kind="stable")
    ]
    names = [name for own in groups.values() for name in own]
    shown = medians[names].reset_index("space").rename(columns={"space": "output"})
    figure, axes = plt.subplots(figsize=(NAMES + COLUMN * len(names), ROW * (len(shown) + 4)))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=1 - ROW / figure.get_figheight())
    Table(
        shown,
        ax=axes,
        column_definitions=_columns(groups, shown[~shown.index.isin(last)]),
        textprops={"fontsize": 8, "ha": "center"},
        row_divider_kw={"linewidth": 0.5, "color": "0.85"},
        col_label_divider_kw={"linewidth": 1},
        footer_divider=True,
    )
    axes.set_title(
        f"{dataset}, ranked by {ranked_by.replace('_', ' ')}", fontsize=10, parse_math=False
    )
    return figure


def halves_figure(table: pd.DataFrame, dataset: str) -> Figure:
    """Return biology against batches: a point for each output, a panel for each kind of metrics.

    Parameters
    ----------
    table, dataset
        As in `summary_figure`.
    """
    medians = _medians(table, dataset)
    panels = {
        title: halves
        for title, halves in HALVES.items()
        if all(set(names) & set(medians) for names in halves)
    }
    if not panels:
        return note_figure(f"{dataset}: no output has a value of both halves")
    figure, axes = plt.subplots(
        1, len(panels), figsize=(4 * len(panels) + 2, 4), squeeze=False, layout="constrained"
    )
    methods = medians.index.unique("method")
    colours = dict(zip(methods, cycle(OKABE_ITO), strict=False))
    for axis, (title, (batches, biology)) in zip(axes[0], panels.items(), strict=True):
        x, y = (
            medians[[n for n in names if n in medians]].mean(axis=1) for names in (batches, biology)
        )
        for (method, space), at in x.items():
            axis.scatter(
                at, y[method, space], color=colours[method], marker=MARKERS[space], s=45, alpha=0.9
            )
        axis.set(title=title, xlabel="batches mixed")
        axis.set_axisbelow(True)
        axis.grid(color="0.92")
    axes[0, 0].set_ylabel("biology kept")
    _legend(axes[0, -1], colours, medians.index.unique("space"))
    figure.suptitle(dataset, parse_math=False, fontsize=10)
    return figure


def _medians(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    own = table[table["dataset"] == dataset]
    return own.pivot(index=OUTPUT, columns="metric", values="median")


def _columns(groups: dict[str, list[str]], competing: pd.DataFrame) -> list[ColumnDefinition]:
    """Return how each column is drawn: scores as bars, all others as circles."""
    text = {"ha": "left", "weight": "bold"}
    found = [
        ColumnDefinition("method", width=3.6, textprops=text),
        ColumnDefinition("output", width=1.4, textprops={"ha": "left"}),
    ]
    for group, names in groups.items():
        for name in names:
            options: dict[str, Any] = {"title": name.replace("_", "\n"), "group": group}
            options["border"] = "left" if name == names[0] else None
            colours = _colours(competing[name], "Blues" if group == "scores" else "PRGn")
            if group == "scores":
                options |= {"plot_fn": bar, "plot_kw": _bar(colours), "width": 1.1}
            else:
                circle = {"boxstyle": "circle", "pad": 0.35}
                options |= {"cmap": colours, "formatter": _two_digits}
                options["textprops"] = {"ha": "center", "bbox": circle, "fontsize": 6.5}
            found.append(ColumnDefinition(name, **options))
    return found


def _bar(colours: Any) -> dict[str, Any]:
    return {
        **{"cmap": colours, "plot_bg_bar": False, "annotate": True, "height": 0.8},
        **{"formatter": "{:.2f}", "textprops": {"fontsize": 7}},
    }


def _colours(values: pd.Series, name: str) -> Any:
    """Return the colours of a column, from its best value down to the lowest, or to what is LEAST below."""
    best = values.max()
    span = max(best - values.min(), LEAST)
    scale = colormaps[name]

    def colour(value: float) -> tuple[float, ...]:
        if pd.isna(value):
            return (1.0, 1.0, 1.0, 1.0)
        return scale(0.2 + 0.5 * float(np.clip(1 - (best - value) / span, 0, 1)))

    return colour


def _two_digits(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}"


def _legend(axis: Axes, colours: dict[str, str], spaces: pd.Index) -> None:
    handles = [axis.scatter([], [], color=colour, s=30) for colour in colours.values()]
    handles += [axis.scatter([], [], color="0.4", marker=MARKERS[space], s=30) for space in spaces]
    axis.legend(
        *(handles, [*colours, *spaces]),
        **{"loc": "center left", "bbox_to_anchor": (1.01, 0.5), "frameon": False, "fontsize": 7},
    )
