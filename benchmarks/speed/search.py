"""A slice of a robust grid search, training, correction and all metrics: ours and the reference's.

Four rows with three seeds each on two cores: ours as `snakemake --cores 2 robust_grid_search`, the
reference as its scripts do it, a process per row, two at a time, with one thread each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anndata as ad
from places import ENVIRONMENT, ROOT

ROWS = [(gamma, mu) for gamma in (0.3, 0.5) for mu in (0.05, 0.1)]
SEEDS = 3


def ours(data: Path, epochs: int, **hyperparameters: object) -> float:
    """Return the seconds that the workflow takes, from counts to tables, the best run and pictures."""
    config = {
        "datasets": {
            "cells": {"path": str(data.resolve()), "batch_key": "batch", "label_key": "cell_type"}
        },
        "variants": ["aif_proj_boost_norm_log_rel_dyn"],
        "hyperparameters": {
            **{
                "epochs": epochs,
                "min_steps": 0,
                "alpha": 0.05,
                "rho": 0.5,
                "beta": 0.05,
                "delta": 0.1,
            },
            **hyperparameters,
        },
        "grid": {"gamma": sorted({row[0] for row in ROWS}), "mu": sorted({row[1] for row in ROWS})},
        "seeds": SEEDS,
        "rows_per_job": 2,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config))
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
            *("--cores", "2", "robust_grid_search", "--directory", folder, "--configfile", path),
        ]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start


def reference(data: Path, epochs: int) -> float:
    """Return the seconds that the reference takes for the same runs.

    Half of its rows are run, as they take twenty minutes, and the others are as much work.
    """
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    environment = {**ENVIRONMENT, **one_thread, "MPLBACKEND": "agg"}

    def run(row: int) -> None:
        command = [sys.executable, __file__, str(data), str(epochs), str(row)]
        subprocess.run(command, check=True, capture_output=True, env=environment)

    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(len(ROWS) // 2)))
    return 2 * (time.perf_counter() - start)


def reference_row(data: Path, epochs: int, row: int) -> None:
    """Train, correct and judge one row of the reference's sheet with all seeds."""
    from reference import WEIGHTS, Reference

    from aif.preprocessing import standardise, transform

    cells = transform(standardise(ad.read_h5ad(data), "batch", "cell_type", None), "norm_log")
    cells.X = cells.X.toarray()
    weights = {**WEIGHTS, "aux": ROWS[row][0], "proj": ROWS[row][1]}
    with tempfile.TemporaryDirectory() as folder:
        search = Reference(cells, Path(folder))
        for seed in range(SEEDS):
            print(search.run(epochs, weights, seed))


if __name__ == "__main__":
    reference_row(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
