"""Checkpoints: a training that was interrupted goes on where it was, and ends the same to the last bit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

import torch

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.job.files import atomic
from aif.model.cells import Cells
from aif.model.expression import CHUNK

State = dict[str, Any]


@dataclass(frozen=True)
class Checkpoints:
    """Where a job keeps the checkpoints of its trainings: hidden files beside its output.

    Snakemake removes the outputs of a job that was interrupted, but nothing that it does not know.

    Attributes
    ----------
    output
        The output of the job.
    code
        Stands for the code of the training, so that another code begins anew.
    seconds
        The least time between two checkpoints; 0 keeps one of every epoch.
    """

    output: Path
    code: str
    seconds: float

    @classmethod
    def of_rule(cls, snakemake: Any) -> Checkpoints:
        """Return those of the rule whose script this is."""
        seconds = snakemake.config["checkpoint_seconds"]
        return cls(Path(snakemake.output[0]), snakemake.params.code, seconds)

    def training(
        self, cells: Cells, variant: Variant, stack: list[Hyperparameters], seed: int, device: str
    ) -> Checkpoint:
        """Return the checkpoint of a training, whose name stands for all that determines it.

        The cells are on the CPU, `device` names the one to train on.
        """
        identity = hashlib.sha256()
        for part in cells.x.split(CHUNK):
            identity.update(part.numpy())
        identity.update(cells.batch.numpy())
        identity.update(cells.covariates.numpy())
        models = [dataclasses.asdict(model) for model in stack]
        computing = [torch.__version__, torch.get_num_threads(), device]
        known = cells.covariates.shape[1]
        settings = [self.code, dataclasses.asdict(variant), models, seed, computing, known]
        identity.update(json.dumps(settings).encode())
        name = f".{self.output.name}.{identity.hexdigest()[:16]}.checkpoint"
        return Checkpoint(self.output.with_name(name), self.seconds)

    def remove(self) -> None:
        """Remove those of all trainings of the job, and of others that wrote the same output."""
        for dots in (".", ".."):  # whole ones, and those that a killed process was about to write
            for path in self.output.parent.glob(f"{dots}{escape(self.output.name)}.*.checkpoint"):
                path.unlink(missing_ok=True)


class Checkpoint:
    """The state of one training on disk.

    Parameters
    ----------
    path
        The file.
    seconds
        The least time between two writes; 0 writes every state.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = path, seconds
        self.written, self.cost = time.monotonic(), 0.0
        self.log = logging.getLogger("aif")

    def read(self) -> State | None:
        """Return the state to go on from, None where there is none that can be read."""
        if not self.path.exists():
            return None
        try:
            state = torch.load(self.path, weights_only=True, map_location="cpu")
            self.log.info("going on after epoch %d", state["epoch"])
        except Exception as error:  # torch raises anything when a file is damaged
            self.log.warning("warning: %s cannot be read, training anew: %s", self.path, error)
            self.path.unlink()
            return None
        return state

    def offer(self, state: Callable[[], State]) -> None:
        """Write a state, if the last was written long enough ago. A full disk is no reason to stop.

        Large states are written less often, so that writing takes a twentieth of the time at most.
        """
        start = time.monotonic()
        if self.seconds and start - self.written < max(self.seconds, 20 * self.cost):
            return
        try:
            with atomic(self.path) as path, open(path, "wb") as file:
                torch.save(state(), file)
        except (OSError, RuntimeError) as error:
            self.log.warning("warning: no checkpoint is kept: %s", error)
        self.written = time.monotonic()
        self.cost = self.written - start
