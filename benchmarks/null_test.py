"""Add the null test of a run to null_test.tsv, and draw all that is there; see README.md, "The null test".

The run may be of some of the data sets and methods; what is there of others stays.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from field import DATA, renew, short
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.evaluation.ranks import OUTPUT
from aif.job.files import read_table

# Of each measure: its title, and the value that is drawn darkest.
SHOWN = {
    "rank": ("median rank of a cell's neighbours after it\n(15.5: nothing moved)", 45),
    "batch_genes": ("share of genes called different\nbetween random halves (right: 0)", 1),
    "cluster_genes": ("share of genes called different\nbetween its clusters", 1),
}


def main() -> None:
    """Write the table and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder results/ of the run")
    parser.add_argument("output", type=Path, help="the folder of the tables")
    arguments = parser.parse_args()
    mpl.use("Agg")
    files = sorted(arguments.results.glob("*/*/*/null_measures.tsv"))
    rows = pd.concat(map(read_table, files), ignore_index=True)
    table = renew(medians(rows), arguments.output / "null_test.tsv")
    picture(table).savefig(arguments.output / "null_test.png", dpi=100)


def medians(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the null test's measures in columns, medians over its draws."""
    known = rows[rows["value"].notna()]
    keys = ["dataset", "batches", *OUTPUT]
    table = known.pivot_table(index=keys, columns="measure", values="value", aggfunc="median")
    return table[list(dict.fromkeys(known["measure"]))].reset_index()


def picture(table: pd.DataFrame) -> Figure:
    """Return each measure of SHOWN as a heat map of outputs and data sets, of random halves of one batch."""
    halves = table[table["batches"] == "pseudo"]
    of = {name: halves.pivot(index=OUTPUT, columns="dataset", values=name) for name in SHOWN}
    outputs, datasets = of["rank"].mean(axis=1).sort_values().index, list(DATA)
    size = (4.6 * len(SHOWN) + 2.2, 0.3 * len(outputs) + 1.8)
    figure, axes = plt.subplots(1, len(SHOWN), figsize=size, sharey=True, layout="constrained")
    for axis, (name, (title, most)) in zip(axes, SHOWN.items(), strict=True):
        values = of[name].reindex(index=outputs, columns=datasets)
        axis.imshow(
            values, cmap="Blues", vmin=15.5 if name == "rank" else 0, vmax=most, aspect="auto"
        )
        for place, value in values.reset_index(drop=True).T.reset_index(drop=True).stack().items():
            text = f"{value:.0f}" if name == "rank" else short(f"{value:.2f}")
            colour = "white" if value > 0.6 * most else "black"
            axis.text(*place, text, ha="center", va="center", fontsize=7, color=colour)
        axis.set_xticks(range(len(datasets)), datasets, rotation=40, ha="right", fontsize=8)
        axis.set_title(title, fontsize=9)
    axes[0].set_yticks(range(len(outputs)), [" ".join(output) for output in outputs], fontsize=8)
    return figure


if __name__ == "__main__":
    main()
