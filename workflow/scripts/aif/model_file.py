"""model.pt: a trained model with all that is needed to correct new cells without the training data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from aif.errors import InputError
from aif.networks import Networks, Shape


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


def save_model(path: Path, networks: Networks, info: ModelInfo) -> None:
    """Write a single model, a stack of one."""
    content = {
        "shape": dataclasses.asdict(networks.shape),
        "state": networks.model_state(0),
        "info": dataclasses.asdict(info),
    }
    with open(path, "wb") as file:
        torch.save(content, file)


def load_model(path: str | Path) -> tuple[Networks, ModelInfo]:
    """Return a saved model as a stack of one in evaluation mode, and what goes with it.

    Raises
    ------
    InputError
        If the file is no such model, or holds anything but numbers, names and their containers:
        a pickle that would run code is not opened further.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        networks = Networks(Shape(**content["shape"]))
        networks.load_state_dict(content["state"])
        info = ModelInfo(**content["info"])
    except Exception as error:  # torch raises anything when a file is damaged
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path} is no model of this workflow ({reason}); remove it") from error
    return networks.eval(), info
