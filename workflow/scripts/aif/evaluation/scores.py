"""Scores: weighted means of metrics, over those that a data set allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut, values
from aif.evaluation.metrics import (
    BATCH_SCORE,
    BIO_SCORE,
    OVERALL,
    ROBUST_OVERALL,
    SCIB_BATCH,
    SCIB_BIO,
    UNLABELLED_SCORE,
)

# Of biology and of mixing (Luecken et al. 2022), in every score of both.
BIO_SHARE, BATCH_SHARE = 0.6, 0.4
BIO, BATCH = [tuple(metric.name for metric in side) for side in (SCIB_BIO, SCIB_BATCH)]
# The metrics behind each score, and the share of their mean.
PARTS = {
    BIO_SCORE: ((1.0, BIO),),
    BATCH_SCORE: ((1.0, BATCH),),
    OVERALL: ((BIO_SHARE, BIO), (BATCH_SHARE, BATCH)),
    ROBUST_OVERALL: (
        (BIO_SHARE, ("NMI", "ARI", "purity")),
        (BATCH_SHARE, ("BRAS", "CiLISI", "kBET", "PCR_comparison")),
    ),
    UNLABELLED_SCORE: ((BIO_SHARE, ("structure",)), (BATCH_SHARE, ("mixing",))),
}
OF_GRAPHS = (UNLABELLED_SCORE,)  # all whose metrics a neighbour graph has


def score_rows(
    rows: list[dict[str, object]], groups: Groups, embedded: bool
) -> list[dict[str, object]]:
    """Return the rows of all scores.

    A metric that failed fails its scores, and a method without an embedding has none but those
    OF_GRAPHS, or methods would be compared by different means.

    Parameters
    ----------
    rows
        Of all metrics.
    groups
        The numbers of batches and types.
    embedded
        Whether a correction is more than a neighbour graph.
    """

    def score(parts: Sequence[tuple[float, Sequence[str]]], of_graphs: bool) -> float:
        if not embedded and not of_graphs:
            raise LeftOut(GRAPH_ONLY)
        return sum(share * mean_of(names, rows) for share, names in parts)

    return [
        metric.row(lambda p=parts, g=metric in OF_GRAPHS: score(p, g), groups)
        for metric, parts in PARTS.items()
    ]


def mean_of(names: Sequence[str], rows: list[dict[str, object]]) -> float:
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
    return float(np.mean(present))
