"""The training loop: from cells and a seed to the best epoch's networks and a table of losses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.model.batch_weights import BatchWeights
from aif.model.cells import Cells
from aif.model.checkpoint import Checkpoint, State
from aif.model.gradients import set_gradients
from aif.model.losses import SIGNS, TERMS, StepLosses, step_losses
from aif.model.minibatch import Minibatch, draw_minibatch
from aif.model.networks import Networks, Shape
from aif.model.population import set_population_statistics
from aif.model.selection import Selection
from aif.model.weighting import ADAPTIVE, STRATEGIES, Setting

# The columns of a course of losses.
COURSE = (
    *("epoch", *TERMS, "dis", *(f"weight_{term}" for term in TERMS)),
    *("learning_rate", "selection_loss", "selected"),
)

# Called after every epoch with (epoch, epochs, {term: value of the first model}).
Progress = Callable[[int, int, dict[str, float]], None]


@dataclass(frozen=True)
class Training:
    """The outcome of one stack.

    Attributes
    ----------
    networks
        With the parameters of each model's chosen epoch, in evaluation mode.
    losses
        One table per model with COURSE, a row per epoch: every unweighted term, the weights, and
        whether the epoch was `selected`.
    diverged
        One entry per model: why it diverged, or an empty string.
    criterion
        (M, terms), what the terms are multiplied with in the selection loss.
    seconds
        What it took, with what was done before it was interrupted.
    """

    networks: Networks
    losses: list[pd.DataFrame]
    diverged: list[str]
    criterion: Tensor
    seconds: float


def train(
    cells: Cells,
    variant: Variant,
    stack: list[Hyperparameters],
    seed: int,
    progress: Progress = lambda epoch, epochs, losses: None,
    checkpoint: Checkpoint | None = None,
) -> Training:
    """Train a stack of models, one per set of hyperparameters, all from the same seed.

    Parameters
    ----------
    cells
        The cells, on the device to train on.
    variant
        The traits that all models share.
    stack
        Each model's hyperparameters. They may differ in the coefficients only.
    seed
        Seeds initial weights, shuffling and noise, so that a model's random numbers do not
        depend on the stack it stands in.
    progress
        Told of every epoch.
    checkpoint
        Where the training goes on from and keeps its state; without it, it starts at the first epoch.
    """
    return _Trainer(cells, variant, stack, seed).run(progress, checkpoint)


class _Trainer:
    """The state of a training: networks, optimisers, random numbers and the history of losses."""

    def __init__(
        self, cells: Cells, variant: Variant, stack: list[Hyperparameters], seed: int
    ) -> None:
        device = cells.x.device
        self.n_cells, n_genes = cells.x.shape
        self.cells, self.variant, self.shared = cells, variant, stack[0].fitted(self.n_cells)
        self.epochs = self.shared.n_epochs(self.n_cells)
        shape = Shape(
            n_genes,
            cells.n_batches,
            self.shared.latent,
            self.shared.hidden,
            self.shared.label_hidden,
            cells.covariates.shape[1],
        )
        self.networks = Networks(shape, len(stack), seed).to(device)
        self.optimisers = self._optimisers()
        self.coefficients = torch.tensor(
            [[SIGNS[k] * h.coefficients(variant)[k] for k in TERMS] for h in stack]
        )
        self.batch_weights = BatchWeights.of(cells.batch, cells.n_batches, variant.weighted_ce)
        self.shuffling = torch.Generator().manual_seed(seed)
        self.noise = torch.Generator(device).manual_seed(seed)
        self.history = torch.zeros(self.epochs, len(stack), len(TERMS) + 1)
        self.weights = torch.zeros(self.epochs, len(stack), len(TERMS))
        self.learning_rates = torch.zeros(self.epochs, dtype=torch.float64)
        self.best = Selection(self.networks, self.coefficients)
        self.start, self.seconds_before = time.perf_counter(), 0.0

    def _optimisers(self) -> dict[str, torch.optim.Adam]:
        shared, networks = self.shared, self.networks
        groups = {
            "autoencoder": (networks.autoencoder_parameters(), None),
            "auxiliary": (list(networks.auxiliary.parameters()), shared.learning_rate_aux),
            "discriminator": (list(networks.discriminator.parameters()), shared.learning_rate_dis),
        }
        return {
            name: torch.optim.Adam(
                parameters, lr=rate or shared.learning_rate, betas=shared.betas, fused=True
            )
            for name, (parameters, rate) in groups.items()
        }

    def run(self, progress: Progress, checkpoint: Checkpoint | None) -> Training:
        done = self._restore(checkpoint.read() if checkpoint else None)
        self.networks.train()
        for epoch in range(done, self.epochs):
            self.weights[epoch] = self._epoch_weights(epoch)
            self.learning_rates[epoch] = self._set_learning_rate(epoch)
            self.history[epoch] = self._run_epoch(epoch).cpu()
            if epoch >= self._selection_start():
                self.best.offer(epoch, self.history[epoch, :, :-1], self._selection_weights())
            first = dict(zip([*TERMS, "dis"], self.history[epoch, 0].tolist(), strict=True))
            progress(epoch + 1, self.epochs, first)
            if checkpoint:
                checkpoint.offer(partial(self._state, epoch + 1))
        self.networks.load_state_dict(self.best.state)
        set_population_statistics(self.networks, self.cells, self.noise)
        models = range(self.networks.n_models)
        return Training(
            self.networks.eval(),
            [self._loss_table(model, self.best) for model in models],
            [self._divergence(model) for model in models],
            self.coefficients * self._selection_weights(),
            self._seconds(),
        )

    def _seconds(self) -> float:
        return self.seconds_before + time.perf_counter() - self.start

    def _state(self, epoch: int) -> State:
        """Return all that the epochs after `epoch` depend on."""
        return {
            "epoch": epoch,
            "seconds": self._seconds(),
            "networks": self.networks.state_dict(),
            "optimisers": {name: adam.state_dict() for name, adam in self.optimisers.items()},
            "shuffling": self.shuffling.get_state(),
            "noise": self.noise.get_state(),
            "history": self.history,
            "weights": self.weights,
            "learning_rates": self.learning_rates,
            "best": self.best.kept(),
        }

    def _restore(self, state: State | None) -> int:
        """Take over a state and return how many epochs are done."""
        if state is None:
            return 0
        self.seconds_before = state["seconds"]
        self.networks.load_state_dict(state["networks"])
        for name, adam in self.optimisers.items():
            adam.load_state_dict(state["optimisers"][name])
        self.shuffling.set_state(state["shuffling"])
        self.noise.set_state(state["noise"])
        self.history, self.weights = state["history"], state["weights"]
        self.learning_rates = state["learning_rates"]
        self.best.restore(state["best"])
        return state["epoch"]

    def _run_epoch(self, epoch: int) -> Tensor:
        """Step through the epoch's cells once; return their mean losses, (M, terms + dis)."""
        update_critics = not self.variant.delayed or epoch % self.shared.update_every == 0
        signed = (self.coefficients * self.weights[epoch]).to(self.cells.x.device)
        total = torch.zeros_like(self.history[0], device=self.cells.x.device)
        order = torch.randperm(self.n_cells, generator=self.shuffling).to(self.cells.x.device)
        order = order[: self.shared.cells_per_epoch(self.n_cells)]
        for rows in order.tensor_split(self.shared.steps_per_epoch(self.n_cells)):
            minibatch = draw_minibatch(
                *(self.cells, rows, self.batch_weights),
                *(self.shared.latent, self.noise, self.shared.dropout),
            )
            losses = self._losses(minibatch)
            self._step(losses, signed, update_critics)
            total += losses.all.detach() * len(rows)
        return total / len(order)

    def _losses(self, minibatch: Minibatch) -> StepLosses:
        kind, enabled = self.cells.x.device.type, self.shared.bfloat16
        with torch.autocast(kind, torch.bfloat16, enabled=enabled):
            return step_losses(self.networks, minibatch, with_projection=self.variant.projection)

    def _step(self, losses: StepLosses, signed: Tensor, update_critics: bool) -> None:
        """Take one Adam step per optimiser, all gradients being from before the step."""
        set_gradients(self.networks, losses, signed, self.variant.adversary, update_critics)
        for name, optimiser in self.optimisers.items():
            if update_critics or name == "autoencoder":
                optimiser.step()

    def _epoch_weights(self, epoch: int) -> Tensor:
        shared = self.shared
        setting = Setting(
            shared.dynamic_ratio, shared.weight_bounds, self.cells.x.shape[1], shared.latent
        )
        return STRATEGIES[self.variant.weighting](self.history[:epoch, :, :-1], setting)

    def _set_learning_rate(self, epoch: int) -> float:
        rate, start = self.shared.learning_rate, int(self.shared.decay_start * self.epochs)
        if self.variant.decay and epoch >= start:
            rate *= self.shared.decay_rate ** (epoch - start)
        annealed = int(self.shared.anneal_start * self.epochs)
        if self.variant.anneal and epoch >= annealed:
            rate *= (self.epochs - epoch) / (self.epochs - annealed)
        self.optimisers["autoencoder"].param_groups[0]["lr"] = rate
        return rate

    def _selection_start(self) -> int:
        return int(self.shared.selection_start * self.epochs)

    def _selection_weights(self) -> Tensor:
        """Return f_k: adaptive weights frozen at the start of the selection, or ones."""
        if self.variant.weighting in ADAPTIVE:
            return self.weights[self._selection_start()]
        return torch.ones_like(self.weights[0])

    def _loss_table(self, model: int, best: Selection) -> pd.DataFrame:
        terms = pd.DataFrame(self.history[:, model].numpy(), columns=[*TERMS, "dis"])
        for unused in self.variant.unused_terms():
            terms[unused] = np.nan
        weights = pd.DataFrame(
            self.weights[:, model].numpy(), columns=[f"weight_{term}" for term in TERMS]
        )
        table = pd.concat([terms, weights], axis=1).astype(float)
        table.insert(0, "epoch", np.arange(1, self.epochs + 1))
        table["learning_rate"] = self.learning_rates.numpy()
        table["selection_loss"] = [losses[model] for losses in best.padded(self.epochs)]
        table["selected"] = np.arange(self.epochs) == best.epoch[model].item()
        return table[list(COURSE)]

    def _divergence(self, model: int) -> str:
        """Return which losses stopped to be finite and when, or an empty string."""
        broken = ~self.history[:, model].isfinite().numpy()
        if not broken.any():
            return ""
        epoch = broken.any(axis=1).argmax()
        names = ", ".join(np.array([*TERMS, "dis"])[broken[epoch]])
        return f"not finite in epoch {epoch + 1}: {names}; lower learning_rate or the coefficients"
