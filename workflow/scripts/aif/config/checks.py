"""What a config says is completed and checked before anything runs; errors are one line."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from aif.config.datasets import Dataset
from aif.config.hyperparameters import NAMES, Hyperparameters, completed
from aif.config.mapping import check_models
from aif.config.names import check_corrections, check_grid, check_null_test, check_variants, instead
from aif.config.problems import one_line
from aif.config.samples import BRACES, NOT_BRACES
from aif.config.schema import Config, load_yaml
from aif.config.simulation import Simulation
from aif.config.variants import defaults_of
from aif.errors import InputError

HYPERPARAMETERS = TypeAdapter(Hyperparameters)
SIMULATION = TypeAdapter(Simulation)


def complete(
    given: dict[str, Any], default_run: Path, table: dict[str, Any], presets: dict[str, Any]
) -> Config:
    """Return the validated config: what the user gave, and the default run for all other keys.

    Parameters
    ----------
    given
        Top-level keys given by --configfile or --config. Each replaces the default run's as a whole.
    default_run
        config/config.yaml, in the folder of the workflow.
    table
        The content of config/variants.yaml.
    presets
        The content of config/simulations.yaml.

    Raises
    ------
    InputError
        One line that names the key and what to do.
    """
    _check_blanks(given)
    try:
        config = Config.model_validate({**load_yaml(default_run), **given})
    except ValidationError as error:
        raise InputError(one_line(error)) from None
    config = _with_own_data(config, default_run.parents[1])
    check_variants(config, list(table["variants"]))
    for name in (*config.variants, *config.choose.candidates):
        if name in table["variants"]:
            hyperparameters(config, table, name)
    check_grid(config.grid, list(table["variants"]))
    if config.mirror is not None and not Path(config.mirror).is_dir():
        raise InputError(
            f"config: mirror: there is no directory {config.mirror!r}; "
            "give its path relative to the working directory, or leave mirror out"
        )
    for name, dataset in config.datasets.items():
        _check_paths(name, dataset)
        if dataset.simulate is not None:
            simulation(name, dataset, presets)
    check_null_test(config)
    check_corrections(config, list(table["variants"]))
    check_models(config)
    return config


def _with_own_data(config: Config, root: Path) -> Config:
    """Return the config with data that come with the workflow found there, wherever it runs."""
    datasets = {
        name: dataset.model_copy(update={"path": str(root / dataset.path)})
        if dataset.path is not None
        and not Path(dataset.path).exists()
        and (root / dataset.path).exists()
        else dataset
        for name, dataset in config.datasets.items()
    }
    return config.model_copy(update={"datasets": datasets})


def _check_blanks(given: Any, place: str = "") -> None:
    """Look for what YAML makes of {a:b}, without a blank: a name with a colon and no value, or text."""
    if isinstance(given, str) and re.match(r"\{[^}]*:", given):
        raise InputError(
            f"config: {place}: {given!r} cannot be read; put a blank after every colon, "
            "as in {path: cells.h5ad}"
        )
    for key, value in given.items() if isinstance(given, dict) else ():
        if value in (None, "") and ":" in str(key):
            name, _, rest = str(key).partition(":")
            raise InputError(
                f"config: {place + '.' if place else ''}{key}: a blank is missing after the colon; "
                f"write {name}: {rest}"
            )
        _check_blanks(value, f"{place}.{key}" if place else str(key))


def _check_paths(name: str, dataset: Dataset) -> None:
    paths = {"path": (dataset.path, "a file or folder")}
    if dataset.tables is not None:
        for kind in ("expression", "cells", "genes"):
            for i, table in enumerate(getattr(dataset.tables, kind)):
                paths[f"tables.{kind}.{i}.path"] = (table.path, "a text table")
    for own, correction in dataset.corrections.items():
        paths[f"corrections.{own}"] = (correction.path, "a file or folder")
    for key, (path, what) in paths.items():
        if path is None:
            continue
        if not path.strip() or not Path(path).exists():
            raise InputError(
                f"config: datasets.{name}.{key}: there is no file {path!r}; "
                f"give the path of {what}, relative to the working directory"
            )
        if set(BRACES) & set(path):
            raise InputError(f"config: datasets.{name}.{key}: {path!r} {NOT_BRACES}")


def hyperparameters(
    config: Config, table: dict[str, Any], variant: str, row: dict[str, Any] | None = None
) -> Hyperparameters:
    """Return a variant's hyperparameters with the config's overrides, and those of a grid's row.

    Raises
    ------
    InputError
        If an override is unknown or out of its range.
    """
    row = row or {}
    own = {**config.hyperparameters, **row}
    known = completed(defaults_of(table, variant), own)
    for key in config.hyperparameters:
        if key not in NAMES:
            hint = instead(key, list(NAMES))
            raise InputError(f"config: hyperparameters.{key}: unknown key; {hint}")
    try:
        return HYPERPARAMETERS.validate_python(known)
    except ValidationError as error:
        section = "grid" if error.errors()[0]["loc"][0] in row else "hyperparameters"
        raise InputError(one_line(error, f"{section}.")) from None


def simulation(name: str, dataset: Dataset, presets: dict[str, Any]) -> Simulation:
    """Return the parameters of a data set that is simulated, its preset's completed by its own.

    Raises
    ------
    InputError
        If the preset or a parameter is unknown, or a value is out of its range.
    """
    place = f"datasets.{name}.simulate"
    own = dict(dataset.simulate or {})
    preset = own.pop("preset", None)
    if preset is not None and preset not in presets:
        raise InputError(f"config: {place}.preset: {instead(str(preset), list(presets))}")
    known = [field.name for field in dataclasses.fields(Simulation)]
    for key in own:
        if key not in known:
            hint = instead(key, [*known, "preset"])
            raise InputError(f"config: {place}.{key}: unknown key; {hint}")
    try:
        return SIMULATION.validate_python({**presets.get(preset, {}), **own})
    except ValidationError as error:
        raise InputError(one_line(error, f"{place}.")) from None
