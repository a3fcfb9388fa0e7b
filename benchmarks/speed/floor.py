"""The floor of a training step: its matrix products and Adam's traffic, with nothing between them."""

from __future__ import annotations

import torch

from aif.model.networks import Networks, Shape


def products(shape: Shape, cells: int, projection: bool) -> list[tuple[int, int, int]]:
    """Return the (rows, inner, columns) of all matrix products that one step cannot do without.

    Parameters
    ----------
    shape
        Sizes of the networks.
    cells
        B, the cells of a minibatch.
    projection
        Whether the decoder also decodes for the projection term.
    """
    genes, hidden, latent, batches = shape.genes, shape.hidden, shape.latent, shape.batches
    label, decodes, judged = shape.label_hidden, (4 if projection else 2) * cells, 3 * cells
    layers = {
        # (rows, inputs, outputs): whether the gradient of the inputs is needed too
        "encoder": [
            (cells, genes, hidden, False),
            (cells, hidden, hidden, True),
            (cells, hidden, 2 * latent, True),
        ],
        "label": [(cells, genes, label, False), (cells, label, batches, True)],
        "label of the decode": [(cells, genes, label, True), (cells, label, batches, True)],
        "decoder": [
            (decodes, batches + latent, hidden, True),
            (decodes, hidden, hidden, True),
            (decodes, hidden, genes, True),
        ],
        "auxiliary": [
            (cells, latent, hidden, True),
            (cells, hidden, hidden, True),
            (cells, hidden, batches, True),
        ],
        "discriminator": [
            (judged, genes, hidden, False),
            (judged, hidden, hidden, True),
            (judged, hidden, 1, True),
        ],
    }
    # What the discriminator says of x̂ and x_prior goes back to the decoder, of x it does not.
    found = [(2 * cells, hidden, genes)]
    for rows, inputs, outputs, passed_on in (layer for part in layers.values() for layer in part):
        found += [(rows, inputs, outputs), (inputs, rows, outputs)]
        found += [(rows, outputs, inputs)] if passed_on else []
    return found


class Floor:
    """One step of the floor, ready to run.

    Parameters
    ----------
    shape, cells, projection
        As in `products`.
    dtype
        Of the products; Adam's numbers are float32 in any case.
    """

    def __init__(self, shape: Shape, cells: int, projection: bool, dtype: torch.dtype) -> None:
        self.factors = [
            (torch.rand(rows, inner, dtype=dtype), torch.rand(inner, columns, dtype=dtype))
            for rows, inner, columns in products(shape, cells, projection)
        ]
        self.results = [left @ right for left, right in self.factors]
        networks = Networks(shape, seed=0)
        self.adam = torch.optim.Adam(networks.parameters(), fused=True)
        for parameter in networks.parameters():
            parameter.grad = torch.rand_like(parameter)

    def __call__(self) -> None:
        for (left, right), result in zip(self.factors, self.results, strict=True):
            torch.mm(left, right, out=result)
        self.adam.step()
