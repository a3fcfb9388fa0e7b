"""The figures of the report: embeddings before and after correction, and courses of training."""

from __future__ import annotations

from itertools import cycle, takewhile
from typing import IO

import matplotlib

matplotlib.use("agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DPI = 110
# Okabe & Ito's colours, which the colour-blind can tell apart; lighter and darker ones follow.
OKABE_ITO = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A800", "#000000"),
    *("#7FB8D8", "#F2CF7F", "#7FCEB9", "#E5BCD3", "#A9D9F4", "#EAAE7F", "#8C8C8C", "#004D78"),
    *("#8A5F00", "#00543D", "#7A4864", "#7F3800", "#5C5C5C", "#C8C8C8", "#3B1F5B", "#2B6CB0"),
)
LONGEST = 32  # letters of a name in a legend
NO_TYPE, PALE = "(no type)", "#D9D9D9"  # cells without a type, as in composition.tsv
# The columns of losses.tsv in words.
LOSS_TERMS = {
    "rec": "the reconstruction error",
    "kl": "the distance of the latent space from a normal distribution",
    "class": "the error of the label branch on the batch of a cell",
    "class_rec": "the same on decoded cells",
    "gan": "how far decoded cells are from passing for real ones",
    "aux": "the error of the auxiliary network, which looks for the batch in the latent space",
    "log_aux": "what the auxiliary network finds of it, on a scale on which being sure counts",
    "proj": "how alike decodes under other batches are to the cell",
    "dis": "the discriminator's own error",
}

plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def embedding_figure(cells: pd.DataFrame, picture: str) -> Figure:
    """Return the cells of one embedding.tsv, coloured by batch and, where known, by cell type.

    Each space that a correction is judged in has a line of its own.

    Parameters
    ----------
    cells
        The rows of embedding.tsv.
    picture
        What the coordinates are, in words.
    """
    if cells["x"].isna().all():
        return note_figure(f"{cells['method'].iloc[0]} gave no result; the report says why")
    columns = [c for c in ("batch", "cell_type") if cells[c].notna().any()]
    spaces = cells["space"].unique()
    order = np.random.default_rng(0).permutation(len(cells))  # so that no batch hides another
    shuffled = cells.iloc[order]
    figure, axes = plt.subplots(
        len(spaces),
        len(columns),
        figsize=(5.2 * len(columns), 3.6 * len(spaces)),
        squeeze=False,
        layout="constrained",
    )
    for line, space in zip(axes, spaces, strict=True):
        for axis, column in zip(line, columns, strict=True):
            _scatter(axis, shuffled[shuffled["space"] == space], column)
        line[0].set_ylabel(space)
    first = cells.iloc[0]
    title = f"{first['dataset']}: {first['method']} ({picture})"
    figure.suptitle(title, parse_math=False, fontsize=10)
    return figure


def losses_figure(losses: pd.DataFrame) -> Figure:
    """Return the course of one losses.tsv: terms and weights per epoch, the chosen epoch marked."""
    if losses.empty:
        return note_figure("no epoch was trained")
    figure, axes = plt.subplots(1, 2, figsize=(10.4, 3.2), layout="constrained")
    terms = [term for term in LOSS_TERMS if losses[term].notna().any()]
    for colour, term in zip(OKABE_ITO, terms, strict=False):
        axes[0].plot(losses["epoch"], losses[term], color=colour, label=term, linewidth=1.2)
        if f"weight_{term}" in losses:
            weights = losses[f"weight_{term}"]
            axes[1].plot(losses["epoch"], weights, color=colour, label=term, linewidth=1.2)
    for axis, title in zip(axes, ("loss terms", "weights of the terms"), strict=True):
        axis.set(title=title, xlabel="epoch", yscale="log")
        for epoch in losses.loc[losses["selected"], "epoch"]:
            axis.axvline(epoch, color="0.5", linestyle=":", linewidth=1)
    named = axes[0].get_legend_handles_labels()  # the discriminator's loss has no weight
    axes[1].legend(*named, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    first = losses.iloc[0]
    title = f"{first['dataset']}: {first['method']} (dotted: the epoch that was kept)"
    figure.suptitle(title, parse_math=False, fontsize=10)
    return figure


def expression_figure(curves: pd.DataFrame, dataset: str) -> Figure:
    """Return F1 over the fold change of all methods, up and down; medians and range over the seeds."""
    if curves.empty:
        return note_figure(f"{dataset}: it is not known which genes are changed")
    genes = sorted(curves["genes"].unique())
    figure, axes = plt.subplots(
        len(genes), 2, figsize=(10.4, 3.2 * len(genes)), squeeze=False, sharex=True, sharey=True,
        layout="constrained",
    )  # fmt: skip
    methods = curves["method"].unique()
    for row, kind in zip(axes, genes, strict=True):
        for axis, direction in zip(row, ("up", "down"), strict=True):
            chosen = curves[(curves["genes"] == kind) & (curves["direction"] == direction)]
            for colour, method in zip(cycle(OKABE_ITO), methods, strict=False):
                f1 = chosen[chosen["method"] == method].groupby("threshold")["F1"]
                median, low, high = f1.median(), f1.min(), f1.max()
                axis.plot(median.index, median, color=colour, label=method, linewidth=1.4)
                axis.fill_between(median.index, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.set_title(f"{kind} genes, {direction}-regulated")
        row[0].set_ylabel("F1")
    for axis in axes[-1]:
        axis.set_xlabel("log2 fold change asked for")
    axes[0, 1].legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    figure.suptitle(dataset, parse_math=False, fontsize=10)
    return figure


def save(figure: Figure, path: str | IO[bytes]) -> None:
    """Write a figure as a small PNG."""
    figure.savefig(path, dpi=DPI, format="png")
    plt.close(figure)


def note_figure(text: str) -> Figure:
    """Return a figure that says why there is none."""
    figure = plt.figure(figsize=(5.2, 0.8))
    figure.text(0.5, 0.5, text, ha="center", va="center", parse_math=False)
    return figure


def _scatter(axis: Axes, cells: pd.DataFrame, column: str) -> None:
    shown = cells[column].astype(object).fillna(NO_TYPE).astype(str)
    names = sorted(shown.unique(), key=lambda name: (name == NO_TYPE, name))
    colours = {name: OKABE_ITO[i % len(OKABE_ITO)] for i, name in enumerate(names)}
    colours[NO_TYPE] = PALE
    size = float(np.clip(8000 / len(cells), 0.5, 12))
    axis.scatter(
        cells["x"],
        cells["y"],
        s=size,
        c=shown.map(colours),
        linewidths=0,
        rasterized=True,
    )
    # Handles of their own: a label that begins with _ would be left out.
    handles = [axis.scatter([], [], s=20, color=colours[name]) for name in names]
    axis.set(title=column.replace("_", " "), xticks=[], yticks=[])
    axis.legend(
        handles,
        [name.replace("$", r"\$") for name in short_names(names)],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize=8 if len(names) <= 12 else 6,
        handletextpad=0.1,
        ncols=1 if len(names) <= 20 else 2,
    )


def short_names(names: list[str]) -> list[str]:
    """Return names that leave room for the picture: beginning and end of long ones, or what differs."""
    short = [
        name if len(name) <= LONGEST else f"{name[: LONGEST - 11]}…{name[-10:]}" for name in names
    ]
    if len(set(short)) == len(names):
        return short
    start, end = _shared(names), _shared([name[::-1] for name in names])
    return [f"…{name[start : len(name) - end]}…" for name in names]


def _shared(names: list[str]) -> int:
    """Return how many letters all names begin with."""
    return sum(
        1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    )
