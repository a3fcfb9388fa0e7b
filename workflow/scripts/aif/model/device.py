"""The device that a stack is trained on: the GPU where there is one, in parts where it is too small."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.errors import TrainingError
from aif.model.cells import Cells
from aif.model.checkpoint import Checkpoints
from aif.model.networks import Networks
from aif.model.training import Progress, Training, train

REFUSALS = ("can't allocate memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


@dataclass(frozen=True)
class Device:
    """Where a training runs.

    Attributes
    ----------
    kind
        `cuda` or `cpu`, as torch calls it.
    name
        The card's, or `cpu`.
    """

    kind: str
    name: str

    @classmethod
    def chosen(cls, wanted: str = "auto") -> Device:
        """Return the device that the config wants: `auto` is the GPU where torch sees one.

        The GPU's record of peak memory is begun anew.

        Raises
        ------
        TrainingError
            If a GPU is wanted and there is none.
        """
        available = torch.cuda.is_available()
        if wanted == "cuda" and not available:
            raise TrainingError("torch sees no GPU, and the config has device: cuda")
        if wanted == "cpu" or not available:
            return cls("cpu", "cpu")
        torch.cuda.reset_peak_memory_stats()
        return cls("cuda", torch.cuda.get_device_name())

    def emulates_bfloat16(self) -> bool:
        """Return whether products in bfloat16 take about ten times as long as in float32."""
        return self.kind == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX2"

    def peak_memory_mb(self) -> float:
        """Return the most memory that tensors have taken on the card, NaN on the CPU."""
        return torch.cuda.max_memory_allocated() / 2**20 if self.kind == "cuda" else math.nan


def train_in_parts(
    cells: Cells,
    variant: Variant,
    stack: list[Hyperparameters],
    seed: int,
    progress: Progress,
    device: Device,
    checkpoints: Checkpoints | None = None,
) -> Training:
    """Train a stack; where there is too little memory for it, in halves one after the other.

    A model's random numbers do not depend on the stack it stands in, so halves give what the whole
    gives, up to rounding.

    Parameters
    ----------
    cells, variant, stack, seed, progress
        As in `aif.model.training.train`; the cells are on the CPU.
    device
        Where to train.
    checkpoints
        Where parts go on from and keep their state.

    Returns
    -------
    The training, with its networks on the CPU.

    Raises
    ------
    RuntimeError, MemoryError
        If there is too little memory for a single model.
    """
    checkpoint = checkpoints and checkpoints.training(cells, variant, stack, seed, device.name)
    try:
        training = train(cells.to(device.kind), variant, stack, seed, progress, checkpoint)
    except (RuntimeError, MemoryError) as error:
        if len(stack) == 1 or not out_of_memory(error):
            raise
    else:
        training.networks.cpu()
        return training
    logging.getLogger("aif").info(
        "%s cannot hold %d models, halving the stack", device.name, len(stack)
    )
    half = len(stack) // 2
    parts = (stack[:half], stack[half:])
    return joined(
        [
            train_in_parts(cells, variant, part, seed, progress, device, checkpoints)
            for part in parts
        ]
    )


@contextlib.contextmanager
def refused_memory(device: Device) -> Iterator[None]:
    """Turn the errors of memory that is refused into one that says what to do.

    Raises
    ------
    TrainingError
        If memory is refused.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise TrainingError(
            f"{device.name} has too little memory for a single model; lower hidden or "
            "minibatch_size, or keep fewer genes (n_top_genes)"
        ) from error


def out_of_memory(error: Exception) -> bool:
    """Return whether memory was refused, for which torch has an error of its own only at times."""
    own = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return own or any(text in str(error) for text in REFUSALS)


def joined(parts: list[Training]) -> Training:
    """Return several trainings, on the CPU, as that of one stack."""
    return Training(
        Networks.joined([part.networks for part in parts]),
        [losses for part in parts for losses in part.losses],
        [reason for part in parts for reason in part.diverged],
        torch.cat([part.criterion for part in parts]),
        sum(part.seconds for part in parts),
    )
