"""The parameters of a simulation.

The defaults are Splatter's (Zappia, Phipson & Oshlack 2017, Genome Biology 18:174) and, where they
differ, those of Tran et al. 2020 (Genome Biology 21:12, dataset 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, MinLen

from aif.variants import Positive, Share, Weight


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
    genes
        How many.
    mean_shape, mean_rate
        Of the gamma distribution of the genes' base means.
    outlier_share, outlier_location, outlier_scale
        The share of genes whose mean is instead the median times a log-normal factor.
    library_location, library_scale
        Of the log-normal distribution of expected library sizes, in counts.
    batch_location, batch_scale
        Of the log-normal factors by which every batch changes every gene, up as often as down.
    de_share, de_down_share
        For each type, the share of genes that are differentially expressed, and of these the share
        that goes down; repeated where there are more types.
    de_location, de_scale
        Of the log-normal factors of differential expression.
    bcv, bcv_freedom
        The common biological coefficient of variation and the degrees of freedom of its
        inverse chi-square distribution.
    dropout_midpoint, dropout_shape
        Of the logistic share of counts that are lost, over the logarithm of the mean: half of them
        at the midpoint. Without a midpoint none is lost.
    seed
        Seeds everything.
    """

    batches: Annotated[tuple[Annotated[int, Ge(1)], ...], MinLen(1)]
    types: Annotated[tuple[Positive, ...], MinLen(1)]
    missing: dict[str, tuple[str, ...]] | None = None
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

    @property
    def batch_names(self) -> list[str]:
        return [f"Batch{i + 1}" for i in range(len(self.batches))]

    @property
    def type_names(self) -> list[str]:
        return [f"Group{i + 1}" for i in range(len(self.types))]
