"""Rows of a sheet, and which of them are trained side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aif.config.hyperparameters import (
    COEFFICIENTS,
    NAMES,
    OF_CORRECTION,
    Hyperparameters,
    hyperparameters_of,
    key_of,
)

# What all models of a stack have in common.
SHARED = tuple(name for name in NAMES if name not in (*COEFFICIENTS, *OF_CORRECTION))


@dataclass(frozen=True)
class Row:
    """A row of the sheet: its number, from 1, and its hyperparameters."""

    number: int
    hyperparameters: Hyperparameters

    @property
    def key(self) -> str:
        """The name of what is trained, which does not change when the sheet gets other rows."""
        return key_of([self.hyperparameters])


def stacks(rows: list[Row], rows_per_job: int) -> list[list[Row]]:
    """Return the rows in slices to train together: `rows_per_job` models that differ in coefficients only.

    Rows that differ in the correction only are of one model, and stand in one slice.
    """
    models: dict[tuple[Any, ...], dict[tuple[Any, ...], list[Row]]] = {}
    for row in rows:
        shared, own = (_values(row.hyperparameters, names) for names in (SHARED, COEFFICIENTS))
        models.setdefault(shared, {}).setdefault(own, []).append(row)
    slices = []
    for own_rows in models.values():
        alike = list(own_rows.values())
        for start in range(0, len(alike), rows_per_job):
            slices.append(list(itertools.chain(*alike[start : start + rows_per_job])))
    return slices


def stacks_of(models: list[Hyperparameters], rows_per_job: int) -> list[list[Hyperparameters]]:
    """Return models, as `stacks` those of rows."""
    rows = [Row(0, model) for model in models]
    return [[row.hyperparameters for row in stack] for stack in stacks(rows, rows_per_job)]


def models_of(rows: Iterable[dict[str, Any]], part: int) -> list[Hyperparameters]:
    """Return the hyperparameters of a part of a rung, given the rows of `aif.search.halving.in_parts`."""
    return [hyperparameters_of(row) for row in rows if row["part"] == part]


def _values(model: Hyperparameters, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(model, name) for name in names)
