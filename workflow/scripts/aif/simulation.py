"""Simulated counts with a known truth, by the model of Splatter.

Zappia, Phipson & Oshlack 2017, Genome Biology 18:174. The defaults are Splatter's and, where they
differ, those of Tran et al. 2020 (Genome Biology 21:12, dataset 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import anndata as ad
import numpy as np
import pandas as pd
from annotated_types import Ge, MinLen
from scipy import sparse

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


def simulate(parameters: Simulation) -> ad.AnnData:
    """Return counts of all batches, with batch and cell_type in obs and the truth in var.

    var: BaseGeneMean, OutlierFactor, GeneMean, BatchFac{batch} and DEFac{type}, as Splatter calls
    them. A cell expects GeneMean × BatchFac × DEFac of each gene, scaled to its library; genes vary
    around that by the biological coefficient of variation, counts are Poisson draws, and dropout
    sets some to 0.
    """
    p, rng = parameters, np.random.default_rng(parameters.seed)
    var = _genes(p, rng)
    obs = _cells(p, rng)
    expected = var["GeneMean"].to_numpy() * np.ones((len(obs), 1))
    for kind, column in (("BatchFac", "batch"), ("DEFac", "cell_type")):
        factors = np.stack([var[kind + name] for name in obs[column].cat.categories])
        expected *= factors[obs[column].cat.codes]
    expected *= (obs["ExpLibSize"] / expected.sum(axis=1)).to_numpy()[:, None]
    means = _biological_variation(p, rng, expected)
    counts = rng.poisson(means)
    if p.dropout_midpoint is not None:
        distance = np.log(np.maximum(means, 1e-300)) - p.dropout_midpoint
        lost = 1 / (1 + np.exp(np.clip(-p.dropout_shape * distance, -700, 700)))
        counts[rng.random(counts.shape) < lost] = 0
    return ad.AnnData(sparse.csr_matrix(counts.astype(np.float32)), obs, var)


def _genes(p: Simulation, rng: np.random.Generator) -> pd.DataFrame:
    base = rng.gamma(p.mean_shape, 1 / p.mean_rate, p.genes)
    outlier = rng.random(p.genes) < p.outlier_share
    factor = rng.lognormal(p.outlier_location, p.outlier_scale, p.genes)
    var = {
        "BaseGeneMean": base,
        "OutlierFactor": np.where(outlier, factor, 1),
        "GeneMean": np.where(outlier, np.median(base) * factor, base),
    }
    for name in p.batch_names:
        var[f"BatchFac{name}"] = _factors(p, rng, 1, 0.5, p.batch_location, p.batch_scale)
    shares, down = (np.resize(values, len(p.types)) for values in (p.de_share, p.de_down_share))
    for name, share, down_share in zip(p.type_names, shares, down, strict=True):
        var[f"DEFac{name}"] = _factors(p, rng, share, down_share, p.de_location, p.de_scale)
    return pd.DataFrame(var, index=[f"Gene{i + 1}" for i in range(p.genes)])


def _factors(
    p: Simulation,
    rng: np.random.Generator,
    share: float,
    down_share: float,
    location: float,
    scale: float,
) -> np.ndarray:
    """Return a factor per gene: 1, or log-normal and above 1, or for those that go down, inverted."""
    factors = np.exp(np.abs(rng.normal(location, scale, p.genes)))
    factors = np.where(rng.random(p.genes) < down_share, 1 / factors, factors)
    return np.where(rng.random(p.genes) < share, factors, 1)


def _cells(p: Simulation, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for batch, size in zip(p.batch_names, p.batches, strict=True):
        present = ~np.isin(p.type_names, (p.missing or {}).get(batch, ()))
        shares = np.array(p.types) * present
        drawn = rng.choice(p.type_names, size, p=shares / shares.sum())
        rows += [(batch, name) for name in drawn]
    obs = pd.DataFrame(rows, columns=["batch", "cell_type"], dtype="category")
    obs.index = [f"Cell{i + 1}" for i in range(len(obs))]
    return obs.assign(ExpLibSize=rng.lognormal(p.library_location, p.library_scale, len(obs)))


def _biological_variation(
    p: Simulation, rng: np.random.Generator, expected: np.ndarray
) -> np.ndarray:
    """Return means drawn around the expected ones; genes of low mean vary more."""
    chi = p.bcv_freedom / rng.chisquare(p.bcv_freedom, expected.shape[1])
    # A mean of 0 has no variation; its inverse is kept finite.
    variation = (p.bcv + 1 / np.sqrt(np.maximum(expected, 1e-12))) * np.sqrt(chi)
    return rng.gamma(1 / variation**2) * expected * variation**2
