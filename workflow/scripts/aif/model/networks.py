"""The four networks of AIF, each a stack of M models that train side by side.

Every tensor leads with the model axis: parameters are (M, in, out), activations (M, ..., cells, units).
A single model is a stack of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class StackedLinear(nn.Module):
    """M linear layers, applied to activations of shape (M, ..., cells, in_features).

    A layer before a norm has no bias: the norm would remove it, and Adam would still move it, by the
    rounding errors of a gradient that is zero. Under autocast the product alone is of less precision.
    """

    def __init__(
        self, n_models: int, in_features: int, out_features: int, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_models, in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(n_models, 1, out_features)) if bias else None

    def reset(self, generator: torch.Generator) -> None:
        """Draw one model's initial numbers, uniform in ±1/√in_features, and give them to all M."""
        bound = 1 / math.sqrt(self.weight.shape[1])
        for parameter in self.parameters():
            one = torch.empty(parameter.shape[1:]).uniform_(-bound, bound, generator=generator)
            parameter.data.copy_(one.expand_as(parameter))

    def forward(self, x: Tensor) -> Tensor:
        cells = x.flatten(1, -2)
        if self.bias is None:
            flat = torch.bmm(cells, self.weight)
        else:
            flat = torch.baddbmm(self.bias, cells, self.weight)
        flat = flat.to(self.weight.dtype)
        return flat.unflatten(1, x.shape[1:-1]) if x.dim() > 3 else flat


