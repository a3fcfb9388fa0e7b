"""Seconds of an evaluation beside those of the training that it judges."""

from __future__ import annotations

import sys
import time

import anndata as ad
import numpy as np
import pandas as pd
from scale import counts

from aif.config.schema import Evaluation, Profile
from aif.data.preprocessing import standardise, transform
from aif.evaluation.evaluate import evaluate
from aif.job.threads import limited_threads


def main() -> None:
    """Print the seconds that the evaluation of so many simulated cells takes: CELLS THREADS PROFILE."""
    cells, threads, profile = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    uncorrected = transform(standardise(counts(cells), "batch", "cell_type"), "norm_log")
    corrected = centred(uncorrected)
    with limited_threads(threads):
        start = time.perf_counter()
        found = judged(uncorrected, corrected, profile)
        seconds = time.perf_counter() - start
    failed = found[found["status"] == "failed"]
    print(failed[["metric", "reason"]].to_string(), file=sys.stderr)
    print(seconds)


def judged(uncorrected: ad.AnnData, x: np.ndarray, profile: Profile) -> pd.DataFrame:
    """Return all metrics of the corrected expression x of the uncorrected cells."""
    corrected = uncorrected.copy()
    corrected.X = x.astype(np.float32)
    ids = {"dataset": "cells", "method": "any", "row": "", "seed": 0}
    corrected.uns["aif"] = {**ids, "transform": "norm_log", "output": "expression", "seconds": 0.0}
    return evaluate(corrected, uncorrected, {**Evaluation().options(profile), "seed": 0}).metrics


def centred(uncorrected: ad.AnnData) -> np.ndarray:
    """Return the expression as a method leaves it that centres every gene in every batch."""
    x = uncorrected.X.toarray()
    for rows in uncorrected.obs.groupby("batch", observed=True).indices.values():
        x[rows] += x.mean(axis=0) - x[rows].mean(axis=0)
    return x


if __name__ == "__main__":
    main()
