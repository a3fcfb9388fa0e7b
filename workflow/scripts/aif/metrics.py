"""The table of metrics: what each is called, its range, its direction and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

COLUMNS = (
    *("dataset", "method", "row", "seed"),
    *("suite", "metric", "value", "low", "high", "better", "status", "reason"),
)


class LeftOut(Exception):
    """A metric that has no meaning for a data set; the message says why."""


@dataclass(frozen=True)
class Metric:
    """A metric, as it stands in the rows of metrics.tsv.

    Attributes
    ----------
    name, suite
        `suite` is original, scib or cost.
    low, high
        The range; None where it has no bound, or where it depends on the data.
    better
        "higher" or "lower".
    needs_labels
        Whether cell types are needed.
    """

    name: str
    suite: str
    low: float | None = 0.0
    high: float | None = 1.0
    better: str = "higher"
    needs_labels: bool = True

    def row(self, compute: Callable[[], float], has_labels: bool) -> dict[str, object]:
        """Return the metric's row; a failure becomes its status and reason."""
        status, reason, value = "ok", "", None
        if self.needs_labels and not has_labels:
            status, reason = "left_out", "no label_key: the data set has no cell types"
        else:
            try:
                value = float(compute())
            except LeftOut as error:
                status, reason = "left_out", str(error)
            except Exception as error:
                status, reason = "failed", f"{type(error).__name__}: {error}".splitlines()[0]
        return {
            "suite": self.suite,
            "metric": self.name,
            "value": value,
            "low": self.low,
            "high": self.high,
            "better": self.better,
            "status": status,
            "reason": reason,
        }


def values(rows: list[dict[str, object]]) -> dict[str, float]:
    """Return the values of those rows that have one."""
    return {row["metric"]: row["value"] for row in rows if row["status"] == "ok"}


def tidy(rows: list[dict[str, object]], ids: dict[str, object]) -> pd.DataFrame:
    """Return the rows as a table whose every row carries the run's ids."""
    return pd.DataFrame([{**ids, **row} for row in rows], columns=list(COLUMNS))
