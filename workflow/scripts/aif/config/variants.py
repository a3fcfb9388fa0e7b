"""The traits of the variants, and the default hyperparameters of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Weighting = Literal["intrinsic", "fixed", "relative", "likelihood"]
Adversary = Literal["aux", "log_aux"]  # terms of `aif.model.losses`

Embedding = Literal["latent", "components"]


@dataclass(frozen=True)
class Variant:
    """The traits that make a variant (Monnier & Cournède 2024; config/variants.yaml).

    Attributes
    ----------
    input
        What the model is trained on: counts, counts scaled to a sum of 1, or their logarithm.
    weighting
        The strategy of `aif.model.weighting`.
    weighted_ce
        Weight the cross-entropies by the inverse frequency of the cell's batch.
    projection
        Add the projection term.
    delayed
        Let auxiliary network and discriminator step only every `update_every` epochs.
    decay
        Let the learning rate of encoder and decoder decay.
    adversary
        How the auxiliary network A drives the encoder: to maximise A's cross-entropy (`aux`), as
        published, or its logarithm (`log_aux`), which is heard where A is sure, too.
    anneal
        Let the learning rate of encoder and decoder fall to 0 along a line.
    shift
        Correct cells by what decoding under other batches changes, instead of replacing them by
        their decode (`aif.correction.shift`).
    nonnegative
        Set corrected values below 0 to 0, as there is no negative expression, and logarithms below 0.05, as
        less than a twentieth of a median cell's count is none (`aif.correction.outputs`).
    embedding
        What users cluster and draw, `obsm["X_corrected"]`: the `latent` means, as published, or the
        principal `components` of corrected logarithms before any are set to 0, as many as
        there are latent dimensions.

    `log_aux`, `anneal`, `shift`, `nonnegative`, `components` and the weighting `likelihood` are no
    part of the published method, nor are `dropout`, `tolerance` and `likeness` of the hyperparameters.

    Raises
    ------
    ValueError
        If there are to be components of anything but logarithms: a few abundant genes would be all of them.
    """

    input: Literal["raw", "norm", "norm_log"]
    weighting: Weighting
    weighted_ce: bool = False
    projection: bool = False
    delayed: bool = False
    decay: bool = False
    adversary: Adversary = "aux"
    anneal: bool = False
    shift: bool = False
    nonnegative: bool = False
    embedding: Embedding = "latent"

    def __post_init__(self) -> None:
        if self.embedding == "components" and self.input != "norm_log":
            raise ValueError("embedding: components needs the input norm_log")

    def unused_terms(self) -> set[str]:
        """Return the loss terms that are not this variant's: their columns stay empty."""
        unused = {"log_aux": self.adversary != "log_aux", "proj": not self.projection}
        return {term for term, is_unused in unused.items() if is_unused}


def variant_of(entry: dict[str, Any]) -> Variant:
    """Return the traits of one entry of config/variants.yaml."""
    return Variant(**{key: value for key, value in entry.items() if key != "hyperparameters"})


def defaults_of(table: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the default hyperparameters of a variant: shared, by weighting, by input, its own.

    Parameters
    ----------
    table
        The content of config/variants.yaml.
    name
        A variant in it.
    """
    entry = table["variants"][name]
    return {
        **table["hyperparameters"],
        **table["weighting"][entry["weighting"]],
        **table["input"].get(entry["input"], {}),
        **entry.get("hyperparameters", {}),
    }
