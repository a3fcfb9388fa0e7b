"""The evaluation of the original (Monnier & Cournède 2024, after Tran et al. 2020)."""

from __future__ import annotations

import dataclasses
from functools import partial

import anndata as ad
import numpy as np
import pandas as pd
from harmonypy import compute_lisi
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from aif.metrics import LeftOut, Metric

PERPLEXITY = 30


@dataclasses.dataclass(frozen=True)
class Repetitions:
    """How often and on which share of the cells the metrics are computed."""

    n: int
    share: float
    seed: int


def original_rows(
    cells: ad.AnnData, embedding: np.ndarray, repetitions: Repetitions
) -> list[dict[str, object]]:
    """Return medians, and maxima as `*_max`, of the original's metrics over subsamples of cells.

    The cells are embedded once, as in the original; each repetition draws a share of them.
    A cell's LISI is computed once, among all cells, and a repetition takes the median over its own.
    The batch side of ARI looks at the types that more than one batch has.

    Parameters
    ----------
    cells
        obs batch (and cell_type).
    embedding
        (n, k), usually a t-SNE.
    repetitions
        How often, on how many, seeded by what.
    """
    has_labels = "cell_type" in cells.obs
    table = _Repeated(cells.obs, embedding, repetitions)
    rows = []
    for metric in _metrics(table):
        compute = partial(table.over_repetitions, metric.name)
        rows.append(metric.row(lambda c=compute: np.median(c()), has_labels))
        maximum = dataclasses.replace(metric, name=f"{metric.name}_max")
        rows.append(maximum.row(lambda c=compute: np.max(c()), has_labels))
    return rows


def f1(type_side: np.ndarray, batch_side: np.ndarray) -> np.ndarray:
    """Return the harmonic mean of two scores in [0, 1]; 0 where both are 0."""
    total = type_side + batch_side
    return np.divide(2 * type_side * batch_side, total, out=np.zeros_like(total), where=total > 0)


def scaled(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return values scaled to [0, 1] by their natural range; negative ARI counts as 0."""
    return np.clip((value - low) / (high - low), 0, 1)


def _metrics(table: _Repeated) -> list[Metric]:
    original = partial(Metric, suite="original")
    return [
        original("ARI_CT", low=-0.5),
        original("1-ARI_B", high=1.5),
        original("F1_ARI"),
        original("ASW_CT", low=-1.0),
        original("1-ASW_B", high=2.0, needs_labels=False),
        original("F1_ASW"),
        original("LISI_CT", low=1.0, high=table.n_types, better="lower"),
        original("LISI_B", low=1.0, high=table.n_batches, needs_labels=False),
        original("F1_LISI"),
    ]


class _Repeated:
    """Every metric's values over the repetitions, each computed when first asked for."""

    def __init__(
        self, obs: pd.DataFrame, embedding: np.ndarray, repetitions: Repetitions
    ) -> None:
        self.embedding, self.seed = embedding, repetitions.seed
        self.batch = obs["batch"].to_numpy(dtype=str)
        self.n_batches = float(len(np.unique(self.batch)))
        self.n_types = None
        if "cell_type" in obs:
            self.cell_type = obs["cell_type"].to_numpy(dtype=str)
            self.n_types = float(len(np.unique(self.cell_type)))
        rng = np.random.default_rng(repetitions.seed)
        size = max(2, round(repetitions.share * len(obs)))
        self.samples = [rng.choice(len(obs), size, replace=False) for _ in range(repetitions.n)]
        self.lisi: dict[str, np.ndarray] = {}
        self.found: dict[str, np.ndarray] = {}

    def over_repetitions(self, name: str) -> np.ndarray:
        """Return the metric's value in every repetition, (repetitions,)."""
        if name not in self.found:
            self.found[name] = self._compute(name)
        return self.found[name]

    def _compute(self, name: str) -> np.ndarray:
        get = self.over_repetitions
        match name:
            case "ARI_CT":
                return self._ari(self.cell_type, self.samples)
            case "1-ARI_B":
                return 1 - self._ari(self.batch, self._shared_samples())
            case "ASW_CT":
                return self._asw(self.cell_type)
            case "1-ASW_B":
                return 1 - self._asw(self.batch)
            case "LISI_CT":
                return self._median_lisi("cell_type")
            case "LISI_B":
                return self._median_lisi("batch")
            case "F1_ARI":
                return f1(scaled(get("ARI_CT"), 0, 1), scaled(get("1-ARI_B"), 0, 1))
            case "F1_ASW":
                return f1(scaled(get("ASW_CT"), -1, 1), scaled(get("1-ASW_B"), 0, 2))
            case "F1_LISI":
                if self.n_types == 1:
                    raise LeftOut("there is one cell type only")
                types = 1 - scaled(get("LISI_CT"), 1, self.n_types)
                return f1(types, scaled(get("LISI_B"), 1, self.n_batches))
        raise KeyError(name)

    def _ari(self, names: np.ndarray, samples: list[np.ndarray]) -> np.ndarray:
        return np.array([self._kmeans_ari(names[rows], rows) for rows in samples])

    def _kmeans_ari(self, names: np.ndarray, rows: np.ndarray) -> float:
        k_means = KMeans(len(np.unique(names)), n_init=1, random_state=self.seed)
        return adjusted_rand_score(names, k_means.fit_predict(self.embedding[rows]))

    def _shared_samples(self) -> list[np.ndarray]:
        """Return each repetition's cells of types that more than one batch has."""
        pairs = pd.DataFrame({"type": self.cell_type, "batch": self.batch}).drop_duplicates()
        counts = pairs["type"].value_counts()
        shared = np.isin(self.cell_type, counts.index[counts > 1])
        if not shared.any():
            raise LeftOut("no cell type is in more than one batch")
        return [rows[shared[rows]] for rows in self.samples]

    def _asw(self, names: np.ndarray) -> np.ndarray:
        if len(np.unique(names)) < 2:
            raise LeftOut("a silhouette needs two groups")
        return np.array(
            [silhouette_score(self.embedding[rows], names[rows]) for rows in self.samples]
        )

    def _median_lisi(self, column: str) -> np.ndarray:
        if column not in self.lisi:
            names = pd.DataFrame({column: getattr(self, column)})
            perplexity = min(PERPLEXITY, max(1, (len(names) - 1) // 3))
            self.lisi[column] = compute_lisi(self.embedding, names, [column], perplexity)[:, 0]
        return np.array([np.median(self.lisi[column][rows]) for rows in self.samples])
