"""Failures among the files of a finished run: told at its end, and tried again by the next one.

Snakemake itself reads this module, which is why it needs nothing but Python.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aif.errors import FAILURE_STARTS


def remove_failures(jobs: Iterable[Any]) -> list[str]:
    """Return a line per failure among the outputs of jobs, and remove what has to be made again.

    Tables keep the rows of failures. What `failed` loses its model and its correction, a failed job of
    a search its rows, so that the next run tries again. What diverged would do so again; in a search
    that is a finding and no failure.

    Parameters
    ----------
    jobs
        Snakemake's jobs that ended well, or did so in an earlier run.
    """
    lines = set()
    for job in jobs:
        read = READERS.get(job.rule.name)
        if read and Path(job.output[0]).exists():
            lines |= {
                "{dataset} {method} seed {seed} {status}: {reason}".format(**failure)
                for failure in read(Path(job.output[0]))
            }
    return sorted(lines)


def _of_training(model: Path) -> list[dict[str, Any]]:
    with open(model, "rb") as file:
        if file.read(len(FAILURE_STARTS)) != FAILURE_STARTS:
            return []
    failure = json.loads(model.read_text())["failure"]
    if failure["status"] == "failed":
        model.with_name("corrected.h5ad").unlink(missing_ok=True)
        model.unlink()
    return [failure]


def _of_method(metrics: Path) -> list[dict[str, str]]:
    """A method that came to nothing has its status in all rows, that of its costs included."""
    rows = _rows(metrics)
    if {row["status"] for row in rows} == {"failed"}:
        metrics.with_name("corrected.h5ad").unlink(missing_ok=True)
    elif {row["status"] for row in rows} != {"diverged"}:
        return []
    return rows[:1]


def _of_null_measures(measures: Path) -> list[dict[str, str]]:
    """A method that made no correction has one row, of no measure."""
    rows = [row for row in _rows(measures) if row["measure"] == "all"]
    if any(row["status"] == "failed" for row in rows):
        measures.with_name("corrected.h5ad").unlink(missing_ok=True)
    return [row for row in rows if row["status"] in ("failed", "diverged")]


def _of_search_job(runs: Path) -> list[dict[str, str]]:
    failed = [row for row in _rows(runs) if row["status"] == "failed"]
    if failed:
        runs.unlink()
    return failed


READERS = {
    "train": _of_training,
    "evaluate": _of_method,
    "null_measures": _of_null_measures,
    "search_job": _of_search_job,
}


def _rows(table: Path) -> list[dict[str, str]]:
    with open(table, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
