"""The gradients of one step, every network differentiated once."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

from aif.model.losses import TERMS, StepLosses
from aif.model.networks import Networks

# Terms whose gradient reaches E and D through a critic.
THROUGH_CRITICS = ("aux", "log_aux", "gan")
# A smaller gradient of C's logit on a fake would leave the range of float32 on its way back, and zero
# cannot be scaled to that of fooling C.
SMALLEST = 1e-26


def set_gradients(
    networks: Networks, losses: StepLosses, signed: Tensor, adversary: str, with_critics: bool
) -> None:
    """Give every parameter the gradient of its own objective (Monnier & Cournède 2024).

    E and D minimise Σ signed_k L_k, A its cross-entropy and C its own loss. The critics are
    differentiated once, for their own losses, where what they pass back serves E and D too; only A
    is differentiated twice where E is driven by log_aux.

    Parameters
    ----------
    networks
        The M models that the losses are of.
    losses
        Of one step.
    signed
        (M, terms), the signed weights of the terms.
    adversary
        The term through which A drives E, `aux` or `log_aux`; the other counts nothing.
    with_critics
        Whether A and C are to learn; otherwise their gradients stay as they are.
    """
    weights = dict(zip(TERMS, signed.unbind(-1), strict=True))
    auxiliary, discriminator = (
        list(critic.parameters()) if with_critics else []
        for critic in (networks.auxiliary, networks.discriminator)
    )
    of_latent = _through_auxiliary(losses, auxiliary, adversary) * weights[adversary].view(-1, 1, 1)
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


def _through_auxiliary(losses: StepLosses, parameters: list[Parameter], adversary: str) -> Tensor:
    """Keep the gradients of A's parameters and return ∂adversary/∂z."""
    own, driving = losses.by_term["aux"].sum(), losses.by_term[adversary].sum()
    if adversary == "aux":
        *gradients, of_latent = torch.autograd.grad(own, [*parameters, losses.latent])
    else:
        (of_latent,) = torch.autograd.grad(driving, losses.latent, retain_graph=True)
        gradients = torch.autograd.grad(own, parameters) if parameters else []
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
