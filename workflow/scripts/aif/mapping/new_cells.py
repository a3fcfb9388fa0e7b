"""New cells as a model sees its own: its genes, its units, and what is missing filled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
import torch
from scipy import sparse
from torch import Tensor

from aif.errors import InputError
from aif.mapping.genes import Matched
from aif.mapping.reference import Reference
from aif.model.cells import SparseCells
from aif.model.model_file import ModelInfo
from aif.reading.counts import LOGARITHMS, kind_of
from aif.reading.notes import Note


@dataclass(frozen=True)
class NewCells:
    """Cells of which some genes may be missing, made dense a chunk at a time as `SparseCells` are.

    Attributes
    ----------
    cells
        With 0 for genes that are missing.
    missing
        (G,) bool.
    filling
        (G,), what the model is told of missing genes, in its units.
    """

    cells: SparseCells
    missing: Tensor
    filling: Tensor

    @property
    def scale(self) -> np.ndarray:
        return self.cells.scale

    def chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield expression in the units of the model and covariates, up to `size` cells at a time."""
        for x, covariates in self.cells.chunks(size):
            x[:, self.missing] = self.filling[self.missing]
            yield x, covariates

    def rows(self, rows: np.ndarray) -> Tensor:
        """Return the expression of some cells (k, G) in the units of the model."""
        x = torch.from_numpy(self.cells.expression[rows].toarray() / self.scale)
        x[:, self.missing] = self.filling[self.missing]
        return x


def check_counts(adata: ad.AnnData, key: str) -> list[Note]:
    """Accept new cells whose values are counts; return a warning where they may not be.

    Raises
    ------
    InputError
        If they are logarithms or scaled, if a name is not unique, or if a cell is empty.
    """
    values = adata.X.data
    remedy = "give raw counts, or name the layer with them in layer"
    for names, what in ((adata.obs_names, "cell"), (adata.var_names, "gene")):
        twice = names[names.duplicated()]
        if len(twice):
            raise InputError(
                f"{key}: {what} name {twice[0]!r} is not unique; make names unique in the file"
            )
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError(f"{key}: some values are negative, NaN or infinite; {remedy}")
    kind = kind_of(values)
    if kind == LOGARITHMS:
        raise InputError(f"{key}: the values look like logarithms; {remedy}")
    empty = np.flatnonzero(np.asarray(adata.X.sum(axis=1)).ravel() == 0)
    if len(empty):
        raise InputError(
            f"{key}: {len(empty)} cells have no counts, first {adata.obs_names[empty[0]]!r}; drop them, "
            "for instance with min_genes"
        )
    if (values != np.rint(values)).any():
        return [Note("counts", "warning", "some values are no integers; they are used as they are")]
    return []


def placed(adata: ad.AnnData, match: Matched, info: ModelInfo) -> ad.AnnData:
    """Return new cells' counts in the model's genes (n, G), in X and layers, with 0 for missing ones.

    `var["matched"]` says which genes were there.
    """
    there = np.flatnonzero(match.found)
    place = sparse.csr_matrix(
        (np.ones(len(there), np.float32), (match.columns[there], there)),
        shape=(adata.n_vars, len(info.genes)),
    )
    counts = sparse.csr_matrix(adata.X.astype(np.float32) @ place)
    counts.sort_indices()
    result = ad.AnnData(counts, obs=adata.obs.copy(), layers={"counts": counts})
    result.var_names = info.genes
    result.var["matched"] = match.found
    return result


def new_cells(counts: ad.AnnData, info: ModelInfo, reference: Reference) -> NewCells:
    """Return cells in the units of the model, normalised as its own were.

    A cell's counts are scaled to the median library of the model's cells, or what its genes that are there
    have of it.

    Parameters
    ----------
    counts
        As `placed` returns them.
    info, reference
        Of the model.
    """
    missing = torch.from_numpy(~counts.var["matched"].to_numpy())
    there = float(reference.share[~missing].sum()) if missing.any() else 1.0
    x = ad.AnnData(counts.X.copy())
    if info.transform == "norm":
        sc.pp.normalize_total(x, target_sum=there)
    elif info.transform == "norm_log":
        sc.pp.normalize_total(x, target_sum=reference.library * there)
        sc.pp.log1p(x)
    scale = np.array(info.scale, dtype=np.float32)
    cells = SparseCells(x.X, scale, torch.zeros(counts.n_obs, 0))
    return NewCells(cells, missing, reference.mean / torch.from_numpy(scale))


def empty_note(counts: ad.AnnData) -> list[Note]:
    """Return a warning if some cells have no counts in any of the model's genes."""
    n = int((np.asarray(counts.X.sum(axis=1)).ravel() == 0).sum())
    said = (
        f"{n} of {counts.n_obs} cells have no counts in the model's genes, and all the same place"
    )
    return [Note("empty cells", "warning", said)] if n else []


def check_batches(batches: pd.Series, info: ModelInfo) -> list[Note]:
    """Return notes of new cells' batches (n,): their sizes, and whether one is called as an old one."""
    sizes = batches.astype(str).value_counts().sort_index()
    said = ", ".join(f"{name} ({size})" for name, size in sizes.items())
    notes = [Note("batches", "ok", said)]
    both = [name for name in sizes.index if name in info.batches]
    if both:
        said = (
            f"{', '.join(both)}: the model has batches of these names; the cells are taken as cells of new "
            "batches all the same"
        )
        notes.append(Note("known batches", "warning", said))
    return notes
