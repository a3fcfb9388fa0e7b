"""The hyperparameters of a training, what they do in a variant, and how they stand in tables."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from annotated_types import Ge, Gt, Le, Lt, Predicate

from aif.config.variants import Adversary, Variant

Positive = Annotated[float, Gt(0), Lt(math.inf)]
Weight = Annotated[float, Ge(0), Lt(math.inf)]
Share = Annotated[float, Ge(0), Le(1)]
LARGEST_MINIBATCH = 512  # of those that grow with the cells


def lower_bound_first(bounds: tuple[float, float]) -> bool:
    """Return whether two bounds stand in their order."""
    return bounds[0] <= bounds[1]


Bounds = Annotated[tuple[Positive, Positive], Predicate(lower_bound_first)]


@dataclass(frozen=True)
class Hyperparameters:
    """Everything else about a training.

    Attributes
    ----------
    alpha
        Coefficient of kl. That of rec, the reconstruction error, is 1.
    rho
        Coefficient of class.
    beta
        Coefficient of class_rec.
    delta
        Coefficient of gan.
    gamma
        Coefficient of aux or log_aux: how strongly the batch is driven out of the latent space.
    mu
        Coefficient of proj, in variants with projection.
    epochs
        Passes over all cells. If it is set without `min_steps`, exactly this many are made.
    min_steps
        The training goes on after `epochs` until it has taken this many steps.
    max_steps
        A training of `epochs` that would take more steps than this takes larger minibatches, of up to
        512 cells, with learning rates that grow with their root; where that is not enough, an epoch
        sees a part of the cells, drawn anew each time. 0 is no limit, and so are `epochs` or
        `minibatch_size` that are set without it. See `fitted`.
    minibatch_size
        Cells per step; the last minibatches of an epoch share what is left.
    learning_rate
        Adam's, of encoder and decoder.
    learning_rate_aux
        Adam's, of the auxiliary network; without it `learning_rate`.
    learning_rate_dis
        Adam's, of the discriminator; without it `learning_rate`.
    betas
        Adam's, of all networks.
    dynamic_ratio
        For relative and likelihood weights: the share of the most recent epochs whose median losses
        set the weights.
    weight_bounds
        Of relative weights: the smallest and the largest.
    update_every
        Of delayed variants: auxiliary network and discriminator learn in every so many-th epoch.
    decay_rate
        Of decaying variants: the factor of the learning rate per epoch.
    decay_start
        Of decaying variants: the share of epochs after which it starts.
    anneal_start
        Of annealing variants: the share of epochs after which the learning rate falls.
    selection_start
        The share of epochs from which the epoch to keep is chosen.
    residual
        Of shifting variants: the share of a cell's residual that is kept.
    local
        Of shifting variants: the weight of the cell's own shift against that of its batch.
    tolerance
        Of shifting variants: a cell whose own shift is this far from the mean shift of its batch, in
        lengths of such mean shifts, follows its own by half of `local` only, and a cell that is
        farther soon not at all. Without it no distance counts.
    likeness
        Of shifting variants: a cell follows its own shift towards another batch by half only, if the
        cells there that are nearest to it are no more like it than this (1 is as like as those of its
        own type), and soon not at all if they are less. Without it all batches count.
    slope_bounds
        Of shifting variants: between what a gene's decode is stretched to fit the data.
    embedding_residual
        Of shifting variants whose embedding is of `components`: the share of a cell's residual that is
        kept in the expression that these are of.
    latent
        Dimensions of the latent space.
    dropout
        The share of a cell's genes, drawn anew in every step, that the encoder does not see, so that it
        cannot learn single cells by heart.
    hidden
        Units of each hidden layer.
    label_hidden
        Units of the hidden layer of the label branch.
    bfloat16
        Multiply matrices in bfloat16 while training; parameters and all else stay float32. A
        processor needs AVX-512 for it, or it takes ten times as long.
    """

    alpha: Weight
    rho: Weight
    beta: Weight
    delta: Weight
    gamma: Weight
    mu: Weight = 0.0
    epochs: Annotated[int, Ge(1)] = 40
    min_steps: Annotated[int, Ge(0)] = 1500
    max_steps: Annotated[int, Ge(0)] = 0
    minibatch_size: Annotated[int, Ge(2)] = 32
    learning_rate: Positive = 1e-3
    learning_rate_aux: Positive | None = None
    learning_rate_dis: Positive | None = None
    betas: tuple[Annotated[float, Ge(0), Lt(1)], Annotated[float, Ge(0), Lt(1)]] = (0.9, 0.99)
    dynamic_ratio: Share = 0.1
    weight_bounds: Bounds = (0.1, 10.0)
    update_every: Annotated[int, Ge(1)] = 2
    decay_rate: Share = 0.999
    decay_start: Share = 0.2
    anneal_start: Annotated[float, Ge(0), Lt(1)] = 0.5
    selection_start: Annotated[float, Ge(0), Lt(1)] = 0.9
    residual: Share = 0.5
    local: Share = 0.5
    tolerance: Positive | None = None
    likeness: Annotated[float, Gt(0), Le(1)] | None = None
    slope_bounds: Bounds = (0.8, 1.25)
    embedding_residual: Share = 0.7
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    latent: Annotated[int, Ge(1)] = 100
    hidden: Annotated[int, Ge(1)] = 400
    label_hidden: Annotated[int, Ge(1)] = 128
    bfloat16: bool = False

    def coefficients(self, variant: Variant) -> dict[str, float]:
        """Return the unsigned coefficient of every loss term in `variant`."""
        return {
            "rec": 1.0,
            "kl": self.alpha,
            "class": self.rho,
            "class_rec": self.beta,
            "gan": self.delta,
            **dict.fromkeys(get_args(Adversary), 0.0),
            variant.adversary: self.gamma,
            "proj": self.mu if variant.projection else 0.0,
        }

    def fitted(self, n_cells: int) -> Hyperparameters:
        """Return what a training on `n_cells` cells takes so that it keeps to `max_steps`.

        Learning rates grow with the root of the minibatch, so that steps of Adam are as noisy as before
        (Malladi et al. 2022, arXiv 2205.10287, square root scaling rule).
        """
        steps = self._most_steps_per_epoch()
        if math.ceil(n_cells / self.minibatch_size) <= steps:
            return self
        size = max(self.minibatch_size, min(math.ceil(n_cells / steps), LARGEST_MINIBATCH))
        larger = math.sqrt(size / self.minibatch_size)
        rates = ("learning_rate", "learning_rate_aux", "learning_rate_dis")
        own = {name: getattr(self, name) for name in rates}
        scaled = {name: rate * larger for name, rate in own.items() if rate is not None}
        return dataclasses.replace(self, minibatch_size=size, **scaled)

    def _most_steps_per_epoch(self) -> float:
        return max(1, self.max_steps // self.epochs) if self.max_steps else math.inf

    def n_epochs(self, n_cells: int) -> int:
        """Return the epochs of a training on `n_cells` cells."""
        wanted = min(self.min_steps, self.max_steps or self.min_steps)
        return max(self.epochs, math.ceil(wanted / self.steps_per_epoch(n_cells)))

    def cells_per_epoch(self, n_cells: int) -> int:
        """Return how many of `n_cells` cells an epoch sees, all but where there are very many."""
        return int(min(n_cells, self._most_steps_per_epoch() * self.minibatch_size))

    def shortened(self, share: float, n_cells: int) -> Hyperparameters:
        """Return those of a training with a share of the epochs, one at least.

        It is a whole small training: what depends on the epochs goes by the fewer ones.
        """
        if share == 1:
            return self
        fitted = self.fitted(n_cells)
        epochs = max(1, round(share * fitted.n_epochs(n_cells)))
        most = epochs * fitted._most_steps_per_epoch() if self.max_steps else 0
        return dataclasses.replace(fitted, epochs=epochs, min_steps=0, max_steps=most)

    def steps_per_epoch(self, n_cells: int) -> int:
        """Return the minibatches per epoch: sizes differ by one cell at most, none has one cell."""
        seen = self.cells_per_epoch(n_cells)
        return max(1, min(math.ceil(seen / self.minibatch_size), seen // 2))


NAMES = tuple(field.name for field in dataclasses.fields(Hyperparameters))
# Traits and hyperparameters that shape the correction and not the training.
OF_CORRECTION = (
    *("shift", "nonnegative", "embedding"),
    *("residual", "local", "tolerance", "likeness", "slope_bounds", "embedding_residual"),
)
COEFFICIENTS = ("alpha", "rho", "beta", "delta", "gamma", "mu")


def key_of(stack: Iterable[Hyperparameters]) -> str:
    """Return a short hash of one or several models' hyperparameters."""
    content = json.dumps([dataclasses.asdict(model) for model in stack])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def plain(model: Hyperparameters) -> dict[str, Any]:
    """Return hyperparameters as values that stand in one column of a table each."""
    return {
        name: json.dumps(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(model).items()
    }


def hyperparameters_of(row: dict[str, Any]) -> Hyperparameters:
    """Return the hyperparameters in a row of a table, as `plain` wrote them."""
    values = {name: row[name] for name in NAMES}
    values = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }
    parsed = {
        name: tuple(json.loads(value)) if isinstance(value, str) else value
        for name, value in values.items()
    }
    return Hyperparameters(**parsed)


