"""The names in a config: data sets, batches, variants, methods and hyperparameters must be there."""

from __future__ import annotations

import difflib
import re

from aif.config.hyperparameters import NAMES
from aif.config.methods import COMPETITORS, METHODS, TOLD_TYPES, method_of
from aif.config.schema import Config, Grid, NullTest
from aif.errors import InputError

REPEAT = re.compile(r"_seed_\d+$")


def check_variants(config: Config, known: list[str]) -> None:
    """Look for variants and methods, and for those that `choose` names."""
    settings = list(config.methods)
    for key, names, there, what in (
        ("variants", config.variants, known, "variant"),
        ("baselines", config.baselines, [*METHODS, *settings], "method"),
        ("choose.candidates", config.choose.candidates, [*known, *COMPETITORS, *settings], "name"),
    ):
        for name in names:
            if name not in there:
                raise InputError(f"config: {key}: unknown {what} {name!r}; {instead(name, there)}")
    for name in config.choose.candidates:
        if method_of(name, config.methods) in TOLD_TYPES:
            raise InputError(
                f"config: choose.candidates: {name} is told the cell types, which choose does without; "
                "name it under baselines"
            )
    for name, setting in config.methods.items():
        if REPEAT.search(name):
            raise InputError(
                f"config: methods.{name}: ends as the folders of repeats do; call it otherwise"
            )
        if name in known or (name in METHODS and name != setting.of):
            raise InputError(
                f"config: methods.{name}: a variant or method has this name; give the setting another"
            )
        if name != setting.of and name not in (*config.baselines, *config.choose.candidates):
            raise InputError(
                f"config: methods.{name}: is neither among baselines nor choose.candidates; add it there"
            )


def check_grid(grid: Grid, variants: list[str]) -> None:
    """Look for names that no variant's sheet would stumble on."""
    layers = {"": grid.model_extra}
    for section in ("weighting", "input", "variants"):
        layers |= {f"{section}.{k}.": lists for k, lists in getattr(grid, section).items()}
    for name in grid.variants:
        if name not in variants:
            raise InputError(
                f"config: grid.variants.{name}: unknown variant; {instead(name, variants)}"
            )
    for place, lists in layers.items():
        for name in lists:
            if name not in NAMES:
                hint = instead(name, list(NAMES))
                raise InputError(f"config: grid.{place}{name}: unknown key; {hint}")


def check_null_test(config: Config) -> None:
    """Look for the data sets that the null test names."""
    asked = config.null_test or NullTest()
    known = [name for name, entry in config.datasets.items() if entry.map_to is None]
    for key, names in (
        ("batches", list(asked.batches)),
        ("real", asked.real),
        ("datasets", asked.datasets or []),
    ):
        for name in names:
            if name not in known:
                hint = instead(name, known)
                raise InputError(f"config: null_test.{key}: unknown data set {name!r}; {hint}")


def check_corrections(config: Config, variants: list[str]) -> None:
    """Look for corrections of the user that are called as something else is."""
    taken = [*variants, *METHODS, *config.methods]
    told: dict[str, bool] = {}
    for dataset, entry in config.datasets.items():
        for name, own in entry.corrections.items():
            if told.setdefault(name, own.uses_types) != own.uses_types:
                raise InputError(
                    f"config: datasets.{dataset}.corrections.{name}.uses_types: another data set says "
                    "otherwise of this name; give one of them another name"
                )
            if name in taken:
                raise InputError(
                    f"config: datasets.{dataset}.corrections.{name}: a variant or method has this name; "
                    "give the correction another"
                )


def instead(name: str, known: list[str]) -> str:
    """Return what to write instead of a name that is not known."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
