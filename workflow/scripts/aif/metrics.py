"""The table of metrics: what each is called, its range, its direction and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from aif.rule import InputError

COLUMNS = (
    *("dataset", "method", "row", "seed", "cells"),
    *("suite", "metric", "value", "low", "high", "better", "status", "reason"),
)


class LeftOut(Exception):
    """A metric that has no meaning for a data set or a method; the message says why."""


GRAPH_ONLY = "the method returns a neighbour graph only"


@dataclass(frozen=True)
class Groups:
    """How many batches and cell types a data set has; 0 types where it has no labels."""

    batches: int
    types: int

    @classmethod
    def of(cls, obs: pd.DataFrame) -> Groups:
        """Count the groups of obs batch and, where it is there, cell_type."""
        types = obs["cell_type"].nunique() if "cell_type" in obs else 0
        return cls(obs["batch"].nunique(), types)


@dataclass(frozen=True)
class Metric:
    """A metric, as it stands in the rows of metrics.tsv.

    Attributes
    ----------
    name, suite
        `suite` is original, scib, expression or cost.
    low, high
        The range; None where it has no bound. "batches" and "types" stand for their numbers.
    better
        "higher" or "lower".
    needs_types
        How many cell types are needed; a metric that needs none works without labels.
    """

    name: str
    suite: str
    low: float | None = 0.0
    high: float | str | None = 1.0
    better: str = "higher"
    needs_types: int = 2

    def row(self, compute: Callable[[], float], groups: Groups) -> dict[str, object]:
        """Return the metric's row; a failure becomes its status and reason.

        Raises
        ------
        InputError
            Where `compute` raises it: what the user has to mend is no metric's failure.
        """
        status, reason, value = "ok", "", None
        try:
            value = self._value(compute, groups)
        except InputError:
            raise
        except LeftOut as error:
            status, reason = "left_out", str(error)
        except Exception as error:
            status, reason = "failed", f"{type(error).__name__}: {error}".splitlines()[0]
        return self.missing(status, reason, groups) | {"value": value}

    def missing(self, status: str, reason: str, groups: Groups) -> dict[str, object]:
        """Return the metric's row without a value."""
        return {
            "suite": self.suite,
            "metric": self.name,
            "value": None,
            "low": self.low,
            "high": {"batches": groups.batches, "types": groups.types or None}.get(
                self.high, self.high
            ),
            "better": self.better,
            "status": status,
            "reason": reason,
        }

    def _value(self, compute: Callable[[], float], groups: Groups) -> float:
        if self.needs_types and not groups.types:
            raise LeftOut("no label_key")
        if self.needs_types > groups.types:
            raise LeftOut("there is one cell type only")
        value = float(compute())
        if np.isnan(value):
            raise ValueError("the value is not a number")
        return value


# The range of ARI is [-1/2, 1], that of a silhouette [-1, 1].
ORIGINAL = (
    Metric("ARI_CT", "original", low=-0.5),
    Metric("1-ARI_B", "original", high=1.5, needs_types=1),
    Metric("F1_ARI", "original"),
    Metric("ASW_CT", "original", low=-1.0),
    Metric("1-ASW_B", "original", high=2.0, needs_types=0),
    Metric("F1_ASW", "original"),
    Metric("LISI_CT", "original", low=1.0, high="types", better="lower"),
    Metric("LISI_B", "original", low=1.0, high="batches", needs_types=0),
    Metric("F1_LISI", "original"),
)
SCIB_BIO = (
    Metric("NMI", "scib"),
    Metric("ARI", "scib", low=-0.5),
    Metric("ASW_label", "scib"),
    Metric("isolated_labels_F1", "scib"),
    Metric("isolated_labels_ASW", "scib"),
    Metric("cLISI", "scib"),
)
SCIB_BATCH = (
    Metric("ASW_batch", "scib", needs_types=1),
    Metric("PCR_comparison", "scib", needs_types=0),
    Metric("graph_connectivity", "scib", needs_types=1),
    Metric("iLISI", "scib", needs_types=0),
)
KBET = Metric("kBET", "scib", needs_types=1)  # beside the scores: scib-metrics' is not scib's own
BIO_SCORE = Metric("bio_score", "scib")
BATCH_SCORE = Metric("batch_score", "scib", needs_types=0)
OVERALL = Metric("overall", "scib")
DE = tuple(
    Metric(f"DE_AUC_{direction}_{genes}", "expression")
    for genes in ("all", "variable")
    for direction in ("up", "down")
)
COST = (
    Metric("seconds", "cost", high=None, better="lower", needs_types=0),
    Metric("peak_memory_mb", "cost", high=None, better="lower", needs_types=0),
)
SCIB = (*SCIB_BIO, *SCIB_BATCH, KBET, BIO_SCORE, BATCH_SCORE, OVERALL)

MAXIMUM = "_max"  # ends the names of the maxima over the original's repetitions
ORIGINAL_MAXIMA = tuple(replace(metric, name=metric.name + MAXIMUM) for metric in ORIGINAL)
NAMES = tuple(metric.name for metric in (*ORIGINAL, *ORIGINAL_MAXIMA, *SCIB, *DE))
METRICS = (*ORIGINAL, *ORIGINAL_MAXIMA, *SCIB, *COST)


def values(rows: list[dict[str, object]]) -> dict[str, float]:
    """Return the values of those rows that have one."""
    return {row["metric"]: row["value"] for row in rows if row["status"] == "ok"}


def tidy(rows: list[dict[str, object]], ids: dict[str, object]) -> pd.DataFrame:
    """Return the rows as a table whose every row carries the run's ids."""
    return pd.DataFrame([{**ids, **row} for row in rows], columns=list(COLUMNS))