def completed(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return a variant's defaults with values that users give.

    Epochs that they give are just so many, and so are minibatches: limits of steps that they do not give do
    not count then.
    """
    known = {**defaults, **own}
    if "epochs" in own and "min_steps" not in own:
        known["min_steps"] = 0
    if own.keys() & {"epochs", "minibatch_size"} and "max_steps" not in own:
        known["max_steps"] = 0
    return known


def without_effect(variant: Variant) -> set[str]:
    """Return the hyperparameters that do nothing in `variant`."""
    depends_on = {
        "mu": variant.projection,
        "dynamic_ratio": variant.weighting in ("relative", "likelihood"),
        "weight_bounds": variant.weighting == "relative",
        "update_every": variant.delayed,
        "decay_rate": variant.decay,
        "decay_start": variant.decay,
        "anneal_start": variant.anneal,
        "residual": variant.shift,
        "local": variant.shift,
        "tolerance": variant.shift,
        "likeness": variant.shift,
        "slope_bounds": variant.shift,
        "embedding_residual": variant.shift and variant.embedding == "components",
    }
    return {name for name, has_effect in depends_on.items() if not has_effect}


def training_of(variant: Variant, model: Hyperparameters) -> dict[str, Any]:
    """Return the traits and hyperparameters that shape a training; equal ones give the same model."""
    both = dataclasses.asdict(variant) | dataclasses.asdict(model)
    return {name: value for name, value in both.items() if name not in OF_CORRECTION}
