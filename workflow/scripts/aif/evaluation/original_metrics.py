"""The evaluation of the original (Monnier & Cournède 2024, after Tran et al. 2020).

The cells are embedded once, and each repetition draws a share of the embedded cells: so do the
original and Tran et al., and an embedding per repetition would cost twenty times as much.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property, partial

import numpy as np
import pandas as pd
from harmonypy import compute_lisi
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from aif.evaluation.metric import GRAPH_ONLY, Groups, LeftOut
from aif.evaluation.metrics import ORIGINAL, ORIGINAL_MAXIMA
from aif.evaluation.silhouettes import mean_silhouettes

PERPLEXITY = 30
NO_REPETITIONS = "no repetitions asked for; evaluation: {profile: full} or repetitions has them"


@dataclasses.dataclass(frozen=True)
class Repetitions:
    """How often and on which share of the cells the metrics are computed."""

    n: int
    share: float
    seed: int


def original_rows(
    obs: pd.DataFrame, embedding: np.ndarray | None, repetitions: Repetitions
) -> list[dict[str, object]]:
    """Return medians, and maxima as `*_max`, of the original's metrics over subsamples of cells.

    Parameters
    ----------
    obs
        Columns batch and, where there are labels, cell_type, of n cells.
    embedding
        (n, k), usually a t-SNE; None where a method returns a graph only.
    repetitions
        How often, on how many, seeded by what.
    """
    groups = Groups.of(obs)
    samples = [] if embedding is None else subsamples(obs, embedding, repetitions, groups)

    def summarised(name: str, summary: Callable[[list[float]], float]) -> float:
        if embedding is None:
            raise LeftOut(GRAPH_ONLY)
        if not repetitions.n:
            raise LeftOut(NO_REPETITIONS)
        return summary([STATISTICS[name](sample) for sample in samples])

    rows = []
    for metric, maximum in zip(ORIGINAL, ORIGINAL_MAXIMA, strict=True):
        rows.append(metric.row(partial(summarised, metric.name, np.median), groups))
        rows.append(maximum.row(partial(summarised, metric.name, np.max), groups))
    return rows


def subsamples(
    obs: pd.DataFrame, embedding: np.ndarray, repetitions: Repetitions, groups: Groups
) -> list[Subsample]:
    """Draw the cells of every repetition, without replacement."""
    table = obs.astype(str).assign(shared=in_all_batches(obs))
    size = max(2, round(repetitions.share * len(obs)))
    samples, drawn = [], []
    for seed in range(repetitions.seed, repetitions.seed + repetitions.n):
        cells = np.random.default_rng(seed).choice(len(obs), size, replace=False)
        samples.append(Subsample(embedding[cells], table.iloc[cells], groups, seed))
        drawn.append(cells)
    _share_silhouettes(samples, drawn, embedding)
    return samples


def _share_silhouettes(
    samples: list[Subsample], drawn: list[np.ndarray], embedding: np.ndarray
) -> None:
    """Give the samples of the cells `drawn` their silhouettes, from distances that are measured once.

    A sample that has no silhouette, as it is of one group, is left to say so itself.
    """
    given = []
    for sample, cells in zip(samples, drawn, strict=True):
        for name, column in (("asw_types", "cell_type"), ("asw_batches", "batch")):
            if column in sample.obs and 1 < sample.obs[column].nunique() < len(cells):
                groups = np.full(len(embedding), -1)
                groups[cells] = pd.factorize(sample.obs[column])[0]
                given.append((sample, name, groups))
    widths = mean_silhouettes(embedding, [groups for *_, groups in given]) if given else []
    for (sample, name, _), width in zip(given, widths, strict=True):
        setattr(sample, name, width)


def in_all_batches(obs: pd.DataFrame) -> np.ndarray:
    """Return a mask (n,) of the cells whose type every batch has; none without labels."""
    if "cell_type" not in obs:
        return np.zeros(len(obs), dtype=bool)
    batches = obs.groupby("cell_type", observed=True)["batch"].nunique()
    shared = batches.index[batches == obs["batch"].nunique()]
    return obs["cell_type"].isin(shared).to_numpy()


@dataclasses.dataclass
class Subsample:
    """The cells of one repetition and their metrics, each computed when first asked for.

    Attributes
    ----------
    x
        (cells, k), their embedding.
    obs
        batch, cell_type (where there are labels) and shared: whether every batch has the type.
    groups
        Of the whole data set.
    seed
        Seeds k-means.
    """

    x: np.ndarray
    obs: pd.DataFrame
    groups: Groups
    seed: int

    @cached_property
    def ari_types(self) -> float:
        return kmeans_ari(self.x, self.obs["cell_type"], self.seed)

    @cached_property
    def ari_batches(self) -> float:
        shared = self.obs["shared"].to_numpy()
        if not shared.any():
            raise LeftOut("no cell type is in every batch")
        return kmeans_ari(self.x[shared], self.obs["batch"][shared], self.seed)

    @cached_property
    def asw_types(self) -> float:
        return silhouette_score(self.x, self.obs["cell_type"])

    @cached_property
    def asw_batches(self) -> float:
        return silhouette_score(self.x, self.obs["batch"])

    @cached_property
    def lisi_types(self) -> float:
        return median_lisi(self.x, self.obs, "cell_type")

    @cached_property
    def lisi_batches(self) -> float:
        return median_lisi(self.x, self.obs, "batch")

    @cached_property
    def f1_ari(self) -> float:
        """ARI counts as it is: 0 is chance, and what is below chance counts as 0."""
        return f1(max(self.ari_types, 0), 1 - max(self.ari_batches, 0))

    @cached_property
    def f1_asw(self) -> float:
        """Silhouettes are scaled by their range, [-1, 1]."""
        return f1((1 + self.asw_types) / 2, (1 - self.asw_batches) / 2)

    @cached_property
    def f1_lisi(self) -> float:
        """LISI is scaled by [1, number of groups]."""
        types = (self.lisi_types - 1) / (self.groups.types - 1)
        batches = (self.lisi_batches - 1) / (self.groups.batches - 1)
        return f1(1 - types, batches)


STATISTICS = {
    "ARI_CT": lambda sample: sample.ari_types,
    "1-ARI_B": lambda sample: 1 - sample.ari_batches,
    "F1_ARI": lambda sample: sample.f1_ari,
    "ASW_CT": lambda sample: sample.asw_types,
    "1-ASW_B": lambda sample: 1 - sample.asw_batches,
    "F1_ASW": lambda sample: sample.f1_asw,
    "LISI_CT": lambda sample: sample.lisi_types,
    "LISI_B": lambda sample: sample.lisi_batches,
    "F1_LISI": lambda sample: sample.f1_lisi,
}


def kmeans_ari(x: np.ndarray, names: pd.Series, seed: int) -> float:
    """Return the ARI of the groups and k-means with as many clusters."""
    k_means = KMeans(names.nunique(), n_init=10, random_state=seed)
    return adjusted_rand_score(names, k_means.fit_predict(x))


def median_lisi(x: np.ndarray, obs: pd.DataFrame, column: str) -> float:
    """Return the median LISI (Korsunsky et al. 2019); few cells have a smaller perplexity."""
    if len(x) < 4:  # harmonypy would crash
        raise LeftOut("LISI needs at least 4 cells")
    perplexity = min(PERPLEXITY, (len(x) - 1) // 3)
    return float(np.median(compute_lisi(x, obs, [column], perplexity)))


def f1(type_side: float, batch_side: float) -> float:
    """Return the harmonic mean of two scores in [0, 1]; 0 where either is 0."""
    if min(type_side, batch_side) <= 0:
        return 0.0
    return 2 * type_side * batch_side / (type_side + batch_side)
