"""How long the samples of a cohort take to be joined, and how much memory.

    python benchmarks/cohort.py [--samples 30] [--cells 5000] [--genes 20000]

Writes random counts, 8 % of them not 0, as an .h5ad file per sample; every file lacks some genes. Then
lets the workflow join them, and writes benchmarks/cohort.tsv: seconds and the peak memory of the job.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

ROOT = Path(__file__).parents[1]
DENSITY, LACKING = 0.08, 100
CONFIG = 'datasets: {cohort: {samples: "{sample}.h5ad"}}\nvariants: [aif]\n'


def write_samples(folder: Path, samples: int, cells: int, genes: int) -> None:
    """Write a file of random counts for each sample."""
    names = np.array([f"GENE{i}" for i in range(genes + LACKING)])
    for sample in range(samples):
        rng = np.random.default_rng(sample)
        counts = sparse.random(cells, genes, DENSITY, "csr", np.float32, random_state=rng)
        counts.data = rng.poisson(1, counts.nnz).astype(np.float32) + 1
        own = np.sort(rng.choice(len(names), genes, replace=False))
        obs = pd.DataFrame(index=[f"s{sample}_{i}" for i in range(cells)])
        ad.AnnData(counts, obs, pd.DataFrame(index=names[own])).write_h5ad(
            folder / f"s{sample}.h5ad"
        )


def peak_mb(process: subprocess.Popen) -> float:
    """Return the largest resident memory of the job below a process, looked at until it ends, in MB."""
    peak = 0.0
    while process.poll() is None:
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if b"join_samples.py" in (place / "cmdline").read_bytes():
                    status = (place / "status").read_text().splitlines()
                    line = next(line for line in status if line.startswith("VmHWM"))
                    peak = max(peak, int(line.split()[1]) / 1024)
            except (OSError, StopIteration):
                continue
        time.sleep(0.5)
    return peak


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, value in (("samples", 30), ("cells", 5000), ("genes", 20000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    size = vars(parser.parse_args())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        write_samples(Path(folder), **size)
        (Path(folder) / "my.yaml").write_text(CONFIG)
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            ROOT / "Snakefile",
            "--cores",
            "2",
        ]
        target = "results/cohort/data/samples.h5ad"
        start = time.monotonic()
        process = subprocess.Popen([*command, target, "--configfile", "my.yaml"], cwd=folder)
        peak = peak_mb(process)
        seconds = time.monotonic() - start
        assert process.returncode == 0
        shape = ad.read_h5ad(Path(folder) / target, backed="r").shape
    row = {**size, "joined_cells": shape[0], "joined_genes": shape[1]}
    row |= {"seconds": round(seconds), "peak_mb": round(peak)}
    table = pd.DataFrame([row])
    table.to_csv(ROOT / "benchmarks/cohort.tsv", sep="\t", index=False)
    print(table.to_string(index=False))
