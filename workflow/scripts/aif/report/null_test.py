"""The null test in the report: what corrections changed where there was nothing to correct."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from aif.report.figures import OKABE_ITO

# Of every measure: what it says, and whether more of it is more change.
MEASURES = {
    "rank": "median rank of a cell's 30 nearest neighbours before (15.5: unchanged)",
    "overlap": "share of these neighbours that still are",
    "ARI": "agreement of clusters before and after",
    "batch_genes": "share of genes called different between batches (should be none)",
    "cluster_genes": "share of genes called different between clusters",
}
BATCHES = {"pseudo": "cells of one batch, split at random", "own": "its own batches"}
INVENTED = 0.05  # share of genes that is told, the FDR of the tests
Output = tuple[str, str]


def null_figure(rows: pd.DataFrame) -> Figure:
    """Return the measures of every output on one data set: a point per draw, uncorrected cells as a line.

    Parameters
    ----------
    rows
        Its rows of null_test.tsv.
    """
    shown = rows[rows["value"].notna()]
    kinds = [kind for kind in BATCHES if kind in set(shown["batches"])]
    outputs = list(dict.fromkeys(zip(shown["method"], shown["space"], strict=True)))
    figure, axes = plt.subplots(
        max(1, len(kinds)),
        len(MEASURES),
        figsize=(2.1 * len(MEASURES) + 2, (1.2 + 0.28 * len(outputs)) * max(1, len(kinds))),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for line, kind in zip(axes, kinds, strict=False):
        for axis, (measure, words) in zip(line, MEASURES.items(), strict=True):
            own = shown[(shown["batches"] == kind) & (shown["measure"] == measure)]
            places = [outputs.index(pair) for pair in zip(own["method"], own["space"], strict=True)]
            axis.axvline(own["before"].median(), color="0.6", linewidth=1)
            axis.scatter(own["value"], places, color=OKABE_ITO[0], s=22, alpha=0.7, linewidths=0)
            axis.set_title(_wrapped(words), fontsize=8)
            axis.set_yticks(
                range(len(outputs)), [f"{method} ({space})" for method, space in outputs]
            )
            axis.grid(axis="x", alpha=0.3)
        line[0].set_ylabel(BATCHES[kind])
    axes[0, 0].invert_yaxis()
    name = rows["dataset"].iloc[0]
    title = f"{name}: what corrections change where there is nothing to correct (line: uncorrected cells)"
    figure.suptitle(title, parse_math=False, fontsize=10)
    return figure


def null_summary(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a line per kind of batches and output: the median of every measure over the draws.

    Parameters
    ----------
    rows
        The rows of null_test.tsv of one data set.
    """
    lines = []
    for (kind, method, space), own in rows[rows["value"].notna()].groupby(
        ["batches", "method", "space"], sort=False
    ):
        medians = own.groupby("measure")["value"].median()
        values = {
            name: f"{medians[name]:.1f}" if name == "rank" else f"{medians[name]:.3f}"
            for name in MEASURES
            if name in medians
        }
        lines.append({"batches": BATCHES[kind], "method": method, "space": space, **values})
    return lines


def null_failures(rows: pd.DataFrame) -> list[str]:
    """Return which methods came to nothing in the null test of a data set, and why."""
    failed = rows[~rows["status"].isin(["ok", "left_out"])]
    return [
        f"{status.replace('_', ' ')}: {', '.join(group['method'].unique())} ({reason})"
        for (status, reason), group in failed.groupby(["status", "reason"], sort=False)
    ]


def null_remarks(rows: pd.DataFrame, output: Output) -> list[str]:
    """Return what the null test says against an output: more change than half the counts make."""
    own = rows[(rows["batches"] == "pseudo") & rows["value"].notna()]
    of = own.groupby(["method", "space", "measure"])["value"].median()
    yardstick = ("downsampled", "expression")
    said = []
    if (*output, "rank") in of and (*yardstick, "rank") in of:
        rank, half = of[(*output, "rank")], of[(*yardstick, "rank")]
        if rank > half:
            said.append(
                "The null test: where there was nothing to correct it moved a cell's neighbours from "
                f"median rank 15.5 to {rank:.1f}, more than half the counts do ({half:.1f})."
            )
    if of.get((*output, "batch_genes"), 0) > INVENTED:
        said.append(
            f"The null test: {of[(*output, 'batch_genes')]:.0%} of the genes differ between batches that "
            "were drawn at random."
        )
    clusters = (*output, "cluster_genes")
    before = own[own["measure"] == "cluster_genes"]["before"].median()
    if output[1] == "expression" and of.get(clusters, 0) - before > INVENTED:
        said.append(
            f"The null test: between clusters of its expression {of[clusters]:.0%} of the genes differ, "
            f"{before:.0%} in uncorrected cells. Do not test genes on it."
        )
    return said


def _wrapped(words: str, width: int = 34) -> str:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
