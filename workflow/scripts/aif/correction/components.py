"""Principal components of cells that go by in chunks, as an embedding."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.decomposition import IncrementalPCA

from aif.correction.decoding import CHUNK


class Components:
    """Components (Ross et al. 2008, as scikit-learn has them), found without all cells in memory.

    Parameters
    ----------
    wanted
        How many; there are no more of them than genes, known cells, and cells in a chunk.
    """

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.pca: IncrementalPCA | None = None
        self.waiting: list[np.ndarray] = []

    def add(self, cells: np.ndarray) -> None:
        """Take cells (cells, G) that shape the components."""
        self.waiting.append(cells)
        if sum(map(len, self.waiting)) >= CHUNK:
            self._fit()

    def of(self, chunks: Iterable[np.ndarray]) -> np.ndarray:
        """Return the components (n, k) float32 of cells (cells, G) each."""
        if self.waiting:
            self._fit()
        return np.concatenate([self.pca.transform(part) for part in chunks]).astype(np.float32)

    def _fit(self) -> None:
        cells = np.concatenate(self.waiting)
        self.waiting = []
        if self.pca is None:
            self.pca = IncrementalPCA(min(self.wanted, *cells.shape))
        self.pca.partial_fit(cells)
