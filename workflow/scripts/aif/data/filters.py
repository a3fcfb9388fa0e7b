"""Which cells and genes of a data set are kept, as the config says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import anndata as ad
import numpy as np

from aif.data.gene_choice import check_named
from aif.data.gene_sets import GENE_SETS
from aif.errors import InputError
from aif.reading.notes import Note

# In the order in which they are applied.
LIMITS = ("min_genes", "max_genes", "max_mito", "min_cells")


class Limits(NamedTuple):
    """Keys of a data set: what a cell must have, and in how many cells a gene must be; None keeps all.

    The genes to keep and to drop are looked up before any gene is left out.
    """

    min_genes: int | None = None
    max_genes: int | None = None
    max_mito: float | None = None
    min_cells: int | None = None
    keep_genes: Sequence[str] = ()
    drop_genes: Sequence[str] = ()

    @classmethod
    def of(cls, source: dict[str, Any]) -> Limits:
        """Return the limits in a data set's entry in the config."""
        return cls(**{name: source[name] for name in cls._fields})


def filtered(adata: ad.AnnData, limits: Limits, key: str) -> tuple[ad.AnnData, list[Note]]:
    """Return the cells within the limits, then the genes that enough of them have; and how many went.

    Parameters
    ----------
    adata
        Counts in X, CSR; unchanged.
    limits
        What is kept.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If no cell or no gene is left, if no gene is of mitochondria where these are to be limited, or if
        the data do not have a gene that is to be kept or dropped.
    """
    check_named(adata.var_names, limits.keep_genes, limits.drop_genes, key)
    notes = []
    for name in LIMITS:
        limit = getattr(limits, name)
        if limit is None:
            continue
        if name == "min_cells":
            found, what = adata.X.getnnz(axis=0), "gene"
        else:
            found, what = _of_cells(adata, name, f"{key}.{name}"), "cell"
        kept = found <= limit if name.startswith("max") else found >= limit
        if not kept.any():
            raise InputError(f"{key}.{name}: no {what} is left with {limit}; change it")
        message = f"{(~kept).sum()} of {len(kept)} {what}s are left out by {name}: {limit}"
        notes.append(Note(name, "ok", message))
        if not kept.all():
            adata = (adata[kept] if what == "cell" else adata[:, kept]).copy()
    return adata, notes


def _of_cells(adata: ad.AnnData, name: str, key: str) -> np.ndarray:
    """Return what a limit is on, for every cell: its detected genes, or its share of mitochondrial counts."""
    if name != "max_mito":
        return adata.X.getnnz(axis=1)
    mito = adata.var_names.str.match(GENE_SETS["mito"])
    if not mito.any():
        raise InputError(
            f"{key}: no gene's name begins with MT-; leave max_mito out, or name the column of genes' "
            "names in gene_names"
        )
    total = adata.X.sum(axis=1).A1
    return adata.X[:, np.flatnonzero(mito)].sum(axis=1).A1 / np.where(total == 0, 1, total)
