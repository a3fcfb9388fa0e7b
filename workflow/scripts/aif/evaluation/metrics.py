"""The table of metrics: what each is called, what it says, its range, direction, needs and source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from aif.errors import InputError

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
    words
        What it says, for readers who do not know its name.
    sources
        Who proposed it, by keys of aif/report/references.yaml.
    """

    name: str
    suite: str
    low: float | None = 0.0
    high: float | str | None = 1.0
    better: str = "higher"
    needs_types: int = 2
    words: str = ""
    sources: tuple[str, ...] = ()

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


# Sources that several metrics share, by their keys in the report's references.
RAND, SILHOUETTE, LISI = "hubert1985", "rousseeuw1987", "korsunsky2019"
# The range of ARI is [-1/2, 1], that of a silhouette [-1, 1].
ORIGINAL = (
    Metric(
        *("ARI_CT", "original", -0.5),
        words="how well k-means finds the cell types (adjusted Rand index)",
        sources=(RAND, "tran2020"),
    ),
    Metric(
        *("1-ARI_B", "original", 0.0, 1.5),
        needs_types=1,
        words="how little k-means finds the batches (1 − adjusted Rand index)",
        sources=(RAND, "tran2020"),
    ),
    Metric(
        *("F1_ARI", "original"),
        words="types found and batches not found, in one number (harmonic mean of both ARI)",
        sources=("tran2020",),
    ),
    Metric(
        *("ASW_CT", "original", -1.0),
        words="how far cell types lie apart (silhouette)",
        sources=(SILHOUETTE, "tran2020"),
    ),
    Metric(
        *("1-ASW_B", "original", 0.0, 2.0),
        needs_types=0,
        words="how little batches lie apart (1 − silhouette)",
        sources=(SILHOUETTE, "tran2020"),
    ),
    Metric(
        *("F1_ASW", "original"),
        words="types apart and batches not apart, in one number (harmonic mean of both silhouettes)",
        sources=("tran2020",),
    ),
    Metric(
        *("LISI_CT", "original", 1.0, "types", "lower"),
        words="how many cell types a cell has among its neighbours (LISI)",
        sources=(LISI, "tran2020"),
    ),
    Metric(
        *("LISI_B", "original", 1.0, "batches"),
        needs_types=0,
        words="how many batches a cell has among its neighbours (LISI)",
        sources=(LISI, "tran2020"),
    ),
    Metric(
        *("F1_LISI", "original"),
        words="pure types and mixed batches, in one number (harmonic mean of both LISI)",
        sources=("tran2020",),
    ),
)
SCIB_BIO = (
    Metric(
        *("NMI", "scib"),
        words="how well clusters agree with cell types (normalised mutual information)",
        sources=("strehl2002",),
    ),
    Metric(
        *("ARI", "scib", -0.5),
        words="how well clusters agree with cell types (adjusted Rand index)",
        sources=(RAND,),
    ),
    Metric(
        *("ASW_label", "scib"),
        words="how far cell types lie apart (silhouette)",
        sources=(SILHOUETTE,),
    ),
    Metric(
        *("isolated_labels_F1", "scib"),
        words="how well the cell types of the fewest batches are found as clusters (F1)",
    ),
    Metric(
        *("isolated_labels_ASW", "scib"),
        words="how far the cell types of the fewest batches lie apart (silhouette)",
        sources=(SILHOUETTE,),
    ),
    Metric(
        *("cLISI", "scib"),
        words="how pure in cell type a cell's neighbours are (LISI)",
        sources=(LISI,),
    ),
)
SCIB_BATCH = (
    Metric(
        *("ASW_batch", "scib"),
        needs_types=1,
        words="how close batches lie within a cell type (silhouette)",
        sources=(SILHOUETTE,),
    ),
    Metric(
        *("PCR_comparison", "scib"),
        needs_types=0,
        words="how much less the batch explains than before (principal component regression)",
        sources=("buettner2019",),
    ),
    Metric(
        *("graph_connectivity", "scib"),
        needs_types=1,
        words="whether each cell type is one piece of the neighbour graph",
    ),
    Metric(
        *("iLISI", "scib"),
        needs_types=0,
        words="how well batches mix among a cell's neighbours (LISI)",
        sources=(LISI,),
    ),
)
KBET = Metric(  # beside the scores: scib-metrics' is not scib's own
    *("kBET", "scib"),
    needs_types=1,
    words="share of cells whose neighbours have the batches of their cell type (chi-square test)",
    sources=("buettner2019",),
)
BIO_SCORE = Metric(
    *("bio_score", "scib"), words="how well cell types are kept: the mean of NMI to cLISI"
)
BATCH_SCORE = Metric(
    *("batch_score", "scib"),
    needs_types=0,
    words="how well batches mix: the mean of ASW batch to iLISI",
)
OVERALL = Metric(*("overall", "scib"), words="0.6 bio score + 0.4 batch score")
DE = tuple(
    Metric(
        *(f"DE_AUC_{direction}_{genes}", "expression"),
        words=f"how well genes that go {direction} are found among {genes} genes (F1, mean over thresholds)",
        sources=("tran2020",),
    )
    for genes in ("all", "variable")
    for direction in ("up", "down")
)
COST = (
    Metric(
        *("seconds", "cost", 0.0, None, "lower"),
        needs_types=0,
        words="time of training and correction",
    ),
    Metric(
        *("peak_memory_mb", "cost", 0.0, None, "lower"),
        needs_types=0,
        words="most memory that was used, in MB",
    ),
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
