"""Decoding: every cell as if it came from the same batch, the published correction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aif.model.cells import SparseCells
from aif.model.networks import Networks

CHUNK = 512  # cells that are decoded, and written, at a time


class Part(NamedTuple):
    """Corrected cells.

    Attributes
    ----------
    expression
        (cells, G), corrected, in its own units; (cells, 0) where only latent means are made.
    latent
        (cells, d), latent means.
    smooth
        (cells, G), the same with less of the cells' noise, for an embedding.
    """

    expression: np.ndarray
    latent: np.ndarray
    smooth: np.ndarray


@dataclass(frozen=True)
class Target:
    """The labels y* to decode with; the decodes are averaged with their weights.

    Attributes
    ----------
    labels
        (L, b), rows that sum to 1.
    weights
        (L,), sum to 1.
    """

    labels: Tensor
    weights: Tensor


def correction_target(spec: str | dict[str, float], batches: list[str]) -> Target:
    """Return the target that a config names.

    Parameters
    ----------
    spec
        "mean": the mean over the decodes for all batches; a batch's name: that batch;
        {batch: share, other batch: share}: a point between batches, decoded as such.
    batches
        Names of all batches, in the model's order.

    Raises
    ------
    ValueError
        If a name is no batch of the data.
    """
    if spec == "mean":
        return Target(torch.eye(len(batches)), torch.full((len(batches),), 1 / len(batches)))
    shares = {spec: 1.0} if isinstance(spec, str) else spec
    unknown = sorted(set(shares) - set(batches))
    if unknown:
        raise ValueError(f"correction.target: no batch {unknown[0]!r}; batches are {batches}")
    label = torch.tensor([[float(shares.get(batch, 0)) for batch in batches]])
    return Target(label / label.sum(), torch.ones(1))


@torch.no_grad()
def hidden_decodes(
    networks: Networks,
    chunks: Iterable[tuple[Tensor, Tensor]],
    labels: Tensor,
    n_samplings: int,
    seed: int,
    chosen: Tensor | None = None,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield every cell, what its decodes under several labels are linear in, and its latent mean.

    `networks.decoder.decodes` makes decodes of it. Means over draws, labels or cells are best taken
    before that, as the output layer is most of the decoder's work. A cell's draws of z are taken from
    one stream in the order of the cells, so the sizes of the chunks do not change them.

    Parameters
    ----------
    networks
        One trained model (a stack of one) in evaluation mode.
    chunks
        (cells, G) expression in the units of the model and (cells, K) covariates, each.
    labels
        (L, b), the labels to decode with.
    n_samplings
        Draws of z per cell over which is averaged; 0 decodes μ itself.
    seed
        Seeds the draws.
    chosen
        (n,) bool, the cells that are decoded; the draws of the others are passed over. Without it all are.

    Yields
    ------
    For every chunk the expression of its cells, (L, cells, hidden) activations and (cells, d) latent means
    """
    draws, latent, done = np.random.default_rng(seed), networks.shape.latent, 0
    for x, covariates in chunks:
        noise = torch.zeros(len(x), 1, latent)
        if n_samplings:
            shape = (len(x), n_samplings, latent)
            noise = torch.from_numpy(draws.standard_normal(shape, dtype=np.float32))
        if chosen is not None:
            own = chosen[done : done + len(x)]
            done += len(x)
            x, covariates, noise = x[own], covariates[own], noise[own]
        mean, log_var = (output[0] for output in networks.encoder(x[None]))
        deviation = torch.exp(0.5 * log_var)
        hidden = torch.zeros(len(labels), len(x), networks.shape.hidden)
        for draw in noise.unbind(1):
            z = mean + deviation * draw
            for i, label in enumerate(labels):
                own = label.expand(1, len(x), -1), covariates[None], z[None]
                hidden[i] += networks.decoder.hidden(*own)[0]
        yield x, hidden / noise.shape[1], mean


def decoded_expression(
    networks: Networks,
    cells: SparseCells,
    target: Target,
    n_samplings: int,
    seed: int,
    chunk: int = CHUNK,
    chosen: Tensor | None = None,
) -> Iterator[Part]:
    """Yield corrected cells, one chunk after the other.

    Parameters
    ----------
    cells
        All cells.
    target
        The labels to decode with.
    chunk
        Cells at a time.
    networks, n_samplings, seed, chosen
        As in `hidden_decodes`.
    """
    drawn = (n_samplings, seed, chosen)
    for _, hidden, mean in hidden_decodes(networks, cells.chunks(chunk), target.labels, *drawn):
        decoded = networks.decoder.decodes(torch.tensordot(target.weights, hidden, 1))
        expression = decoded.numpy() * cells.scale
        yield Part(expression, mean.numpy(), smooth=expression)


def latent_parts(
    networks: Networks, cells: SparseCells, chosen: Tensor | None = None, chunk: int = CHUNK
) -> Iterator[Part]:
    """Yield latent means, one chunk of cells after the other, with no expression.

    Parameters
    ----------
    networks, chosen
        As in `hidden_decodes`.
    cells, chunk
        As in `decoded_expression`.
    """
    no_labels = torch.zeros(0, networks.shape.batches)
    for x, _, mean in hidden_decodes(networks, cells.chunks(chunk), no_labels, 0, 0, chosen):
        nothing = np.empty((len(x), 0), dtype=np.float32)
        yield Part(nothing, mean.numpy(), smooth=nothing)
