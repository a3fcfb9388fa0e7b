"""The summary as the field draws it: outputs over metrics, and biology against batches."""

from __future__ import annotations

from collections.abc import Sequence
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
from aif.evaluation.scores import PARTS, Mean
from aif.report.figures import OKABE_ITO, note_figure
from aif.report.ranking import RANKING, SCORES

# What a score is made of: biology, then batches, each the names of its metrics and their mean.
HALVES = {
    metric.name: [half[1:] for half in parts] for metric, parts in PARTS.items() if len(parts) == 2
}
TITLES = {
    "overall": "scib's metrics",
    "robust_overall": "robust metrics",
    "unlabelled": "without cell types",
}
TYPED = ("overall", "robust_overall")
GROUPS = {
    "cell types": tuple(dict.fromkeys(name for score in TYPED for name in HALVES[score][0][0])),
    "batches": tuple(dict.fromkeys(name for score in TYPED for name in HALVES[score][1][0])),
    "without types": tuple(name for names, _ in HALVES["unlabelled"] for name in names),
    "scores": SCORES,
}
MARKERS = {"expression": "o", "embedding": "^", "graph": "s"}
LEAST = 0.1  # so that no rounding error has a colour of its own
ROW, COLUMN, NAMES, LINE = 0.32, 0.75, 4, 0.17  # inches


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
    ranked_by = next((name for name in RANKING if name in medians), None)
    if ranked_by is None:
        return note_figure(f"{dataset}: no output has a score to rank by")
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
    scores = [score for score in TITLES if score in medians]
    if not scores:
        return note_figure(f"{dataset}: no output has a score of two halves")
    colours = dict(zip(medians.index.unique("method"), cycle(OKABE_ITO), strict=False))
    spaces = medians.index.unique("space")
    height = max(4, LINE * (len(colours) + len(spaces)))
    figure, axes = plt.subplots(
        1, len(scores), figsize=(4 * len(scores) + 2, height), squeeze=False, layout="constrained"
    )
    for axis, score in zip(axes[0], scores, strict=True):
        judged = medians[medians[score].notna()]
        biology, batches = (_half(judged, *half) for half in HALVES[score])
        for (method, space), at in batches.items():
            look = {"color": colours[method], "marker": MARKERS[space]}
            axis.scatter(at, biology[method, space], s=45, alpha=0.9, **look)
        axis.set(title=TITLES[score], xlabel="batches mixed")
        axis.set_axisbelow(True)
        axis.grid(color="0.92")
    axes[0, 0].set_ylabel("biology kept")
    _legend(axes[0, -1], colours, spaces)
    figure.suptitle(dataset, parse_math=False, fontsize=10)
    return figure


def _half(medians: pd.DataFrame, names: Sequence[str], mean: Mean) -> pd.Series:
    """Return the mean of those of the metrics that there are, as the score has it."""
    there = medians[[name for name in names if name in medians]].dropna(axis=1, how="all")
    return there.apply(lambda row: mean(row.dropna().to_numpy()), axis=1)


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
        **{"formatter": _two_digits, "textprops": {"fontsize": 7}},
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
