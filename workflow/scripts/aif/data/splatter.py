"""Simulated counts with a known truth, by the model of Splatter (Zappia et al. 2017)."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from aif.config.simulation import Simulation


def simulate(parameters: Simulation) -> ad.AnnData:
    """Return counts of all batches, with batch and cell_type in obs and the truth in var.

    var: BaseGeneMean, OutlierFactor, GeneMean, BatchFac{batch} and DEFac{type}, as Splatter calls
    them; and with a condition, which is in obs, ConditionFac of what treatment changes. A cell expects
    GeneMean × BatchFac × DEFac, and ConditionFac if it is treated, of each gene, scaled to its library;
    genes vary around that by the biological coefficient of variation, counts are Poisson draws, and dropout
    sets some to 0.
    """
    p, rng = parameters, np.random.default_rng(parameters.seed)
    var = _genes(p, rng)
    obs = _cells(p, rng)
    expected = var["GeneMean"].to_numpy() * np.ones((len(obs), 1))
    for kind, column in (("BatchFac", "batch"), ("DEFac", "cell_type")):
        factors = np.stack([var[kind + name] for name in obs[column].cat.categories])
        expected *= factors[obs[column].cat.codes]
    if p.condition is not None:
        var, obs = _treated(p, rng, var, obs)
        expected[obs["condition"] == "treated"] *= var["ConditionFac"].to_numpy()
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


def _treated(
    p: Simulation, rng: np.random.Generator, var: pd.DataFrame, obs: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    shares = np.array(p.treated_shares)[obs["batch"].cat.codes]
    condition = np.where(rng.random(len(obs)) < shares, "treated", "control")
    kind = (p.condition_share, p.condition_down_share, p.condition_location, p.condition_scale)
    obs = obs.assign(condition=pd.Categorical(condition, ["control", "treated"]))
    return var.assign(ConditionFac=_factors(p, rng, *kind)), obs


def _biological_variation(
    p: Simulation, rng: np.random.Generator, expected: np.ndarray
) -> np.ndarray:
    """Return means drawn around the expected ones; genes of low mean vary more."""
    chi = p.bcv_freedom / rng.chisquare(p.bcv_freedom, expected.shape[1])
    # A mean of 0 has no variation; its inverse is kept finite.
    variation = (p.bcv + 1 / np.sqrt(np.maximum(expected, 1e-12))) * np.sqrt(chi)
    return rng.gamma(1 / variation**2) * expected * variation**2
