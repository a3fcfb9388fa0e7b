"""Whether a method has the memory that it takes, before it starts."""

from __future__ import annotations

import math
from typing import NamedTuple

import anndata as ad

from aif.methods.not_run import NotPossible

START_MB = 300  # of Python and its packages
SPARSE = 0.6  # of a dense matrix: what cells take that are not made dense, with all that is computed of them


class Memory(NamedTuple):
    """What a method holds at its peak, in dense matrices of cells × genes in float32.

    From what was measured of 4,039 cells in 4 batches and 7,811 in 40 (benchmarks/README.md). `per_pair`
    is what each pair of batches adds, where all are compared with all. More than `dense` cells are not
    made dense.
    """

    matrices: float
    per_pair: float = 0
    dense: float = math.inf

    def mb(self, cells: int, genes: int, batches: int) -> float:
        """Return the peak in MB for a data set of these sizes."""
        matrices = self.matrices + self.per_pair * batches * (batches - 1) / 2
        held = (
            matrices * cells if cells <= self.dense else max(matrices * self.dense, SPARSE * cells)
        )
        return START_MB + held * genes * 4 / 2**20


def check_memory(need: Memory, adata: ad.AnnData, memory_mb: float) -> None:
    """See that a method can have what it takes.

    Raises
    ------
    NotPossible
        If there is less.
    """
    sizes = (*adata.shape, adata.obs["batch"].nunique())
    if need.mb(*sizes) > memory_mb:
        raise NotPossible(
            "it takes about {:.1f} GB of memory for {:,} cells, {:,} genes and {:,} batches, and the machine "
            "has {:.1f} GB; take another machine or fewer genes (n_top_genes)".format(
                need.mb(*sizes) / 1024, *sizes, memory_mb / 1024
            )
        )
