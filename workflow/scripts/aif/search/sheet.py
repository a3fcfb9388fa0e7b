"""The sheet of a search: its rows of hyperparameters, and the stacks they are trained in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from aif.config.checks import hyperparameters
from aif.config.hyperparameters import (
    COEFFICIENTS,
    NAMES,
    OF_CORRECTION,
    Hyperparameters,
    key_of,
    plain,
    without_effect,
)
from aif.config.schema import Config, Grid
from aif.config.variants import Variant, variant_of
from aif.errors import InputError

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


def axes(grid: Grid, name: str, variant: Variant) -> dict[str, list[Any]]:
    """Return the lists that a variant's sheet is the product of.

    Those of hyperparameters without effect on the variant are left out, as mu without projection.
    """
    lists = {
        **grid.model_extra,
        **grid.weighting.get(variant.weighting, {}),
        **grid.input.get(variant.input, {}),
        **grid.variants.get(name, {}),
    }
    # Runs are judged by their expression, on which what shapes the embedding has no effect.
    idle = without_effect(variant) | {"embedding_residual"}
    return {key: values for key, values in lists.items() if key not in idle}


def sheet_of(config: Config, table: dict[str, Any], name: str) -> list[Row]:
    """Return the rows of a variant's sheet; without a grid one row of its own hyperparameters.

    Parameters
    ----------
    config
        With the grid.
    table
        The content of config/variants.yaml.
    name
        A variant in it.

    Raises
    ------
    InputError
        If a list has a value out of its range or twice the same.
    """
    lists = axes(config.grid, name, variant_of(table["variants"][name]))
    products = itertools.product(*lists.values())
    rows = [
        Row(number, hyperparameters(config, table, name, dict(zip(lists, values, strict=True))))
        for number, values in enumerate(products, start=1)
    ]
    for key, values in lists.items():
        if len({getattr(row.hyperparameters, key) for row in rows}) < len(values):
            raise InputError(f"config: grid.{key}: {values} has a value twice; remove one")
    return rows


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


def records(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the sheet as the rows of hyperparameters.tsv: row, key and every hyperparameter."""
    return [{"row": row.number, "key": row.key, **plain(row.hyperparameters)} for row in rows]


def stacks_by_key(rows: list[Row], rows_per_job: int) -> dict[str, list[dict[str, Any]]]:
    """Return the hyperparameters of every stack's models, by the name of the stack."""
    models = [[row.hyperparameters for row in stack] for stack in stacks(rows, rows_per_job)]
    return {key_of(stack): [asdict(model) for model in stack] for stack in models}


def _values(model: Hyperparameters, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(model, name) for name in names)
