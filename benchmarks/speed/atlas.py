"""Seconds and memory of every rule, from an h5ad to the report, on 10,000 to a million cells.

The workflow itself runs, on two cores, on simulated cells of 8 batches and 12 types.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import anndata as ad
import h5py
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scale
from anndata.io import sparse_dataset, write_elem
from scipy import sparse
from scipy.optimize import brentq

from aif.job.files import read_table

GENES, BATCHES, TYPES, BLOCK = 2000, 8, 12, 5000
NOT_ZERO = 0.08  # share of the counts
SIZES = (10_000, 100_000, 1_000_000)
VARIANT, PEER = "aif_steady", "scvi_default"
PEER_AT = 100_000  # cells at which scVI runs beside
CORES = 2
DRAWN = 8  # rules in the picture, those that take longest
MOST_MB = 6 * 1024  # what no job shall take
QUICK = {
    "hyperparameters": {"epochs": 1, "min_steps": 0},
    "evaluation": {"profile": "fast"},
}
SCORES = ("overall", "robust_overall", "unlabelled")
TOOK = re.compile(r"^\S+ \S+ (\w+): took ([\d.]+) s and (\d+) MB", re.MULTILINE)


def main() -> None:
    """Print the rows of one size as JSON, in a process of its own as `scale.main` does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="one epoch, fast metrics")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps(measure(options.cells, options.folder, options.quick)))


def measure(cells: int, folder: Path, quick: bool = False) -> dict[str, list]:
    """Run the workflow on so many cells; return `rules` and `scores`, a row each.

    What a run that was killed has made is taken as it is.

    Parameters
    ----------
    cells
        How many.
    folder
        Where it runs.
    quick
        Whether one epoch and fast metrics are enough, to see that all works.
    """
    path = folder / "cells.h5ad"
    if not path.exists():
        simulate(cells, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    config = {
        "datasets": {
            "atlas": {"path": "cells.h5ad", "batch_key": "batch", "label_key": "cell_type"}
        },
        "variants": [VARIANT],
        "baselines": ["harmony", *([PEER] if cells == PEER_AT else [])],
    } | (QUICK if quick else {})
    (folder / "config.json").write_text(json.dumps(config))
    seconds, memory = scale.run(folder, cores=CORES)
    whole = {"rule": "all, with their start", "of": "", "seconds": seconds}
    rules = [*costs(folder / "results"), whole | {"peak_memory_mb": memory}]
    return {
        "rules": [{"cells": cells, **row} for row in rules],
        "scores": [{"cells": cells, **row} for row in scores(folder / "results/benchmark.tsv")],
    }


def simulate(cells: int, path: Path) -> None:
    """Write sparse Poisson counts, `NOT_ZERO` of them not 0, a block of cells at a time.

    Genes differ in their rate, types and batches scale each up or down, cells differ in their library.

    Parameters
    ----------
    cells
        How many.
    path
        The h5ad.
    """
    rng = np.random.default_rng(0)
    type_effects = rng.lognormal(0, 0.5, (TYPES, GENES))
    batch_effects = rng.lognormal(0, 0.3, (BATCHES, GENES))
    expected = rng.gamma(0.3, 1, GENES) * type_effects[:, None] * batch_effects
    expected *= brentq(lambda x: -np.expm1(-x * expected).mean() - NOT_ZERO, 1e-6, 1e3)
    kinds = rng.integers(TYPES * BATCHES, size=cells)  # type and batch
    library = rng.lognormal(0, 0.3, cells)
    expected = expected.reshape(-1, GENES)
    types, batches = np.divmod(kinds, BATCHES)
    obs = pd.DataFrame({"batch": batches, "cell_type": types}).astype(str).astype("category")
    obs.index = "cell" + obs.index.astype(str)
    ad.AnnData(obs=obs, var=pd.DataFrame(index=[f"gene{i}" for i in range(GENES)])).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        for start in range(0, cells, BLOCK):
            rows = slice(start, start + BLOCK)
            block = counts(expected, kinds[rows], library[rows], rng)
            if start == 0:
                write_elem(file, "X", block, dataset_kwargs={"compression": "lzf"})
            else:
                sparse_dataset(file["X"]).append(block)


def counts(
    expected: np.ndarray, kinds: np.ndarray, library: np.ndarray, rng: np.random.Generator
) -> sparse.csr_matrix:
    """Return Poisson counts (cells, G) of cells whose kinds expect `expected` (kinds, G) per library.

    A cell's sum is drawn, and then the gene of each count: what is 0 costs nothing.
    """
    sums = rng.poisson(expected.sum(axis=1)[kinds] * library)
    cells, genes = [], []
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        until = np.cumsum(expected[kind])
        genes.append(until.searchsorted(rng.random(sums[own].sum()) * until[-1]))
        cells.append(np.repeat(own, sums[own]))
    places = np.concatenate(cells), np.concatenate(genes)
    ones = np.ones(len(places[0]), dtype=np.float32)
    return sparse.coo_matrix((ones, places), (len(kinds), expected.shape[1])).tocsr()


def costs(results: Path) -> Iterator[dict[str, object]]:
    """Yield what every job took by the end of its log, `of` being the folder of what it made."""
    for log in sorted(results.rglob("*.log")):
        for rule, seconds, memory in TOOK.findall(log.read_text()):
            of = str(log.parent.relative_to(results))
            yield {
                **{"rule": rule, "of": of},
                **{"seconds": float(seconds), "peak_memory_mb": float(memory)},
            }


def scores(path: Path) -> list[dict[str, object]]:
    """Return the scores of every output."""
    table = read_table(path)
    found = table[table["metric"].isin(SCORES) & (table["status"] == "ok")]
    wide = found.pivot_table(index=["method", "space"], columns="metric", values="value")
    return wide.reset_index().to_dict("records")


def seconds_of(rules: pd.DataFrame, place: str) -> float:
    """Return the seconds to a corrected data set, of the jobs whose folder ends so."""
    corrects = ~rules["rule"].str.contains("evaluate|plot")
    return rules.loc[corrects & rules["of"].str.endswith(place), "seconds"].sum()


def plot(rules: pd.DataFrame, path: Path) -> None:
    """Draw seconds and peak memory of the rules that take longest over the number of cells."""
    method = rules["of"].str.split("/").str[-2:].str.join("/").str.replace("/pipeline", "")
    named = rules.assign(name=(rules["rule"] + " " + method.where(method.str.contains("/|_"), "")))
    largest = named[named["cells"] == named["cells"].max()]
    slowest = largest.groupby("name")["seconds"].max().nlargest(DRAWN).index
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for axis, column, label in zip(
        axes, ("seconds", "peak_memory_mb"), ("seconds", "peak memory (MB)"), strict=True
    ):
        for name in slowest:
            part = named[named["name"] == name].groupby("cells")[column].max()
            axis.loglog(part.index, part, "o-", label=name.strip())
        axis.set(xlabel="cells", ylabel=label)
    axes[1].axhline(MOST_MB, color="grey", linestyle=":", label="6 GB")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside right center")
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
