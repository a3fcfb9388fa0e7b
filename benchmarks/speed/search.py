"""A slice of a robust grid search, training, correction and all metrics: ours and the reference's.

Four rows with three seeds each on two cores: ours as `snakemake --cores 2`, the reference as its scripts
do it, a process per row, two at a time, with one thread each. The cells are some of the embedded ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from places import ENVIRONMENT, FOLDER, ROOT
from step import MINIBATCH

from aif.data.preprocessing import standardise, transform

CELLS, GENES, EPOCHS = 1190, 1767, 40
VARIANT = "aif_proj_boost_norm_log_rel_dyn"
ROWS = [{"gamma": gamma, "mu": mu} for gamma in (0.3, 0.5) for mu in (0.05, 0.1)]
SEEDS = range(3)
METRICS = ["iLISI", "F1_ARI", "bio_score", "batch_score", "overall"]


def data(path: Path) -> Path:
    """Write the counts of the search: embedded cells drawn at random, and the genes most of them have."""
    adata = ad.read_h5ad(ROOT / "resources" / "kang_pbmc.h5ad")
    adata = adata[np.sort(np.random.default_rng(0).choice(adata.n_obs, CELLS, replace=False))]
    detected = np.asarray((adata.X > 0).sum(axis=0)).ravel()
    adata = adata[:, np.sort(np.argsort(-detected, kind="stable")[:GENES])].copy()
    adata.obs = adata.obs.rename(columns={"condition": "batch"})
    adata.write_h5ad(path)
    return path


def ours(cells: Path, folder: Path, hidden: int) -> tuple[float, float, pd.DataFrame]:
    """Search with the workflow.

    Returns
    -------
    The seconds from counts to the tables of all runs and rows; those to the end of the target, with
    the best run trained again, pictures and page; METRICS of every run.
    """
    config = {
        "datasets": {
            "cells": {"path": str(cells.resolve()), "batch_key": "batch", "label_key": "cell_type"}
        },
        "variants": [VARIANT],
        "hyperparameters": {"epochs": EPOCHS, "min_steps": 0, "hidden": hidden},
        "grid": {name: sorted({row[name] for row in ROWS}) for name in ROWS[0]},
        "seeds": len(SEEDS),
        "rows_per_job": 2,
    }
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "2"),
        *("--directory", folder, "--configfile", folder / "config.json", "--"),
    ]
    ends = [time.perf_counter()]
    for target in ("results/robust_grid_search.tsv", "robust_grid_search"):
        subprocess.run([*command, target], check=True, stdout=subprocess.DEVNULL)
        ends.append(time.perf_counter())
    runs = pd.read_csv(folder / "results" / "runs.tsv", sep="\t")
    return ends[1] - ends[0], ends[2] - ends[0], runs[[*ROWS[0], "seed", *METRICS]]


def reference(cells: Path, folder: Path) -> tuple[float, pd.DataFrame]:
    """Search with the reference.

    Half of its rows are run, as they take twenty minutes, and the others are as much work.

    Returns
    -------
    The seconds of all rows, and METRICS of the runs that were made: ours, of its corrections.
    """
    from judging import judged  # it loads another harmonypy than the rows' processes need

    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    environment = {**ENVIRONMENT, **one_thread, "MPLBACKEND": "agg"}
    rows = list(range(0, len(ROWS), 2))

    def run(row: int) -> None:
        command = [sys.executable, __file__, cells, folder / str(row), str(row)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)

    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, rows))
    seconds = (time.perf_counter() - start) * len(ROWS) / len(rows)
    uncorrected = normalised(cells)
    runs = []
    for row in rows:
        for seed in SEEDS:
            found = judged(uncorrected, np.load(folder / str(row) / f"{seed}.npy"))
            values = found.set_index("metric")["value"][METRICS].astype(float)
            runs.append({**ROWS[row], "seed": seed, **values})
    return seconds, pd.DataFrame(runs)


def floor(hidden: int) -> float:
    """Return the seconds of all trainings at their floor, two at a time, one thread each."""
    sizes = ("--cells", CELLS, "--genes", GENES, "--epochs", 5, "--hidden", hidden)
    command = [sys.executable, FOLDER / "step.py", "floor", *map(str, sizes), "--threads", "1"]

    def seconds_per_step(_: int) -> float:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT)
        return float(done.stdout.splitlines()[-1])

    with ThreadPoolExecutor(2) as pool:
        side_by_side = list(pool.map(seconds_per_step, range(2)))
    steps = EPOCHS * np.ceil(CELLS / MINIBATCH) * len(ROWS) * len(SEEDS)
    return steps * np.mean(side_by_side) / 2


def normalised(path: Path) -> ad.AnnData:
    """Return logarithms of normalised counts, dense."""
    cells = transform(standardise(ad.read_h5ad(path), "batch", "cell_type"), "norm_log")
    cells.X = cells.X.toarray()
    return cells


def reference_row(cells: Path, folder: Path, row: int) -> None:
    """Train, correct and judge one row of the reference's sheet with all seeds; keep the corrections."""
    from reference import WEIGHTS, Reference

    weights = {**WEIGHTS, "aux": ROWS[row]["gamma"], "proj": ROWS[row]["mu"]}
    search = Reference(normalised(cells), folder)
    for seed in SEEDS:
        np.save(folder / f"{seed}.npy", search.run(EPOCHS, weights, seed))


if __name__ == "__main__":
    reference_row(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
