"""Failures: rows with a reason in every table, told at the end of a run and tried again by the next."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Snakemake reads this module in an environment without it
    import anndata as ad

ENDED_BADLY = {"failed", "diverged"}
OF_A_METHOD = ("model.pt", "corrected.h5ad", "metrics.tsv")


def without_result(adata: ad.AnnData, info: dict[str, Any]) -> ad.AnnData:
    """Return what stands for the correction that a method did not make.

    Parameters
    ----------
    adata
        What it was given.
    info
        For uns["aif"]: dataset, method, row, seed, transform and output, the status and the reason.
    """
    result = adata.copy()
    result.X = None
    result.uns["aif"] = info
    return result


def told_and_forgotten(outputs: Iterable[str]) -> list[str]:
    """Return a line per failure in the files of a finished run, and remove these files.

    The tables over all methods or runs keep their rows. As the files are gone, the next run tries
    again, so that it need not be known which rule to force. Runs of a search that diverged are no
    failures, as a search finds out where that happens.

    Parameters
    ----------
    outputs
        The outputs of all jobs, those that were not asked for included.
    """
    lines = []
    for path in sorted(filter(Path.exists, {Path(output) for output in outputs})):
        if path.name == "metrics.tsv":
            lines += _of_method(path)
        elif path.parent.parent.name == "runs" and path.suffix == ".tsv":
            lines += _of_search_job(path)
    return lines


def _of_method(metrics: Path) -> list[str]:
    rows = _rows(metrics)
    if any(row["status"] not in ENDED_BADLY for row in rows):
        return []
    for name in OF_A_METHOD:
        metrics.with_name(name).unlink(missing_ok=True)
    return [_line(rows[0])]


def _of_search_job(runs: Path) -> list[str]:
    failed = [row for row in _rows(runs) if row["status"] == "failed"]
    if failed:
        runs.unlink()
    return sorted({_line(row) for row in failed})


def _rows(table: Path) -> list[dict[str, str]]:
    with open(table, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _line(row: dict[str, str]) -> str:
    return "{dataset} {method} seed {seed} {status}: {reason}".format(**row)
