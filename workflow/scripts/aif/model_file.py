"""model.pt: a trained model with all that is needed to correct new cells, or why there is none."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from aif.errors import InputError
from aif.networks import Networks, Shape

IDS = ("dataset", "method", "row", "seed", "transform")


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """What goes with the parameters.

    Attributes
    ----------
    dataset, method, row, seed
        The ids of the run; `method` is the variant, `row` is empty for a pipeline run.
    transform
        The units of the expression that the model takes and gives.
    scale
        Per gene, the number by which expression is divided before it enters the model.
    genes, batches
        Names, in the model's order.
    variant, hyperparameters
        Traits and hyperparameters, as plain dicts.
    holdout
        The share of cells that were held out, see `aif.holdout`.
    seconds, peak_memory_mb, peak_gpu_memory_mb, device, versions
        What the training took, where and with what; no GPU is NaN. The memory is the whole job's.
    """

    dataset: str
    method: str
    row: str
    seed: int
    transform: str
    scale: list[float]
    genes: list[str]
    batches: list[str]
    variant: dict[str, Any]
    hyperparameters: dict[str, Any]
    holdout: float
    seconds: float
    peak_memory_mb: float
    peak_gpu_memory_mb: float
    device: str
    versions: dict[str, str]

    def ids(self) -> dict[str, Any]:
        """Return what names the run and the units of its expression."""
        return {name: getattr(self, name) for name in IDS}


def save_model(path: Path, networks: Networks, info: ModelInfo) -> None:
    """Write a single model, a stack of one."""
    content = {
        "shape": dataclasses.asdict(networks.shape),
        "state": networks.model_state(0),
        "info": dataclasses.asdict(info),
    }
    with open(path, "wb") as file:
        torch.save(content, file)


def save_failure(path: Path, ids: dict[str, Any], status: str, reason: str) -> None:
    """Write instead of a model why there is none.

    Parameters
    ----------
    path
        The file.
    ids
        dataset, method, row, seed and transform.
    status, reason
        As in the rows of its metrics: `failed` or `diverged`, and why.
    """
    with open(path, "wb") as file:
        torch.save({"failure": {**ids, "status": status, "reason": reason}}, file)


def failure_of(path: str | Path) -> dict[str, Any] | None:
    """Return what `save_failure` has written; None where there is a model.

    Raises
    ------
    InputError
        As in `load_model`.
    """
    return _content(path).get("failure")


def load_model(path: str | Path) -> tuple[Networks, ModelInfo]:
    """Return a saved model as a stack of one in evaluation mode, and what goes with it.

    Raises
    ------
    InputError
        If the file is no such model, or holds anything but numbers, names and their containers:
        a pickle that would run code is not opened further.
    """
    content = _content(path)
    try:
        networks = Networks(Shape(**content["shape"]))
        networks.load_state_dict(content["state"])
        return networks.eval(), ModelInfo(**content["info"])
    except Exception as error:  # of any kind, as a file may hold anything
        raise _no_model(path, error) from error


def _content(path: str | Path) -> dict[str, Any]:
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises anything when a file is damaged
        raise _no_model(path, error) from error
    if not isinstance(content, dict):
        raise _no_model(path, f"a {type(content).__name__}")
    return content


def _no_model(path: str | Path, reason: object) -> InputError:
    first_line = str(reason).partition("\n")[0]
    return InputError(f"{path} is no model of this workflow ({first_line}); remove it")