class CellNorm(nn.Module):
    """Batch normalisation over the cell axis, without affine parameters.

    In training each pass (each leading index) is normalised by its own minibatch. In evaluation the
    population's mean and variance are used, which `aif.model.population` computes once over all cells from
    the real passes, so that they never mix different kinds of passes.
    """

    eps = 1e-5

    def __init__(self, n_models: int, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_models, 1, features))
        self.register_buffer("var", torch.ones(n_models, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            shape = (x.shape[0], *[1] * (x.dim() - 2), x.shape[-1])
            return (x - self.mean.view(shape)) * torch.rsqrt(self.var.view(shape) + self.eps)
        cells_first = x.movedim(-2, 0)
        channels = cells_first.flatten(1)
        normed = F.batch_norm(channels, None, None, training=True, eps=self.eps)
        return normed.view_as(cells_first).movedim(0, -2)


class HiddenLayers(nn.Module):
    """Two hidden layers: Linear (+ CellNorm) + ReLU, twice."""

    def __init__(self, n_models: int, in_features: int, hidden: int, normed: bool) -> None:
        super().__init__()
        self.linears = nn.ModuleList(
            [
                StackedLinear(n_models, in_features, hidden, bias=not normed),
                StackedLinear(n_models, hidden, hidden, bias=not normed),
            ]
        )
        self.norms = nn.ModuleList(
            [CellNorm(n_models, hidden) if normed else nn.Identity() for _ in self.linears]
        )

    def forward(self, x: Tensor) -> Tensor:
        for linear, norm in zip(self.linears, self.norms, strict=True):
            x = F.relu(norm(linear(x)))
        return x


class Encoder(nn.Module):
    """Cells to their latent distribution, and, on a branch of its own, to their batch logits.

    The label branch has layers of its own (genes → label_hidden → batches). On a trunk shared with z
    it would starve: what the adversary removes from the trunk, the label could not know, and the
    decoder would stop to use its label (see benchmarks/README.md, "How the label branch is fed").
    """

    def __init__(self, shape: Shape, n_models: int) -> None:
        super().__init__()
        self.trunk = HiddenLayers(n_models, shape.genes, shape.hidden, normed=True)
        self.latent = StackedLinear(n_models, shape.hidden, 2 * shape.latent)
        self.label_hidden = StackedLinear(n_models, shape.genes, shape.label_hidden)
        self.label = StackedLinear(n_models, shape.label_hidden, shape.batches)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ², each (M, ..., cells, latent)."""
        mean, log_var = self.latent(self.trunk(x)).chunk(2, dim=-1)
        return mean, log_var

    def batch_logits(self, x: Tensor) -> Tensor:
        """Return the logits ŷ, (M, ..., cells, batches)."""
        return self.label(F.relu(self.label_hidden(x)))


class Decoder(nn.Module):
    """[label, covariates, z] to expression, each (M, ..., cells, units) → (M, ..., cells, genes)."""

    def __init__(self, shape: Shape, n_models: int) -> None:
        super().__init__()
        self.trunk = HiddenLayers(n_models, shape.decoder_input, shape.hidden, normed=True)
        self.out = StackedLinear(n_models, shape.hidden, shape.genes)

    def hidden(self, label: Tensor, covariates: Tensor, z: Tensor) -> Tensor:
        """Return what the output is linear in, (M, ..., cells, hidden)."""
        return self.trunk(torch.cat([label, covariates, z], dim=-1))

    @torch.no_grad()
    def decodes(self, hidden: Tensor) -> Tensor:
        """Return what a single model makes of hidden activations, (cells, hidden) → (cells, genes)."""
        return self.out(hidden[None])[0]

    def forward(self, label: Tensor, covariates: Tensor, z: Tensor) -> Tensor:
        return self.out(self.hidden(label, covariates, z))


class Critic(nn.Module):
    """Two plain hidden layers and a linear output: the auxiliary network and the discriminator."""

    def __init__(self, n_models: int, in_features: int, hidden: int, out_features: int) -> None:
        super().__init__()
        self.trunk = HiddenLayers(n_models, in_features, hidden, normed=False)
        self.out = StackedLinear(n_models, hidden, out_features)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.trunk(x))


@dataclass(frozen=True)
class Shape:
    """Sizes of the networks: what must be known to rebuild them without the training data."""

    genes: int
    batches: int
    latent: int
    hidden: int
    label_hidden: int
    covariates: int = 0

    @property
    def decoder_input(self) -> int:
        return self.batches + self.covariates + self.latent

    @property
    def auxiliary_input(self) -> int:
        return self.covariates + self.latent


class Networks(nn.Module):
    """Encoder E, decoder D, auxiliary A and discriminator C of a stack of M models.

    Parameters
    ----------
    shape
        Sizes of the networks.
    n_models
        M, the models trained side by side. They start from the same numbers: the rows of one stack
        share their seed and differ in their loss weights.
    seed
        Seeds the initial weights; without it all parameters are zero, to be loaded.
    """

    def __init__(self, shape: Shape, n_models: int = 1, seed: int | None = None) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape, n_models)
        self.decoder = Decoder(shape, n_models)
        self.auxiliary = Critic(n_models, shape.auxiliary_input, shape.hidden, shape.batches)
        self.discriminator = Critic(n_models, shape.genes, shape.hidden, 1)
        if seed is not None:
            generator = torch.Generator().manual_seed(seed)
            for module in self.modules():
                if isinstance(module, StackedLinear):
                    module.reset(generator)

    @property
    def n_models(self) -> int:
        return self.encoder.latent.weight.shape[0]

    def autoencoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of E and D, which one optimiser trains."""
        return [*self.encoder.parameters(), *self.decoder.parameters()]

    def model_state(self, index: int) -> dict[str, Tensor]:
        """Return the state of one model as that of a stack of one."""
        return {name: value[index : index + 1] for name, value in self.state_dict().items()}

    def single(self, index: int) -> Networks:
        """Return one model as a stack of one, in evaluation mode."""
        networks = Networks(self.shape)
        networks.load_state_dict(self.model_state(index))
        return networks.eval()

    @classmethod
    def joined(cls, parts: list[Networks]) -> Networks:
        """Return the models of several stacks as one stack, in evaluation mode."""
        networks = cls(parts[0].shape, sum(part.n_models for part in parts))
        states = [part.state_dict() for part in parts]
        networks.load_state_dict({n: torch.cat([s[n] for s in states]) for n in states[0]})
        return networks.eval()
