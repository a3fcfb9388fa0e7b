"""Decoding: every cell as if it came from the same batch, the published correction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aif.networks import Networks

CHUNK = 512


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
def decodes(
    networks: Networks, x: Tensor, labels: Tensor, n_samplings: int, seed: int, chunk: int = CHUNK
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield every cell's decode under each of several labels, and its latent mean, chunk by chunk.

    A cell's draws of z are taken from one stream in the order of the cells, so the chunk size does
    not change them.

    Parameters
    ----------
    networks
        One trained model (a stack of one) in evaluation mode.
    x
        (n, G), expression in the units of the model.
    labels
        (L, b), the labels to decode with.
    n_samplings
        Draws of z per cell over which the decodes are averaged; 0 decodes μ itself.
    seed
        Seeds the draws.
    chunk
        Cells per pass.

    Yields
    ------
    (L, cells, G) decodes in the units of the model, and (cells, d) latent means μ
    """
    draws = np.random.default_rng(seed)
    for part in x.split(chunk):
        mean, log_var = (output[0] for output in networks.encoder(part[None]))
        deviation = torch.exp(0.5 * log_var)
        noise = torch.zeros(len(part), 1, mean.shape[1])
        if n_samplings:
            shape = (len(part), n_samplings, mean.shape[1])
            noise = torch.from_numpy(draws.standard_normal(shape, dtype=np.float32))
        noise = noise.to(x.device)
        decoded = torch.zeros(len(labels), *part.shape, device=x.device)
        for draw in noise.unbind(1):
            z = mean + deviation * draw
            for i, label in enumerate(labels.to(x.device)):
                decoded[i] += networks.decoder(label.expand(1, len(part), -1), z[None])[0]
        yield decoded / noise.shape[1], mean


def correct(
    networks: Networks, x: Tensor, target: Target, n_samplings: int, seed: int, chunk: int = CHUNK
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield corrected expression and latent means, chunk by chunk.

    Parameters
    ----------
    target
        The labels to decode with.
    networks, x, n_samplings, seed, chunk
        As in `decodes`.

    Yields
    ------
    (cells, G) corrected expression in the units of the model, and (cells, d) latent means μ
    """
    weights = target.weights.to(x.device)
    for decoded, mean in decodes(networks, x, target.labels, n_samplings, seed, chunk):
        yield torch.tensordot(weights, decoded, 1).cpu().numpy(), mean.cpu().numpy()


def corrected_expression(
    networks: Networks,
    expression: np.ndarray,
    scale: np.ndarray,
    target: Target,
    n_samplings: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the corrected expression (n, G) in its own units, and the latent means (n, d).

    Parameters
    ----------
    expression
        (n, G), in the units of the variant's input.
    scale
        (G,), the units of the model.
    networks, target, n_samplings, seed
        As in `correct`.
    """
    x = torch.from_numpy(expression / scale)
    parts = list(correct(networks, x, target, n_samplings, seed))
    corrected, latent = (np.concatenate(part) for part in zip(*parts, strict=True))
    return corrected * scale, latent
