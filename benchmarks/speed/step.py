"""Seconds per training step of one contender: ours, the reference, or the floor.

Each contender is measured in a process of its own, so that none inherits another's allocator, threads or
autograd settings.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import torch
from floor import Floor

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.model.cells import Cells
from aif.model.networks import Shape
from aif.model.numerics import prepare_for_training
from aif.model.training import train

MINIBATCH = 32
VARIANT = Variant("norm_log", "relative", projection=True)


def main() -> None:
    """Print the seconds per step that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", help="ours, reference or floor; ours_bfloat16, floor_bfloat16")
    parser.add_argument("--cells", type=int, required=True)
    parser.add_argument("--genes", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--hidden", type=int, default=800, help="of ours and the floor")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cells = simulated(options.cells, options.genes)
    bfloat16 = options.contender.endswith("bfloat16")
    if options.contender == "reference":
        seconds = reference(cells, options.epochs)
    elif options.contender.startswith("floor"):
        seconds = floor(cells, options.epochs, options.hidden, bfloat16)
    else:
        prepare_for_training(options.threads)
        seconds = ours(cells, options.epochs, options.hidden, bfloat16)
    print(seconds)


def simulated(cells: int, genes: int) -> ad.AnnData:
    """Return logarithms of Poisson counts of two batches; what they are does not matter here."""
    rng = np.random.default_rng(0)
    x = np.log1p(rng.poisson(rng.gamma(1, 1, genes), (cells, genes))).astype(np.float32)
    obs = pd.DataFrame({"batch": np.arange(cells) % 2, "cell_type": "any"}).astype("category")
    obs.index = obs.index.astype(str)
    return ad.AnnData(x, obs)


def ours(cells: ad.AnnData, epochs: int, hidden: int, bfloat16: bool) -> float:
    """Return what a step takes, between the ends of the first epoch and of the last."""
    model = Hyperparameters(
        alpha=0.05, rho=0.5, beta=0.05, delta=0.1, gamma=0.5, mu=0.1,
        hidden=hidden, epochs=epochs + 1, min_steps=0, minibatch_size=MINIBATCH, bfloat16=bfloat16,
    )  # fmt: skip
    ends: list[float] = []
    codes = torch.tensor(cells.obs["batch"].cat.codes.to_numpy(), dtype=torch.int64)
    train(
        Cells.without_covariates(torch.from_numpy(cells.X), codes, 2),
        VARIANT,
        [model],
        seed=0,
        progress=lambda *_: ends.append(time.perf_counter()),
    )
    return (ends[-1] - ends[0]) / (epochs * model.steps_per_epoch(cells.n_obs))


def reference(cells: ad.AnnData, epochs: int) -> float:
    """Return what a step of the reference takes."""
    from reference import Reference

    with tempfile.TemporaryDirectory() as folder:
        return Reference(cells, Path(folder)).seconds_per_step(epochs)


def floor(cells: ad.AnnData, epochs: int, hidden: int, bfloat16: bool) -> float:
    """Return what the floor of a step takes."""
    dtype = torch.bfloat16 if bfloat16 else torch.float32
    shape = Shape(cells.n_vars, batches=2, latent=100, hidden=hidden, label_hidden=128)
    step = Floor(shape, MINIBATCH, VARIANT.projection, dtype)
    for _ in range(3):
        step()
    steps = epochs * (cells.n_obs // MINIBATCH)
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


if __name__ == "__main__":
    main()
