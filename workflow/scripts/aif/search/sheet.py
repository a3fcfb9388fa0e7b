"""The sheet of a search: its rows of hyperparameters."""

from __future__ import annotations

import itertools
from typing import Any

from aif.config.checks import hyperparameters
from aif.config.hyperparameters import plain, without_effect
from aif.config.schema import Config, Grid
from aif.config.variants import Variant, variant_of
from aif.errors import InputError
from aif.search.stacks import Row


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


def records(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the sheet as the rows of hyperparameters.tsv: row, key and every hyperparameter."""
    return [{"row": row.number, "key": row.key, **plain(row.hyperparameters)} for row in rows]
