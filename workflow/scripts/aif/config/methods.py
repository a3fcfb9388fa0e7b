"""The methods that AIF is compared with, and the parameters of each, called as its package calls them.

What is not given is left to the package, or to this workflow where docs/variants.md says so.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from aif.config.datasets import Name, Section

# Methods whose results are known. The first two are part of every null test.
CONTROLS = ("uncorrected", "downsampled", "shuffled", "perfect_types")
# Methods that are told the cell types, which `choose` does without.
TOLD_TYPES = ("scanvi", "perfect_types")

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10**6)]
Dimensions = Annotated[int, Field(ge=2, le=10**6)]


class NoParameters(Section):
    """A method that has nothing to set."""

    of: Literal["combat", "combat_seq", "limma"]
    """The method."""


class Harmony(Section):
    """Of harmonypy, and how many components it is given."""

    of: Literal["harmony"]
    """The method."""
    theta: Annotated[Number, Field(ge=0)] | None = None
    """How much clusters of one batch are held against; 0 lets them be."""
    sigma: Positive | None = None
    """How soft the clusters are."""
    lamb: Positive | None = None
    """Ridge penalty of the correction."""
    nclust: Count | None = None
    """Clusters, at most as many as there are cells."""
    max_iter_harmony: Count | None = None
    """Rounds of clustering and correction."""
    n_pcs: Dimensions | None = None
    """Principal components."""


class Scanorama(Section):
    """Of scanorama."""

    of: Literal["scanorama"]
    """The method."""
    knn: Count | None = None
    """Neighbours among which cells are matched."""
    sigma: Positive | None = None
    """How narrow the kernel is that smooths the correction."""
    alpha: float | None = Field(None, ge=0, le=1)
    """Least share of matched cells of two batches that are joined."""
    dimred: Dimensions | None = None
    """Dimensions of the embedding."""


class Scvi(Section):
    """Of scvi-tools' SCVI and its training."""

    of: Literal["scvi", "scvi_default"]
    """The method."""
    n_latent: Count | None = None
    """Latent dimensions."""
    n_layers: Count | None = None
    """Hidden layers."""
    n_hidden: Count | None = None
    """Width of the hidden layers."""
    dropout_rate: float | None = Field(None, ge=0, lt=1)
    """Dropout in training."""
    gene_likelihood: Literal["nb", "zinb", "poisson"] | None = None
    """What the counts are distributed as."""
    max_epochs: Count | None = None
    """Epochs of training."""


class Scanvi(Scvi):
    """Of scvi-tools' SCVI, whose model it begins with, and its training; then of the training with types."""

    of: Literal["scanvi"]
    """The method."""
    type_epochs: Count | None = None
    """Epochs of the training with types."""


class Sysvi(Section):
    """Of scvi-tools' SysVI and its training."""

    of: Literal["sysvi"]
    """The method."""
    n_latent: Count | None = None
    """Latent dimensions."""
    n_layers: Count | None = None
    """Hidden layers."""
    n_hidden: Count | None = None
    """Width of the hidden layers."""
    dropout_rate: float | None = Field(None, ge=0, lt=1)
    """Dropout in training."""
    n_prior_components: Count | None = None
    """Modes of the prior."""
    kl_weight: Annotated[Number, Field(ge=0)] | None = None
    """What the divergence from the prior weighs."""
    z_distance_cycle_weight: Annotated[Number, Field(ge=0)] | None = None
    """What the cycle weighs, by which batches are mixed: more mixes more."""
    max_epochs: Count | None = None
    """Epochs of training."""


class Bbknn(Section):
    """Of bbknn, and how many components it is given."""

    of: Literal["bbknn"]
    """The method."""
    neighbors_within_batch: Count | None = None
    """Neighbours of a cell in each batch, at most as many as the smallest has cells."""
    trim: Annotated[int, Field(ge=0, le=10**6)] | None = None
    """Neighbours that are kept of each cell, the nearest; 0 keeps all."""
    n_pcs: Dimensions | None = None
    """Principal components."""


class Concord(Section):
    """Of concord-sc's Concord."""

    of: Literal["concord"]
    """The method."""
    latent_dim: Count | None = None
    """Latent dimensions."""
    n_epochs: Annotated[int, Field(ge=2, le=10**6)] | None = None
    """Epochs of training."""
    batch_size: Annotated[int, Field(ge=8, le=10**6)] | None = None
    """Cells of a minibatch."""
    clr_temperature: Positive | None = None
    """How hard cells are pushed apart: less pushes harder."""
    p_intra_knn: float | None = Field(None, ge=0, le=1)
    """Share of a minibatch that is drawn among a cell's neighbours."""


class Seurat(Section):
    """Of Seurat's FindIntegrationAnchors and IntegrateData."""

    of: Literal["seurat"]
    """The method."""
    dims: Dimensions | None = None
    """Dimensions in which anchors are looked for."""
    k_anchor: Count | None = None
    """Neighbours among which anchors are looked for."""
    k_weight: Count | None = None
    """Anchors that weigh in a cell's correction."""


Parameters = NoParameters | Harmony | Scanorama | Scvi | Scanvi | Sysvi | Bbknn | Concord | Seurat
COMPETITORS: dict[str, type[Section]] = {
    method: parameters
    for parameters in get_args(Parameters)
    for method in get_args(parameters.model_fields["of"].annotation)
}
METHODS = (*COMPETITORS, *CONTROLS)


def _with_method(given: Any) -> Any:
    """Return settings that say which method they are of: without a word that of their name."""
    if not isinstance(given, dict):
        return given
    return {
        name: {"of": name, **entry} if isinstance(entry, dict) else entry
        for name, entry in given.items()
    }


Settings = Annotated[
    dict[Name, Annotated[Parameters, Field(discriminator="of")]], BeforeValidator(_with_method)
]


def method_of(name: str, settings: dict[str, Section]) -> str:
    """Return the method that a name stands for, its own or a setting's."""
    return settings[name].of if name in settings else name


def parameters_of(name: str, settings: dict[str, Section]) -> dict[str, Any]:
    """Return the parameters that are given for a method or a setting of one."""
    if name not in settings:
        return {}
    return settings[name].model_dump(exclude={"of"}, exclude_none=True)
