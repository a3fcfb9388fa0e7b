"""What a training reads of a file of preprocessing."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
from anndata.abc import CSRDataset
from anndata.io import read_elem, sparse_dataset

from aif.job.memory import machine_memory_mb

SHARE = 0.5  # of the machine's memory that expression may take, as it is stored


def trained_cells(path: str | Path, memory_mb: float | None = None) -> ad.AnnData:
    """Return a preprocessed data set without its counts, which a training does not need.

    X is in memory as it is stored, CSR, or if that takes too much of it stays in the file.

    Parameters
    ----------
    path
        A file of preprocessing.
    memory_mb
        How much memory the machine has; without it, it is asked.
    """
    file = h5py.File(path)
    parts = {name: read_elem(file[name]) for name in ("obs", "var", "obsm", "uns")}
    stored = file["X"]
    size = sum(stored[name].size * stored[name].dtype.itemsize for name in ("data", "indices"))
    held = size / 2**20 <= SHARE * (memory_mb or machine_memory_mb())
    return ad.AnnData(read_elem(stored) if held else sparse_dataset(stored), **parts)


def stored_counts(path: str | Path) -> CSRDataset:
    """Return the counts (n, G) of a file of preprocessing, which stay in the file."""
    return sparse_dataset(h5py.File(path)["layers/counts"])
