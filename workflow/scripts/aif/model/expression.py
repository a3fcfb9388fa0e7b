"""Expression that stays as it is stored, of which a few cells at a time are made dense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

CHUNK = 2048  # cells that are made dense at a time where all are asked for
DENSE_BYTES = (
    2**28
)  # up to which all cells are made dense in memory: a step is some per cent faster
GPU_SHARE = 0.5  # of a card's free memory that dense expression may take


class SparseExpression:
    """Expression (n, G) in the units of the model, which stands for the dense tensor of it.

    Rows of it are dense tensors, to the last bit those of the tensor: `x[rows]`, `x.split(cells)`.

    Parameters
    ----------
    stored
        (N, G), in the units of the variant's input: a CSR matrix, or one on disk (anndata's CSRDataset).
    scale
        (G,) float32, the units of the model.
    rows
        (n,), which of the stored cells these are; all where not given.
    device
        Where dense rows are to be.
    """

    def __init__(
        self,
        stored: Any,
        scale: np.ndarray,
        rows: np.ndarray | None = None,
        device: str = "cpu",
    ) -> None:
        self.stored, self.scale, self.rows = stored, scale, rows
        self.device = torch.device(device)
        self.shape = (stored.shape[0] if rows is None else len(rows), stored.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        """Return some cells (cells, G), dense."""
        chosen = rows if isinstance(rows, slice) else rows.cpu().numpy()
        x = self.stored[chosen if self.rows is None else self.rows[chosen]].toarray()
        x /= self.scale
        dense = torch.from_numpy(x)
        if self.device.type == "cpu":
            return dense
        return dense.pin_memory().to(self.device, non_blocking=True)

    def split(self, size: int) -> Iterator[Tensor]:
        """Yield all cells, dense, up to `size` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def dense(self) -> Tensor:
        """Return all cells (n, G), without a dense copy elsewhere."""
        whole = torch.empty(self.shape, device=self.device)
        for start, part in zip(range(0, len(self), CHUNK), self.split(CHUNK), strict=True):
            whole[start : start + CHUNK] = part
        return whole

    def subset(self, rows: Tensor) -> SparseExpression:
        """Return some of the cells, which stay stored where they are."""
        chosen = rows.cpu().numpy()
        chosen = chosen if self.rows is None else self.rows[chosen]
        return SparseExpression(self.stored, self.scale, chosen, str(self.device))

    def to(self, device: str) -> Tensor | SparseExpression:
        """Return what a device holds: all cells, dense, where they fit, else what makes minibatches dense.

        They fit on the CPU up to DENSE_BYTES, and on a card up to GPU_SHARE of what is free there.
        """
        there = SparseExpression(self.stored, self.scale, self.rows, device)
        most = DENSE_BYTES
        if there.device.type == "cuda":
            most = GPU_SHARE * torch.cuda.mem_get_info(there.device)[0]
        return there.dense() if 4 * np.prod(self.shape) <= most else there
