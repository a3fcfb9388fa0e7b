"""Models per second of a stack beside those of one model at a time, on the GPU where there is one."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

import torch
from step import VARIANT, simulated

from aif.config.hyperparameters import Hyperparameters
from aif.model.cells import Cells
from aif.model.device import Device
from aif.model.numerics import prepare_for_training
from aif.model.training import Training, train

MODEL = Hyperparameters(
    alpha=0.05, rho=0.5, beta=0.05, delta=0.01, gamma=0.3, mu=0.05, epochs=4, min_steps=0
)


def main() -> None:
    """Print what a stack of so many models costs and how it agrees with single ones, as JSON."""
    models, n_cells, threads = map(int, sys.argv[1:])
    prepare_for_training(threads)
    device = Device.chosen()
    adata = simulated(n_cells, genes=2000)
    codes = torch.tensor(adata.obs["batch"].cat.codes.to_numpy(), dtype=torch.int64)
    cells = Cells.without_covariates(torch.from_numpy(adata.X), codes, 2).to(device.kind)
    stack = [replace(MODEL, gamma=0.1 + 0.01 * index) for index in range(models)]
    together, seconds = timed(cells, stack)
    memory = device.peak_memory_mb()
    alone, alone_seconds = timed(cells, stack[:1])
    found = {
        "device": device.name,
        "models": models,
        "single_ms": 1e3 * alone_seconds,
        "stacked_ms_per_model": 1e3 * seconds / models,
        "memory_mb_per_model": memory / models,
        "largest_relative_difference": difference(alone, together),
    }
    print(json.dumps(found))


def timed(cells: Cells, stack: list[Hyperparameters]) -> tuple[Training, float]:
    """Return a training and its seconds per step, between the ends of its first and last epoch."""
    ends: list[float] = []
    training = train(cells, VARIANT, stack, 0, lambda *_: ends.append(time.perf_counter()))
    steps = (len(ends) - 1) * MODEL.steps_per_epoch(len(cells.x))
    return training, (ends[-1] - ends[0]) / steps


def difference(alone: Training, together: Training) -> float:
    """Return by how much the first model's losses of the first epoch differ from its own alone.

    Later ones differ more, as rounding errors grow in an adversarial training.
    """
    first, same = (run.losses[0].iloc[0][["rec", "kl", "aux", "dis"]] for run in (alone, together))
    return float(((first - same).abs() / first.abs()).max())


if __name__ == "__main__":
    main()
