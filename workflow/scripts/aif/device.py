"""The device that a stack is trained on: the GPU where there is one, in parts where it is too small."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import torch

from aif.cells import Cells
from aif.checkpoint import Checkpoints
from aif.networks import Networks
from aif.rule import InputError
from aif.training import Progress, Training, train
from aif.variants import Hyperparameters, Variant


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
    def chosen(cls) -> Device:
        """Return the GPU where torch sees one, with its record of peak memory begun anew."""
        if not torch.cuda.is_available():
            return cls("cpu", "cpu")
        torch.cuda.reset_peak_memory_stats()
        return cls("cuda", torch.cuda.get_device_name())

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
    """Train a stack; where the card has too little memory for it, in halves one after the other.

    A model's random numbers do not depend on the stack it stands in, so halves give what the whole
    gives, up to rounding.

    Parameters
    ----------
    cells, variant, stack, seed, progress
        As in `aif.training.train`; the cells are on the CPU.
    device
        Where to train.
    checkpoints
        Where parts go on from and keep their state.

    Returns
    -------
    The training, with its networks on the CPU.

    Raises
    ------
    InputError
        If a single model is too large.
    """
    checkpoint = checkpoints and checkpoints.training(cells, variant, stack, seed, device.name)
    try:
        training = train(cells.to(device.kind), variant, stack, seed, progress, checkpoint)
    except torch.OutOfMemoryError:
        if len(stack) == 1:
            raise InputError(
                "the GPU has too little memory for a single model; lower hidden or minibatch_size, "
                "keep fewer genes (n_top_genes), or train on the CPU (CUDA_VISIBLE_DEVICES=)"
            ) from None
    else:
        training.networks.cpu()
        return training
    logging.getLogger("aif").info("the GPU cannot hold %d models, halving the stack", len(stack))
    half = len(stack) // 2
    parts = (stack[:half], stack[half:])
    return joined(
        [
            train_in_parts(cells, variant, part, seed, progress, device, checkpoints)
            for part in parts
        ]
    )


def joined(parts: list[Training]) -> Training:
    """Return several trainings, on the CPU, as that of one stack."""
    return Training(
        Networks.joined([part.networks for part in parts]),
        [losses for part in parts for losses in part.losses],
        [reason for part in parts for reason in part.diverged],
        torch.cat([part.criterion for part in parts]),
        sum(part.seconds for part in parts),
    )
