"""model.pt: a trained model with its genes, batches and units, or why there is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from aif.errors import FAILURE_STARTS, InputError
from aif.model.networks import Networks, Shape

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
    covariates
        Names of what it was told of the cells beside the batch, in its order.
    variant, hyperparameters
        Traits and hyperparameters, as plain dicts.
    holdout
        The share of cells that were held out, see `aif.data.holdout`.
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
    covariates: list[str] = dataclasses.field(default_factory=list)

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


def save_failure(path: Path, failure: dict[str, Any]) -> None:
    """Write instead of a model why there is none, as text that Snakemake can read without torch.

    Parameters
    ----------
    path
        The file.
    failure
        IDS, and the status and reason of the rows of its metrics: `failed` or `diverged`, and why.
    """
    path.write_bytes(FAILURE_STARTS + json.dumps(failure).encode() + b"}")


def failure_of(path: str | Path) -> dict[str, Any] | None:
    """Return what `save_failure` has written; None where there may be a model."""
    content = Path(path).read_bytes()
    return json.loads(content)["failure"] if content.startswith(FAILURE_STARTS) else None


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
