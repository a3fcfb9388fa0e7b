"""The methods that AIF is compared with, and the parameters of each, called as its package calls them.

What is not given is left to the package, or to this workflow where docs/variants.md says so.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from aif.config.datasets import Name, Section

# Methods whose results are known. The first two are part of every null test.
CONTROLS = ("uncorrected", "downsampled", "shuffled", "perfect_types")


class NoParameters(Section):
    """A method that has nothing to set."""

    of: Literal["combat", "limma"]
    """The method."""


class Harmony(Section):
    """Of harmonypy, and how many components it is given."""

    of: Literal["harmony"]
    """The method."""
    theta: float | None = Field(None, ge=0)
    """How much clusters of one batch are held against; 0 lets them be."""
    sigma: float | None = Field(None, gt=0)
    """How soft the clusters are."""
    lamb: float | None = Field(None, gt=0)
    """Ridge penalty of the correction."""
    nclust: int | None = Field(None, ge=1)
    """Clusters."""
    max_iter_harmony: int | None = Field(None, ge=1)
    """Rounds of clustering and correction."""
    n_pcs: int | None = Field(None, ge=2)
    """Principal components."""


class Scanorama(Section):
    """Of scanorama."""

    of: Literal["scanorama"]
    """The method."""
    knn: int | None = Field(None, ge=1)
    """Neighbours among which cells are matched."""
    sigma: float | None = Field(None, gt=0)
    """Width of the kernel that smooths the correction."""
    alpha: float | None = Field(None, ge=0, le=1)
    """Least share of matched cells of two batches that are joined."""
    dimred: int | None = Field(None, ge=2)
    """Dimensions of the embedding."""


class Scvi(Section):
    """Of scvi-tools' SCVI and its training."""

    of: Literal["scvi", "scvi_default"]
    """The method."""
    n_latent: int | None = Field(None, ge=1)
    """Latent dimensions."""
    n_layers: int | None = Field(None, ge=1)
    """Hidden layers."""
    n_hidden: int | None = Field(None, ge=1)
    """Width of the hidden layers."""
    dropout_rate: float | None = Field(None, ge=0, lt=1)
    """Dropout in training."""
    gene_likelihood: Literal["nb", "zinb", "poisson"] | None = None
    """What the counts are distributed as."""
    max_epochs: int | None = Field(None, ge=1)
    """Epochs of training."""


class Bbknn(Section):
    """Of bbknn, and how many components it is given."""

    of: Literal["bbknn"]
    """The method."""
    neighbors_within_batch: int | None = Field(None, ge=1)
    """Neighbours of a cell in each batch, at most as many as the smallest has cells."""
    trim: int | None = Field(None, ge=0)
    """Neighbours that are kept of each cell, the nearest; 0 keeps all."""
    n_pcs: int | None = Field(None, ge=2)
    """Principal components."""


class Seurat(Section):
    """Of Seurat's FindIntegrationAnchors and IntegrateData."""

    of: Literal["seurat"]
    """The method."""
    dims: int | None = Field(None, ge=2)
    """Dimensions in which anchors are looked for."""
    k_anchor: int | None = Field(None, ge=1)
    """Neighbours among which anchors are looked for."""
    k_weight: int | None = Field(None, ge=1)
    """Anchors that weigh in a cell's correction."""


Parameters = NoParameters | Harmony | Scanorama | Scvi | Bbknn | Seurat
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
