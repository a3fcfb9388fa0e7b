"""The names in a config: data sets, batches, variants, methods and hyperparameters must be there."""

from __future__ import annotations

import difflib
from typing import get_args

from aif.config.samples import samples_of
from aif.config.schema import Competitor, Config, Dataset, Grid, NullTest
from aif.config.variants import NAMES
from aif.errors import InputError


def check_variants(config: Config, known: list[str]) -> None:
    """Look for variants, and for the variants and methods that `choose` names."""
    for key, names, there in (
        ("variants", config.variants, known),
        ("choose.candidates", config.choose.candidates, [*known, *get_args(Competitor)]),
    ):
        for name in names:
            if name not in there:
                what = "variant" if there is known else "name"
                raise InputError(f"config: {key}: unknown {what} {name!r}; {instead(name, there)}")


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


def check_target(target: str | dict[str, float], name: str, dataset: Dataset) -> None:
    """Look for the batches that the config names, before a model is trained for them."""
    named = {target} - {"mean"} if isinstance(target, str) else set(target)
    batches = _known_batches(name, dataset) if named else None
    if batches is None:
        return
    for batch in sorted(named - batches):
        raise InputError(
            f"config: correction.target: {dataset.path or name} has no batch {batch!r}; "
            f"give mean or one of {sorted(batches)}"
        )


def check_null_test(config: Config) -> None:
    """Look for the data sets and batches that the null test names."""
    asked = config.null_test or NullTest()
    for key, names in (
        ("batches", list(asked.batches)),
        ("real", asked.real),
        ("datasets", asked.datasets or []),
    ):
        for name in names:
            if name not in config.datasets:
                hint = instead(name, list(config.datasets))
                raise InputError(f"config: null_test.{key}: unknown data set {name!r}; {hint}")
    for name, batch in asked.batches.items():
        known = _known_batches(name, config.datasets[name])
        if known is not None and batch not in known:
            raise InputError(
                f"config: null_test.batches.{name}: there is no batch {batch!r}; "
                f"give one of {sorted(known)}"
            )


def _known_batches(name: str, dataset: Dataset) -> set[str] | None:
    """Return the batches of a data set where they can be known before its file is checked.

    What else may be wrong with a file is said by the rule that checks it. Where Snakemake is alone,
    as it may be with conda, it cannot read the file and the correction says it.
    """
    if dataset.samples is not None:
        samples = samples_of(dataset.samples, f"config: datasets.{name}.samples")
        found = {sample.columns.get(dataset.batch_key) for sample in samples}
        return None if None in found else found
    if dataset.path is None:
        return None
    try:
        import h5py
        from anndata.io import read_elem

        with h5py.File(dataset.path) as file:
            return set(read_elem(file["obs"])[dataset.batch_key].astype(str))
    except (ImportError, OSError, KeyError):
        return None


def instead(name: str, known: list[str]) -> str:
    """Return what to write instead of a name that is not known."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
