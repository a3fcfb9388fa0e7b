"""A metric: what it is, and its row in metrics.tsv."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aif.errors import InputError

COLUMNS = (
    *("dataset", "method", "row", "seed", "cells", "n_cells", "space", "uses_types"),
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
        `suite` is original, scib, robust, unlabelled, expression or cost.
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


def values(rows: list[dict[str, object]]) -> dict[str, float]:
    """Return the values of those rows that have one."""
    return {row["metric"]: row["value"] for row in rows if row["status"] == "ok"}


def tidy(rows: list[dict[str, object]], ids: dict[str, object]) -> pd.DataFrame:
    """Return the rows as a table whose every row carries the run's ids."""
    return pd.DataFrame([{**ids, **row} for row in rows], columns=list(COLUMNS))
