"""The pictures of a search: where in the grid it is good, how steady, and whether a choice is right."""

from __future__ import annotations

import itertools
import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.stats import spearmanr

from aif.config.hyperparameters import NAMES as HYPERPARAMETERS
from aif.evaluation.spread import interval_in_words
from aif.report.figures import OKABE_ITO

BLUE, ORANGE, GREEN, PINK = OKABE_ITO[:4]
GREY = "#888888"  # of rows that were stopped
LOSS = "selection_loss"
SCORES = ("overall", "robust_overall", "unlabelled", "batch_score", "bio_score", "F1_ARI")
# What chooses a row, in words: its flag, colour and marker.
CHOICES = {
    "the score without labels": ("best_by_unlabelled", ORANGE, "*"),
    "the loss": ("best_by_loss", PINK, "s"),
    "F1 ARI": ("best_by_F1_ARI", GREEN, "D"),
}
LETTERS = 13  # of a title in an inch
LEAST = 0.05  # that a heat map's colours span: what is alike looks alike
ANNOTATED = 80  # cells of a heat map that are few enough to bear their numbers


def varied(rows: pd.DataFrame) -> list[str]:
    """Return the hyperparameters in which the rows of a sheet differ."""
    return [name for name in HYPERPARAMETERS if rows[name].nunique(dropna=False) > 1]


