"""BatchNorm statistics of a trained stack, over all cells and from the real passes only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from aif.model.cells import Cells
from aif.model.expression import SparseExpression
from aif.model.networks import CellNorm, HiddenLayers, Networks

CHUNK = 2048


@torch.no_grad()
def set_population_statistics(
    networks: Networks, cells: Cells, noise: torch.Generator, chunk: int = CHUNK
) -> None:
    """Give every CellNorm the mean and variance over all cells: of x in E, of x̂ in D.

    Parameters
    ----------
    networks
        The trained stack; its norms are set in place and it is left in evaluation mode.
    cells
        All cells.
    noise
        Draws the cells' z = μ + σ·ε once.
    chunk
        Cells per pass; the result does not depend on it beyond rounding.
    """
    networks.eval()
    device = cells.x.device

    def chunks(values: Tensor | SparseExpression) -> Iterator[Tensor]:
        return (part.expand(networks.n_models, -1, -1) for part in values.split(chunk))

    _set_statistics(networks.encoder.trunk, lambda: chunks(cells.x))
    inputs = []
    for part, covariates in zip(chunks(cells.x), chunks(cells.covariates), strict=True):
        mean, log_var = networks.encoder(part)
        draw = torch.randn(mean.shape[1:], generator=noise, device=device)
        label = networks.encoder.batch_logits(part).softmax(-1)
        z = mean + torch.exp(0.5 * log_var) * draw
        # Of many cells and models these would take more of a card than the cells themselves.
        inputs.append(torch.cat([label, covariates, z], -1).cpu())
    _set_statistics(networks.decoder.trunk, lambda: (part.to(device) for part in inputs))


def _set_statistics(trunk: HiddenLayers, inputs: Callable[[], Iterator[Tensor]]) -> None:
    """Set the trunk's norms from its first layer on, each after those before it."""
    for depth, norm in enumerate(trunk.norms):
        count, total, squares = 0, 0.0, 0.0
        for part in inputs():
            values = _before_norm(trunk, part, depth).double()
            count += values.shape[1]
            total = total + values.sum(1, keepdim=True)
            squares = squares + values.square().sum(1, keepdim=True)
        _assign(norm, total / count, squares / count)


def _before_norm(trunk: HiddenLayers, x: Tensor, depth: int) -> Tensor:
    for linear, norm in list(zip(trunk.linears, trunk.norms, strict=True))[:depth]:
        x = torch.relu(norm(linear(x)))
    return trunk.linears[depth](x)


def _assign(norm: CellNorm, mean: Tensor, mean_square: Tensor) -> None:
    norm.mean.copy_(mean)
    norm.var.copy_((mean_square - mean.square()).clamp_min(0))
