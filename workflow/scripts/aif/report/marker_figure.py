"""Marker genes of each cell type before and after a correction, as dots."""

from __future__ import annotations

import matplotlib

matplotlib.use("agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from aif.report.figures import note_figure, short_names

ROW, COLUMN, NAMES = 0.28, 0.24, 3.2  # inches
DOT = 90  # points², of a gene that all cells of a type have
SHARES = (0.25, 0.5, 1.0)


def marker_figure(markers: pd.DataFrame, title: str) -> Figure:
    """Return markers (columns) in types (rows), before above after.

    A dot is the larger the more cells have more than half of the gene's highest uncorrected value, and the
    darker the higher their mean.

    Parameters
    ----------
    markers
        The rows of one markers.tsv.
    title
        Whose they are.
    """
    if markers.empty:
        return note_figure(f"{title}: no markers, as there are no cell types or no expression")
    types, genes = (list(markers[name].unique()) for name in ("cell_type", "gene"))
    size = (COLUMN * len(genes) + NAMES, 2 * ROW * len(types) + 2.2)
    figure, axes = plt.subplots(2, 1, figsize=size, sharex=True, layout="constrained")
    x, y = markers["gene"].map(genes.index), markers["cell_type"].map(types.index)
    names = [name.replace("$", r"\$") for name in short_names([str(name) for name in types])]
    for axis, when in zip(axes, ("before", "after"), strict=True):
        sizes = DOT * markers[f"share_{when}"]
        dots = axis.scatter(x, y, sizes, markers[f"mean_{when}"], cmap="Reds", vmin=0, vmax=1)
        dots.set(edgecolor="0.4", linewidth=0.3)
        axis.set_yticks(range(len(types)), names, fontsize=7)
        axis.set_title(when, loc="left")
        axis.set(xlim=(-0.7, len(genes) - 0.3), ylim=(len(types) - 0.4, -0.6))
        firsts = np.flatnonzero(~markers.drop_duplicates("gene")["marker_of"].duplicated())
        for first in firsts[1:]:
            axis.axvline(first - 0.5, color="0.85", linewidth=0.8)
    shown = [str(gene).replace("$", r"\$") for gene in genes]
    axes[1].set_xticks(range(len(genes)), shown, rotation=90, fontsize=7)
    figure.colorbar(dots, ax=axes, shrink=0.6, label="mean, of the highest")
    handles = [axes[0].scatter([], [], DOT * share, color="0.6") for share in SHARES]
    axes[0].legend(
        *(handles, [f"{share:.0%} of cells" for share in SHARES]),
        **{
            "loc": "lower right",
            "bbox_to_anchor": (1, 1),
            "ncols": 3,
            "frameon": False,
            "fontsize": 7,
        },
    )
    figure.suptitle(title, parse_math=False, fontsize=10)
    return figure
