"""Scores: weighted means of metrics, over those that a data set allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import gmean

from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut, Metric, values
from aif.evaluation.metrics import (
    BATCH_SCORE,
    BIO_SCORE,
    OVERALL,
    ROBUST_OVERALL,
    SCIB_BATCH,
    SCIB_BIO,
    UNLABELLED_SCORE,
)

# Of biology and of mixing (Luecken et al. 2022).
BIO_SHARE, BATCH_SHARE = 0.6, 0.4
STRUCTURE_SHARE = 0.7  # of the score without cell types; why is in benchmarks/README.md
Mean = Callable[[list[float]], float]
BIO, BATCH = [tuple(metric.name for metric in side) for side in (SCIB_BIO, SCIB_BATCH)]
# The metrics behind each score, the share of their mean, and which mean. One of 0 makes a geometric mean 0.
PARTS: dict[Metric, tuple[tuple[float, Sequence[str], Mean], ...]] = {
    BIO_SCORE: ((1.0, BIO, np.mean),),
    BATCH_SCORE: ((1.0, BATCH, np.mean),),
    OVERALL: ((BIO_SHARE, BIO, np.mean), (BATCH_SHARE, BATCH, np.mean)),
    ROBUST_OVERALL: (
        (BIO_SHARE, ("NMI", "ARI", "purity"), np.mean),
        (BATCH_SHARE, ("BRAS", "CiLISI", "kBET", "PCR_comparison"), np.mean),
    ),
    UNLABELLED_SCORE: (
        (STRUCTURE_SHARE, ("structure",), np.mean),
        (1 - STRUCTURE_SHARE, ("mixing", "variance_removed"), gmean),
    ),
}


def score_rows(
    rows: list[dict[str, object]], groups: Groups, embedded: bool
) -> list[dict[str, object]]:
    """Return the rows of all scores.

    A metric that failed fails its scores, and a method without an embedding has none, or methods would be
    compared by different means.

    Parameters
    ----------
    rows
        Of all metrics.
    groups
        The numbers of batches and types.
    embedded
        Whether a correction is more than a neighbour graph.
    """

    def score(parts: Sequence[tuple[float, Sequence[str], Mean]]) -> float:
        if not embedded:
            raise LeftOut(GRAPH_ONLY)
        return sum(share * mean_of(names, rows, mean) for share, names, mean in parts)

    return [metric.row(lambda p=parts: score(p), groups) for metric, parts in PARTS.items()]


def mean_of(names: Sequence[str], rows: list[dict[str, object]], mean: Mean) -> float:
    """Return the mean of those of the named metrics that have a value.

    Raises
    ------
    RuntimeError
        If one of them failed.
    LeftOut
        If none has a value.
    """
    failed = [row["metric"] for row in rows if row["status"] == "failed" and row["metric"] in names]
    if failed:
        raise RuntimeError(f"{failed[0]} failed")
    found = values(rows)
    present = [found[name] for name in names if name in found]
    if not present:
        raise LeftOut(f"there is no {' or '.join(names)}".replace("_", " "))
    return float(mean(present))
