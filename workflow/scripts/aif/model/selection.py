"""The choice of the epoch whose parameters a training ends with."""

from __future__ import annotations

import torch
from torch import Tensor

from aif.model.checkpoint import State
from aif.model.networks import Networks


class Selection:
    """The best epoch of each model so far, and its parameters.

    The criterion is Σ c_k f_k L_k with the signed coefficients c_k and frozen weights f_k.
    """

    def __init__(self, networks: Networks, coefficients: Tensor) -> None:
        self.networks, self.coefficients = networks, coefficients
        self.state = {name: value.clone() for name, value in networks.state_dict().items()}
        self.loss = torch.full((networks.n_models,), torch.inf)
        self.epoch = torch.full((networks.n_models,), -1)
        self.offered: list[Tensor] = []

    def offer(self, epoch: int, terms: Tensor, weights: Tensor) -> None:
        """Keep the current parameters of those models whose criterion is their lowest so far."""
        losses = (self.coefficients * weights * terms).sum(-1)
        self.offered.append(losses)
        better = losses < self.loss
        if not better.any():
            return
        self.loss = torch.where(better, losses, self.loss)
        self.epoch[better] = epoch
        for name, value in self.networks.state_dict().items():
            self.state[name][better.to(value.device)] = value[better.to(value.device)]

    def kept(self) -> State:
        """Return what has been found so far."""
        names = ("state", "loss", "epoch", "offered")
        return {name: getattr(self, name) for name in names}

    def restore(self, kept: State) -> None:
        """Go on from what was found before."""
        device = next(iter(self.state.values())).device
        self.state = {name: value.to(device) for name, value in kept["state"].items()}
        self.loss, self.epoch, self.offered = kept["loss"], kept["epoch"], kept["offered"]

    def padded(self, epochs: int) -> list[list[float]]:
        """Return the criterion of every epoch and model, NaN before the selection starts."""
        missing = [[float("nan")] * len(self.loss)] * (epochs - len(self.offered))
        return missing + [losses.tolist() for losses in self.offered]
