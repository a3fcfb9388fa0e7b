"""Batches that a config names must be in the files, where that can be known before anything runs."""

from __future__ import annotations

from aif.config.datasets import Dataset
from aif.config.samples import SAMPLE, Sample
from aif.config.schema import Config
from aif.errors import InputError


def check_named_batches(config: Config, samples: dict[str, list[Sample]]) -> None:
    """Look for the batches that correction and null test name, before a model is trained for them.

    What else may be wrong with a file is said by the rule that reads it. Where Snakemake is alone,
    as it may be with conda, it cannot read the file, and the correction says it.

    Raises
    ------
    InputError
        If one is not there.
    """
    target = config.correction.target
    wanted = {target} - {"mean"} if isinstance(target, str) else set(target)
    split = config.null_test.batches if config.null_test is not None else {}
    for name, dataset in config.datasets.items():
        if dataset.map_to is not None or (not wanted and name not in split):
            continue
        known = _known_batches(dataset, samples.get(name, []))
        if known is None:
            continue
        for batch in sorted(wanted - known):
            raise InputError(
                f"config: correction.target: {dataset.path or name} has no batch {batch!r}; "
                f"give mean or one of {sorted(known)}"
            )
        if name in split and split[name] not in known:
            raise InputError(
                f"config: null_test.batches.{name}: there is no batch {split[name]!r}; "
                f"give one of {sorted(known)}"
            )


def _known_batches(dataset: Dataset, samples: list[Sample]) -> set[str] | None:
    """Return the batches of a data set, None where they are not known yet.

    They are in samples' names and in .h5ad files as anndata writes them since 0.8; what other forms hold is
    known when they have been read.
    """
    if not isinstance(dataset.batch_key, str):
        return None
    if samples:
        found = {sample.columns.get(dataset.batch_key) for sample in samples}
        if None in found:
            return None
        return found if dataset.batch_key == SAMPLE else {_number(name) for name in found}
    try:
        import h5py
        from anndata.io import read_elem

        with h5py.File(dataset.path) as file:
            obs = file["obs"]
            if not isinstance(obs, h5py.Group) or "__categories" in obs:
                return None
            values = read_elem(obs[dataset.batch_key])
            names = {str(value).strip() for value in values}
            has_points = getattr(values, "categories", values).dtype.kind == "f"
            return {_number(name) for name in names} if has_points else names
    except Exception:  # what is wrong with the file is said by the rule that reads it
        return None


def _number(name: str) -> str:
    """Return a batch as `aif.data.groups.as_names` calls it if it is a number."""
    return name.removesuffix(".0")
