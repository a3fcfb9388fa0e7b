"""The parameters of a simulation.

The defaults are Splatter's (Zappia, Phipson & Oshlack 2017, Genome Biology 18:174) and, where they
differ, those of Tran et al. 2020 (Genome Biology 21:12, dataset 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, MinLen

from aif.config.hyperparameters import Positive, Share, Weight


@dataclass(frozen=True)
class Simulation:
    """Parameters of a simulation.

    Attributes
    ----------
    batches
        Cells of each batch.
    types
        Expected share of each cell type; scaled to a sum of 1.
    missing
        Cell types that a batch does not have, by the names of both: `{Batch1: [Group2]}`.
    condition
        With it cells are treated or controls, by chance within their batch: the share of treated cells,
        in every batch or by the batches' names: `{Batch1: 0.5, Batch2: 0.2}`.
    genes
        How many.
    mean_shape
        Of the gamma distribution of the genes' base means: its shape.
    mean_rate
        The same, its rate.
    outlier_share
        The share of genes whose mean is instead the median times a log-normal factor.
    outlier_location
        The location of this factor.
    outlier_scale
        Its scale.
    library_location
        Of the log-normal distribution of expected library sizes, in counts: its location.
    library_scale
        The same, its scale.
    batch_location
        Of the log-normal factors by which every batch changes every gene, up as often as down: their
        location.
    batch_scale
        The same, their scale.
    de_share
        For each type, the share of genes that are differentially expressed; repeated where there are
        more types.
    de_down_share
        For each type, the share of these that goes down; repeated where there are more types.
    de_location
        Of the log-normal factors of differential expression: their location.
    de_scale
        The same, their scale.
    condition_share
        The share of genes that treatment changes.
    condition_down_share
        The share of these that goes down.
    condition_location
        Of the log-normal factors by which treatment changes genes: their location.
    condition_scale
        The same, their scale.
    bcv
        The common biological coefficient of variation.
    bcv_freedom
        The degrees of freedom of its inverse chi-square distribution.
    dropout_midpoint
        The logarithm of the mean at which half of the counts are lost. Without it none is lost.
    dropout_shape
        How steeply the share of lost counts changes there.
    seed
        Seeds everything.
    """

    batches: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1)]
    types: Annotated[tuple[Positive, ...], MinLen(1)]
    missing: dict[str, tuple[str, ...]] | None = None
    condition: Share | dict[str, Share] | None = None
    genes: Annotated[int, Ge(1)] = 5000
    mean_shape: Positive = 0.6
    mean_rate: Positive = 0.3
    outlier_share: Share = 0.05
    outlier_location: float = 4.0
    outlier_scale: Weight = 0.5
    library_location: float = 11.0
    library_scale: Weight = 0.2
    batch_location: float = 0.1
    batch_scale: Weight = 0.1
    de_share: Annotated[tuple[Share, ...], MinLen(1)] = (0.1,)
    de_down_share: Annotated[tuple[Share, ...], MinLen(1)] = (0.5,)
    de_location: float = 0.5
    de_scale: Weight = 0.2
    condition_share: Share = 0.1
    condition_down_share: Share = 0.5
    condition_location: float = 0.5
    condition_scale: Weight = 0.2
    bcv: Positive = 0.1
    bcv_freedom: Positive = 60.0
    dropout_midpoint: float | None = None
    dropout_shape: float = -1.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        missing = self.missing or {}
        for name in sorted(set(missing) - set(self.batch_names)):
            raise ValueError(f"missing: there is no {name}, batches are {self.batch_names}")
        for batch, absent in missing.items():
            for name in sorted(set(absent) - set(self.type_names)):
                raise ValueError(f"missing: there is no {name}, types are {self.type_names}")
            if set(absent) == set(self.type_names):
                raise ValueError(f"missing: {batch} has no type left")
        if isinstance(self.condition, dict) and set(self.condition) != set(self.batch_names):
            raise ValueError(
                f"condition: give a share for each of {self.batch_names}, or one for all"
            )

    @property
    def batch_names(self) -> list[str]:
        return [f"Batch{i + 1}" for i in range(len(self.batches))]

    @property
    def treated_shares(self) -> list[float]:
        """The expected share of treated cells of each batch; of a simulation with a condition."""
        if isinstance(self.condition, dict):
            return [self.condition[name] for name in self.batch_names]
        return [self.condition] * len(self.batches)

    @property
    def type_names(self) -> list[str]:
        return [f"Group{i + 1}" for i in range(len(self.types))]
