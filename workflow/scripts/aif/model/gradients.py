"""The gradients of one step, every network differentiated once."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

from aif.model.losses import TERMS, StepLosses
from aif.model.networks import Networks

# Terms whose gradient reaches E and D through a critic.
THROUGH_CRITICS = ("aux", "gan")
# A smaller gradient of C's logit on a fake would leave the range of float32 on its way back, and zero
# cannot be scaled to that of fooling C.
SMALLEST = 1e-26


def set_gradients(
    networks: Networks, losses: StepLosses, signed: Tensor, with_critics: bool
) -> None:
    """Give every parameter the gradient of its own objective (Monnier & Cournède 2024).

    E and D minimise Σ signed_k L_k, A its cross-entropy and C its own loss. The critics are
    differentiated once, for their own losses: what they pass back serves E and D too.

    Parameters
    ----------
    networks
        The M models that the losses are of.
    losses
        Of one step.
    signed
        (M, terms), the signed weights of the terms.
    with_critics
        Whether A and C are to learn; otherwise their gradients stay as they are.
    """
    weights = dict(zip(TERMS, signed.unbind(-1), strict=True))
    auxiliary, discriminator = (
        list(critic.parameters()) if with_critics else []
        for critic in (networks.auxiliary, networks.discriminator)
    )
    of_latent = _through_auxiliary(losses, auxiliary) * weights["aux"].view(-1, 1, 1)
    of_fakes = _through_discriminator(losses, discriminator, weights["gan"])
    direct = sum(
        (losses.by_term[name] * weights[name]).sum()
        for name in TERMS
        if name not in THROUGH_CRITICS
    )
    parameters = networks.autoencoder_parameters()
    gradients = torch.autograd.grad(
        [direct, losses.latent, losses.fakes], parameters, [None, of_latent, of_fakes]
    )
    _keep(parameters, gradients)


def _through_auxiliary(losses: StepLosses, parameters: list[Parameter]) -> Tensor:
    """Keep the gradients of A's parameters and return ∂aux/∂z."""
    loss = losses.by_term["aux"].sum()
    *gradients, of_latent = torch.autograd.grad(loss, [*parameters, losses.latent])
    _keep(parameters, gradients)
    return of_latent


def _through_discriminator(
    losses: StepLosses, parameters: list[Parameter], weight: Tensor
) -> Tensor:
    """Keep the gradients of C's parameters and return weight · ∂gan/∂fakes.

    C judges each cell by itself, so what it passes back for a cell is proportional to the gradient of
    the cell's logit: that of C's own loss becomes that of gan by the quotient of the two.
    """
    own, fooling = (
        torch.autograd.grad(loss.sum(), losses.judgement)[0]
        for loss in (losses.discriminator, losses.by_term["gan"])
    )
    own[:, 1:].clamp_(min=SMALLEST)
    *gradients, of_fakes = torch.autograd.grad(losses.judgement, [*parameters, losses.fakes], own)
    _keep(parameters, gradients)
    return of_fakes * (fooling[:, 1:] / own[:, 1:] * weight.view(-1, 1, 1, 1))


def _keep(parameters: list[Parameter], gradients: Iterable[Tensor]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