def shown(rows: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    """Return those of the names whose medians are there for some row."""
    return [name for name in names if rows[f"{name}_median"].notna().any()]


def chosen(rows: pd.DataFrame) -> tuple[str, str]:
    """Return the flag of the rows that a choice without cell types takes, and what chose them."""
    return next(
        ((flag, words) for words, (flag, *_) in CHOICES.items() if rows[flag].any()),
        ("best_by_loss", "the loss"),
    )


def chosen_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the row of each variant that a choice without cell types takes."""
    return pd.concat([own[own[chosen(own)[0]]] for _, own in rows.groupby("method", sort=False)])


def heatmaps_figure(rows: pd.DataFrame) -> Figure:
    """Return maps of the loss and the scores over every pair of varied hyperparameters.

    A field is the median over all rows with its two values; the best row without cell types is framed.

    Parameters
    ----------
    rows
        One variant's summary (`aif.search.summary.summary`).
    """
    names, metrics = varied(rows), shown(rows, (LOSS, *SCORES))
    pairs = list(itertools.combinations(names, 2)) or [(name, None) for name in names]
    if not pairs or not metrics:
        return _empty(rows, "no hyperparameter varies" if metrics else "no run finished")
    figure, axes = plt.subplots(
        len(pairs),
        len(metrics),
        figsize=(3.1 * len(metrics), 2.5 * len(pairs)),
        squeeze=False,
        layout="constrained",
    )
    for line, (y, x) in zip(axes, pairs, strict=True):
        for axis, metric in zip(line, metrics, strict=True):
            _heatmap(axis, rows, y, x, metric)
    note = f"medians over the seeds; framed: the best row by {chosen(rows)[1]}"
    if (rows["n_stopped"] > 0).any():
        note += "; rows that were stopped with what they had then"
    return _titled(figure, rows, note)


def spread_figure(runs: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """Return every run's loss and scores by row of the sheet, its median as a line.

    Parameters
    ----------
    runs, rows
        One variant's runs, and their summary.
    """
    metrics = shown(rows, (LOSS, *SCORES))
    if not metrics:
        return _empty(rows, "no run finished")
    width = float(np.clip(0.22 * len(rows), 7.5, 14))
    figure, axes = plt.subplots(
        len(metrics),
        1,
        figsize=(width, 1.5 * len(metrics) + 0.4),
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    failed, stopped = rows[rows["n_failed"] > 0], runs["status"] == "stopped"
    for axis, metric in zip(axes[:, 0], metrics, strict=True):
        for own, colour in ((runs[~stopped], BLUE), (runs[stopped], GREY)):
            axis.scatter(own["row"], own[metric], s=10, color=colour, alpha=0.6, linewidths=0)
        median = rows[f"{metric}_median"]
        axis.hlines(median, rows["row"] - 0.35, rows["row"] + 0.35, color="black", linewidth=1.2)
        width = 1 / len(CHOICES)
        for place, (flag, colour, _) in enumerate(CHOICES.values()):
            for row in rows.loc[rows[flag], "row"]:
                left = row - 0.5 + place * width
                axis.axvspan(left, left + width, color=colour, alpha=0.25, linewidth=0)
        axis.scatter(
            failed["row"],
            np.full(len(failed), 0.04),
            transform=axis.get_xaxis_transform(),
            marker="x",
            color="black",
            s=24,
        )
        axis.set_ylabel(_words(metric))
    axes[-1, 0].set_xlim(rows["row"].min() - 0.5, rows["row"].max() + 0.5)
    axes[-1, 0].set_xlabel("row of hyperparameters.tsv")
    axes[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    note = (
        "a point per seed; best by the score without labels: orange, by the loss: pink, "
        "by F1 ARI: green; ×: some failed" + ("; grey: stopped" if stopped.any() else "")
    )
    return _titled(figure, rows, note)


def loss_against_metrics_figure(rows: pd.DataFrame) -> Figure:
    """Return the rows' scores against their loss: do the choices without cell types choose well?

    Points are medians over the seeds, bars reach from quartile to quartile. A rank correlation
    (Spearman's ρ) of -1 says that the loss orders the rows as the score does.

    Parameters
    ----------
    rows
        One variant's summary.
    """
    scores = shown(rows, SCORES)
    if not scores:
        return _empty(rows, "no run finished")
    figure, axes = plt.subplots(
        1, len(scores), figsize=(3.1 * len(scores), 3), squeeze=False, layout="constrained"
    )
    for axis, score in zip(axes[0], scores, strict=True):
        for row in rows.to_dict("records"):
            _cross(axis, row, score, GREY if row["n_stopped"] else BLUE)
        for flag, colour, marker in CHOICES.values():
            best = rows[rows[flag]]
            axis.scatter(
                best[f"{LOSS}_median"],
                best[f"{score}_median"],
                marker=marker,
                s=110 if marker == "*" else 45,
                facecolors=colour,
                edgecolors="black",
                zorder=3,
            )
        axis.set(xlabel="selection loss", ylabel=_words(score), title=_correlation(rows, score))
    note = (
        "a point per row; ★ best by the score without labels, ■ by the loss, "
        "◆ by F1 ARI, which has seen the cell types"
        + ("; grey: stopped" if (rows["n_stopped"] > 0).any() else "")
    )
    return _titled(figure, rows, note)


def variants_figure(rows: pd.DataFrame) -> Figure:
    """Return the variants of one data set by the scores of their best rows, with 95 % intervals.

    Parameters
    ----------
    rows
        The summaries of all variants.
    """
    best, words = chosen_rows(rows), chosen(rows)[1]
    scores = shown(rows, SCORES)
    if best.empty or not scores:
        return _empty(rows, "no run finished")
    best = best.sort_values(f"{scores[0]}_median").reset_index(drop=True)
    figure, axes = plt.subplots(
        1,
        len(scores),
        figsize=(3.6 + 2.4 * len(scores), 1.2 + 0.3 * len(best)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    by_types = rows[rows["best_by_F1_ARI"]].set_index("method")
    for axis, score in zip(axes[0], scores, strict=True):
        median, place = best[f"{score}_median"], best.index
        axis.hlines(place, best[f"{score}_ci_low"], best[f"{score}_ci_high"], color=BLUE)
        axis.scatter(median, place, color=BLUE, s=28, zorder=3, label=f"best by {words}")
        found = best["method"].isin(by_types.index)
        axis.scatter(
            by_types.loc[best.loc[found, "method"], f"{score}_median"],
            place[found],
            facecolors="none",
            edgecolors=GREEN,
            marker="D",
            s=40,
            label="best by F1 ARI",
        )
        axis.set(xlabel=_words(score), yticks=place, yticklabels=best["method"])
        axis.set_ylim(-0.6, len(best) - 0.4)
        axis.grid(axis="x", alpha=0.3)
    spread = interval_in_words(int(best["n_finished"].max()))
    return _with_title(
        figure,
        f"{best['dataset'].iloc[0]}: variants by their best row, medians over the seeds and {spread}",
        f"● row chosen by {words}" + ("" if by_types.empty else ", ◇ row chosen by F1 ARI"),
    )


def _heatmap(axis: Axes, rows: pd.DataFrame, y: str, x: str | None, metric: str) -> None:
    keys = [y] if x is None else [y, x]
    # Lists and missing values have no order of their own: the sheet's is kept.
    values = {key: list(dict.fromkeys(rows[key].astype(str))) for key in keys}
    text = rows[keys].astype(str)
    field = rows.groupby([text[key] for key in keys])[f"{metric}_median"].median()
    table = field.to_frame("") if x is None else field.unstack(x)
    table = table.reindex(index=values[y], columns=values[x] if x else [""])
    reverse = "_r" if metric == LOSS else ""
    middle, half = (table.max(None) + table.min(None)) / 2, (table.max(None) - table.min(None)) / 2
    half = max(half, LEAST / 2)
    limits = {"vmin": middle - half, "vmax": middle + half}
    image = axis.imshow(table, cmap=f"viridis{reverse}", aspect="auto", **limits)
    axis.figure.colorbar(image, ax=axis, shrink=0.8)
    if table.size <= ANNOTATED:
        _annotate(axis, table)
    for _, row in text[rows[chosen(rows)[0]]].iterrows():
        corner = (values[x].index(row[x]) if x else 0, values[y].index(row[y]))
        frame = Rectangle((corner[0] - 0.5, corner[1] - 0.5), 1, 1, fill=False, clip_on=False)
        frame.set(edgecolor=ORANGE, linewidth=2.5)
        axis.add_patch(frame)
    axis.set(title=_words(metric), ylabel=y, xlabel=x or "")
    axis.set_xticks(range(table.shape[1]), table.columns)
    axis.set_yticks(range(table.shape[0]), table.index)
    axis.spines[:].set_visible(False)


def _annotate(axis: Axes, table: pd.DataFrame) -> None:
    image = axis.images[0]
    for (i, j), value in np.ndenumerate(table.to_numpy()):
        if np.isfinite(value):
            red, green, blue, _ = image.cmap(image.norm(value))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            colour = "white" if dark else "black"
            axis.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)


def _cross(axis: Axes, row: dict[str, Any], score: str, colour: str) -> None:
    x, y = row[f"{LOSS}_median"], row[f"{score}_median"]
    style = {"color": colour, "alpha": 0.4, "linewidth": 1}
    axis.plot([row[f"{LOSS}_q1"], row[f"{LOSS}_q3"]], [y, y], **style)
    axis.plot([x, x], [row[f"{score}_q1"], row[f"{score}_q3"]], **style)
    axis.scatter(x, y, s=14, color=colour)


def _correlation(rows: pd.DataFrame, score: str) -> str:
    went_on = rows[rows["n_stopped"] == 0]  # short trainings have losses of another scale
    pairs = went_on[[f"{LOSS}_median", f"{score}_median"]].dropna()
    if len(pairs) < 3 or (pairs.nunique() == 1).any():
        return ""
    return f"ρ = {spearmanr(*pairs.to_numpy().T).statistic:.2f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _titled(figure: Figure, rows: pd.DataFrame, note: str) -> Figure:
    first = rows.iloc[0]
    return _with_title(figure, f"{first['dataset']}: {first['method']}", note)


def _with_title(figure: Figure, *lines: str) -> Figure:
    """Return a figure with lines above it that are broken where it ends."""
    fits = int(LETTERS * figure.get_figwidth())
    broken = [textwrap.fill(line, fits) for line in lines]
    figure.suptitle("\n".join(broken), parse_math=False, fontsize=10)
    return figure


def _empty(rows: pd.DataFrame, reason: str) -> Figure:
    """Return a picture that says why there is nothing to see."""
    figure, axis = plt.subplots(figsize=(5, 1.2), layout="constrained")
    axis.text(0.5, 0.5, reason, ha="center", va="center")
    axis.axis("off")
    return _titled(figure, rows, "")
