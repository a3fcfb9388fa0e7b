"""Time and memory from 2,000 to 200,000 cells: preprocessing, one epoch of training, correction to disk.

Each step is a run of the workflow of its own, whose largest process is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anndata as ad
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from places import ROOT
from scipy import sparse

GENES, BATCHES, TYPES, BLOCK = 2000, 4, 8, 5000
STEPS = {
    "preprocess": "results/cells/data/norm_log.h5ad",
    "train one epoch": "results/cells/{variant}/pipeline/model.pt",
    "correct": "results/cells/{variant}/pipeline/corrected.h5ad",
}
VARIANT = "aif_shift_norm_log_nats_anneal"  # of all, the one whose correction does most


def main() -> None:
    """Print the rows of so many cells as JSON.

    In a process of its own, as a child's peak memory is never less than what its parent has.
    """
    print(json.dumps(measure(int(sys.argv[1]))))


def measure(cells: int) -> list[dict[str, object]]:
    """Return the seconds and the peak memory in MB of every step on so many cells."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        counts(cells).write_h5ad(Path(folder) / "cells.h5ad", compression="gzip")
        config = {
            "datasets": {
                "cells": {"path": "cells.h5ad", "batch_key": "batch", "label_key": "cell_type"}
            },
            "variants": [VARIANT],
            "hyperparameters": {"epochs": 1, "min_steps": 0},
        }
        (Path(folder) / "config.json").write_text(json.dumps(config))
        for name, target in STEPS.items():
            seconds, memory = run(folder, target.format(variant=VARIANT))
            rows.append(
                {"cells": cells, "step": name, "seconds": seconds, "peak_memory_mb": memory}
            )
    return rows


def run(folder: str | Path, *targets: str, cores: int = 1) -> tuple[float, float]:
    """Make files, or all; return seconds, and the memory of the largest process in MB."""
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
        *(*targets, "--cores", str(cores), "--nolock"),  # after a kill the folder is still locked
        *("--directory", folder, "--configfile", Path(folder) / "config.json"),
    ]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"snakemake could not make {', '.join(targets) or 'all'} in {folder}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def counts(cells: int) -> ad.AnnData:
    """Return sparse Poisson counts, about one in six not 0, of types and batches that differ."""
    rng = np.random.default_rng(0)
    rates = rng.gamma(0.3, 0.7, GENES)
    type_effects = rng.lognormal(0, 0.5, (TYPES, GENES))
    batch_effects = rng.lognormal(0, 0.3, (BATCHES, GENES))
    types, batches = rng.integers(TYPES, size=cells), rng.integers(BATCHES, size=cells)
    blocks = []
    for start in range(0, cells, BLOCK):
        rows = slice(start, min(start + BLOCK, cells))
        library = rng.lognormal(0, 0.3, (rows.stop - start, 1))
        mean = library * rates * type_effects[types[rows]] * batch_effects[batches[rows]]
        blocks.append(sparse.csr_matrix(rng.poisson(mean).astype(np.float32)))
    obs = pd.DataFrame({"batch": batches, "cell_type": types}).astype(str).astype("category")
    obs.index = "cell" + obs.index.astype(str)
    var = pd.DataFrame(index=[f"gene{i}" for i in range(GENES)])
    return ad.AnnData(sparse.vstack(blocks, format="csr"), obs, var)


def plot(found: pd.DataFrame, path: Path) -> None:
    """Draw seconds and memory of every step over the number of cells."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, column, label in zip(
        axes, ("seconds", "peak_memory_mb"), ("seconds", "peak memory (MB)"), strict=True
    ):
        for name, part in found.groupby("step", sort=False):
            axis.loglog(part["cells"], part[column], "o-", label=name)
        axis.set(xlabel="cells", ylabel=label)
    axes[1].axhline(4096, color="grey", linestyle=":", label="4 GB")
    axes[1].legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
