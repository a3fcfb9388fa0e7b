"""Compare simulated counts with the published ones; see benchmarks/README.md, "Simulations".

Draws library sizes, variance and share of zeros against the mean, and the effects of batch and
differential expression, of a published simulation and of ours with the same parameters.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from aif.config.checks import simulation  # noqa: E402
from aif.config.datasets import Dataset  # noqa: E402
from aif.config.schema import load_yaml  # noqa: E402
from aif.data.splatter import simulate  # noqa: E402

CELLS = ("Batch1", "Group2")  # mean and variance are taken within one batch and type
COLOURS = {"published": "#D55E00", "ours": "#0072B2"}


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", nargs="+", required=True, help="FILE:PRESET")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    figure, axes = plt.subplots(
        len(options.published),
        5,
        figsize=(16, 3 * len(options.published)),
        squeeze=False,
        layout="constrained",
    )
    for line, published in zip(axes, options.published, strict=True):
        path, preset = published.rsplit(":", 1)
        draw(line, preset, compared(ad.read_h5ad(path), preset))
    figure.savefig(options.output, dpi=80)


def compared(published: ad.AnnData, preset: str) -> dict[str, ad.AnnData]:
    """Return the published counts and ours: its parameters, and as many genes of the same means."""
    presets = load_yaml(ROOT / "config" / "simulations.yaml")
    parameters = simulation("ours", Dataset(simulate={"preset": preset}), presets)
    ours = simulate(replace(parameters, seed=1))
    return {"published": published, "ours": ours[:, like(published, ours)]}


def like(published: ad.AnnData, ours: ad.AnnData) -> np.ndarray:
    """Return which of our genes have a mean as the published ones, those of 90 % of them.

    The published files hold the most variable genes only, which are not those of low mean.
    """
    low, high = np.quantile(gene_means(published), [0.05, 0.95])
    means = gene_means(ours)
    return (means >= low) & (means <= high)


def gene_means(adata: ad.AnnData) -> np.ndarray:
    """Return the mean count of every gene."""
    return np.asarray(adata.X.mean(axis=0)).ravel()


def moments(adata: ad.AnnData) -> pd.DataFrame:
    """Return mean, variance and share of zeros of every gene within one batch and type."""
    batch, cell_type = CELLS
    chosen = (adata.obs["batch"] == batch) & (adata.obs["cell_type"] == cell_type)
    counts = adata.X[chosen.to_numpy()].toarray()
    return pd.DataFrame(
        {"mean": counts.mean(0), "variance": counts.var(0), "zeros": (counts == 0).mean(0)}
    )


def effects(adata: ad.AnnData, prefix: str) -> np.ndarray:
    """Return the logarithms of all factors of one kind that are not 1."""
    columns = [column for column in adata.var if column.startswith(prefix)]
    factors = np.log(adata.var[columns].to_numpy())
    return factors[factors != 0]


def draw(axes: list[Axes], preset: str, both: dict[str, ad.AnnData]) -> None:
    """Draw one published simulation and ours."""
    axes[0].set_ylabel(preset)
    for name, adata in both.items():
        colour, genes = COLOURS[name], moments(adata)
        style = {"color": colour, "alpha": 0.5, "density": True, "label": name}
        sizes = np.log(adata.obs["ExpLibSize"])
        axes[0].hist(sizes, bins=40, **style)
        for axis, column in ((axes[1], "variance"), (axes[2], "zeros")):
            axis.scatter(genes["mean"], genes[column], s=3, color=colour, alpha=0.4)
        axes[3].hist(effects(adata, "BatchFac"), bins=40, **style)
        axes[4].hist(effects(adata, "DEFac"), bins=40, **style)
    axes[0].set_title("log expected library size")
    axes[1].set(title="variance against mean", xscale="log", yscale="log")
    axes[2].set(title="share of zeros against mean", xscale="log")
    axes[3].set_title("log batch factors")
    axes[4].set_title("log DE factors")
    axes[0].legend(frameon=False)


if __name__ == "__main__":
    main()
