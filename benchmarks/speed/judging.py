"""Seconds of an evaluation beside those of the training that it judges."""

from __future__ import annotations

import sys
import time

import anndata as ad
import numpy as np
from scale import counts

from aif.config import Evaluation
from aif.evaluation import evaluate
from aif.preprocessing import standardise, transform
from aif.threads import limited_threads


def main() -> None:
    """Print the seconds that the evaluation of so many simulated cells takes with so many threads."""
    cells, threads = int(sys.argv[1]), int(sys.argv[2])
    reference = transform(standardise(counts(cells), "batch", "cell_type", None), "norm_log")
    corrected = as_corrected(reference)
    options = {**Evaluation().model_dump(), "seed": 0}
    with limited_threads(threads):
        start = time.perf_counter()
        found = evaluate(corrected, reference, options)
    failed = found.metrics[found.metrics["status"] == "failed"]
    print(failed[["metric", "reason"]].to_string(), file=sys.stderr)
    print(time.perf_counter() - start)


def as_corrected(reference: ad.AnnData) -> ad.AnnData:
    """Return the data as a method leaves it that centres every gene in every batch."""
    corrected = reference.copy()
    x = reference.X.toarray()
    for rows in reference.obs.groupby("batch", observed=True).indices.values():
        x[rows] += x.mean(axis=0) - x[rows].mean(axis=0)
    corrected.X = x.astype(np.float32)
    ids = {"dataset": "cells", "method": "centred", "row": "", "seed": 0}
    corrected.uns["aif"] = {**ids, "transform": "norm_log", "output": "expression", "seconds": 0.0}
    return corrected


if __name__ == "__main__":
    main()
