"""Models that data sets are mapped on: there is such a file, or the run makes it."""

from __future__ import annotations

import re
from pathlib import Path

from aif.config.schema import Config
from aif.errors import InputError

# Files that rules make: of a data set's variant, one of its repeats or the best run of a search.
MADE = re.compile(r"results/([^/]+)/([^/]+)/(?:pipeline(?:_seed_\d+)?|best)/model\.pt")
REFERENCE = "reference.pt"  # beside the model


def check_models(config: Config) -> None:
    """Look for the models of `map_to`, and for what lies beside them.

    Raises
    ------
    InputError
        If a model is neither there nor made in this run.
    """
    for name, dataset in config.datasets.items():
        path = dataset.map_to
        if path is None or made_here(config, path):
            continue
        key = f"config: datasets.{name}.map_to"
        if not Path(path).is_file():
            raise InputError(
                f"{key}: there is no model {path!r}, and no variant of this run makes it; give "
                "results/DATASET/VARIANT/pipeline/model.pt or the path of a file"
            )
        beside = Path(path).with_name(REFERENCE)
        if not beside.is_file():
            raise InputError(
                f"{key}: there is no {beside} beside the model, which new cells need; correct the "
                "model's own cells again, as older versions wrote none"
            )


def made_here(config: Config, path: str) -> bool:
    """Return whether a run with this config makes a model of the path."""
    found = MADE.fullmatch(path)
    if not found:
        return False
    dataset, variant = found.groups()
    known = config.datasets.get(dataset)
    return (
        known is not None
        and known.map_to is None
        and variant in (*config.variants, *config.choose.candidates)
    )
