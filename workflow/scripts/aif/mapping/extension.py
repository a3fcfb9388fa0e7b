"""What a model lacks of new batches, trained with all else as it is: the columns of their labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from aif.mapping.new_cells import NewCells
from aif.model.losses import reconstruction
from aif.model.networks import Networks

LEARNING_RATE = 0.03
MINIBATCH = 64  # cells per step
POOL = 4096  # cells that are trained on; a label's column needs no more


def extended(
    networks: Networks, cells: NewCells, batch: np.ndarray, steps: int, seed: int
) -> Networks:
    """Return a model with a label for each new batch after those that it had.

    The weights that lead from the new labels into the decoder start as the mean of the others', and are
    trained for the least squared error of the new cells' decodes. The given model does not change, and no
    weight of an old label does in the new one.

    Parameters
    ----------
    networks
        One trained model (a stack of one) in evaluation mode.
    cells, batch
        New cells, and the index (n,) of each one's batch among the new ones.
    steps
        Minibatches to train on.
    seed
        Draws the cells, the minibatches and the noise of z.
    """
    known, new = networks.shape.batches, int(batch.max()) + 1
    wider = _with_labels(networks, new).requires_grad_(False)
    first = wider.decoder.trunk.linears[0].weight
    columns = first[:, known : known + new].clone().requires_grad_()
    of_latent = first[:, known + new :]
    adam = torch.optim.Adam([columns], lr=LEARNING_RATE)
    draws = torch.Generator().manual_seed(seed)
    pool = torch.randperm(len(batch), generator=draws)[:POOL]
    x = cells.rows(pool.numpy())
    labels = F.one_hot(torch.tensor(batch, dtype=torch.int64)[pool], new).float()
    with torch.no_grad():
        mean, log_var = networks.encoder(x[None])
    for _ in range(steps):
        rows = torch.randint(len(pool), (min(MINIBATCH, len(pool)),), generator=draws)
        noise = torch.randn(mean[:, rows].shape, generator=draws)
        z = mean[:, rows] + torch.exp(0.5 * log_var[:, rows]) * noise
        decoded = _decoded(wider, labels[None, rows] @ columns + z @ of_latent)
        loss = reconstruction(x[rows][:, ~cells.missing], decoded[..., ~cells.missing])
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
    first[:, known : known + new] = columns.detach()
    return wider


def _decoded(networks: Networks, first: Tensor) -> Tensor:
    """Return decodes of what the decoder's first layer gives, (1, cells, hidden)."""
    trunk = networks.decoder.trunk
    x = torch.relu(trunk.norms[0](first))
    for linear, norm in zip(trunk.linears[1:], trunk.norms[1:], strict=True):
        x = torch.relu(norm(linear(x)))
    return networks.decoder.out(x)


def _with_labels(networks: Networks, new: int) -> Networks:
    """Return a copy with more labels, whose weights in the decoder are the mean of the others'."""
    known = networks.shape.batches
    wider = Networks(replace(networks.shape, batches=known + new))
    state = networks.state_dict()
    for name, value in wider.state_dict().items():
        old = state[name]
        if value.shape == old.shape:
            value.copy_(old)
        elif name == "decoder.trunk.linears.0.weight":
            mean = old[:, :known].mean(1, keepdim=True).expand(-1, new, -1)
            value.copy_(torch.cat([old[:, :known], mean, old[:, known:]], 1))
        else:  # what tells batches apart is not asked about new ones
            value[..., :known] = old
    return wider.eval()
