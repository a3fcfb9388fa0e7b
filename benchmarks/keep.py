"""How much of a condition's effect corrections leave, told of it or not; see README.md, "What shall stay".

Simulates two batches in which cells are treated or not, crossed with the batches or confounded in part, and
appends a row per method, seed and whether it was told: `kept`, the slope of the effect after the correction
on the true one over the genes that treatment changes (1 is all of it), and `false`, the root mean square of
the effect over the other genes. The effect is the difference of the means of all treated and all other
cells, the true one that within the batches before the correction.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse
from settings import aif

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.config.simulation import Simulation
from aif.data.preprocessing import standardise, transform
from aif.data.splatter import simulate
from aif.methods.baselines import BASELINES
from aif.model.numerics import prepare_for_training

CELLS = Simulation(
    batches=(600, 600), types=(0.5, 0.3, 0.2), genes=1000, library_location=8.0,
    batch_location=0.2, batch_scale=0.2, condition_share=0.1,
)  # fmt: skip
DESIGNS = {
    "crossed": {"Batch1": 0.5, "Batch2": 0.5},
    "confounded in part": {"Batch1": 0.8, "Batch2": 0.2},
}
KEYS = ["design", "method", "told", "seed"]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--methods", nargs="+", required=True, help="variants or baselines")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    prepare_for_training(threads=1)
    for seed in options.seeds:
        for design in DESIGNS:
            for method in options.methods:
                for told in (False, True):
                    run(options.output, design, method, told, seed)


def run(output: Path, design: str, method: str, told: bool, seed: int) -> None:
    """Simulate, correct and measure, unless the table has it."""
    keys = dict(zip(KEYS, (design, method, told, seed), strict=True))
    before = pd.read_csv(output, sep="\t") if output.exists() else pd.DataFrame(columns=KEYS)
    if (before[KEYS] == pd.Series(keys)).all(axis=1).any():
        return
    counts = simulate(replace(CELLS, condition=DESIGNS[design], seed=seed))
    keep = ["condition"] if told else []
    cells = standardise(counts, "batch", "cell_type", keep)
    logs = transform(cells, "norm_log")
    if method in BASELINES:
        corrected = BASELINES[method].run(logs, seed)
    else:
        corrected, _ = aif(cells, design, method, {}, seed)
    row = keys | measures(corrected, logs)
    print(row, flush=True)
    table = pd.concat([before, pd.DataFrame([row])], ignore_index=True)
    table.round(4).to_csv(output, sep="\t", index=False)


def measures(corrected: ad.AnnData, logs: ad.AnnData) -> dict[str, float]:
    """Return `kept` and `false` of a correction."""
    batches = [logs[(logs.obs["batch"] == name).to_numpy()] for name in DESIGNS["crossed"]]
    true = np.mean([effect(batch) for batch in batches], axis=0)
    found, changed = effect(corrected), (logs.var["ConditionFac"] != 1).to_numpy()
    kept = found[changed] @ true[changed] / (true[changed] @ true[changed])
    return {"kept": float(kept), "false": float(np.sqrt(np.mean(found[~changed] ** 2)))}


def effect(cells: ad.AnnData) -> np.ndarray:
    """Return the difference of the means of treated and other cells (G,)."""
    treated = (cells.obs["condition"] == "treated").to_numpy()
    x = cells.X.toarray() if sparse.issparse(cells.X) else np.asarray(cells.X)
    return x[treated].mean(axis=0) - x[~treated].mean(axis=0)


if __name__ == "__main__":
    main()
