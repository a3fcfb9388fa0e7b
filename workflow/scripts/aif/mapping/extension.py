"""What a model lacks of new batches, trained with all else as it is: the columns of their labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from aif.mapping.new_cells import NewCells
from aif.model.losses import reconstruction
from aif.model.networks import Networks

LEARNING_RATE = 0.01
MINIBATCH = 128  # cells per step


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
        Draws these and the noise of z.
    """
    new = int(batch.max()) + 1
    wider = _with_labels(networks, new)
    own = wider.decoder.trunk.linears[0].weight
    places = slice(networks.shape.batches, networks.shape.batches + new)
    columns = own[0, places].detach().clone().requires_grad_()
    frozen = own.detach().clone()
    wider.requires_grad_(False)
    adam = torch.optim.Adam([columns], lr=LEARNING_RATE)
    draws = torch.Generator().manual_seed(seed)
    codes = torch.tensor(batch, dtype=torch.int64)
    for _ in range(steps):
        rows = torch.randint(len(codes), (min(MINIBATCH, len(codes)),), generator=draws)
        x = cells.rows(rows.numpy())
        mean, log_var = wider.encoder(x[None])
        z = mean + torch.exp(0.5 * log_var) * torch.randn(mean.shape, generator=draws)
        label = torch.nn.functional.one_hot(places.start + codes[rows], wider.shape.batches)
        inputs = torch.cat([label[None].float(), z], -1)
        weight = torch.cat([frozen[0, : places.start], columns, frozen[0, places.stop :]])
        decoded = _decoded(wider, inputs @ weight[None])
        error = (decoded - x)[..., ~cells.missing]
        adam.zero_grad()
        reconstruction(torch.zeros_like(error), error).sum().backward()
        adam.step()
    wider.decoder.trunk.linears[0].weight.data[0, places] = columns.detach()
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
    for (name, value), old in zip(
        wider.state_dict().items(), networks.state_dict().values(), strict=True
    ):
        if value.shape == old.shape:
            value.copy_(old)
        elif name == "decoder.trunk.linears.0.weight":
            mean = old[:, :known].mean(1, keepdim=True).expand(-1, new, -1)
            value.copy_(torch.cat([old[:, :known], mean, old[:, known:]], 1))
        else:  # what tells batches apart is not asked about new ones
            value[..., :known] = old
    return wider.eval()
