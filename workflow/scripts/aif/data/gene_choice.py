"""Which genes are trained on and judged: the most variable ones, with and without those that are named."""

from __future__ import annotations

from typing import Any, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc

from aif.data.gene_sets import GENE_SETS
from aif.errors import InputError
from aif.reading.notes import Note

FEWEST = 3  # fewer have no two components to show


class Choice(NamedTuple):
    """Keys of a data set: how many of the most variable genes, which in any case, and which not."""

    n_top_genes: int | None = None
    keep_genes: tuple[str, ...] = ()
    drop_genes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: dict[str, Any]) -> Choice:
        """Return the choice in a data set's entry in the config."""
        return cls(source["n_top_genes"], *(tuple(source[f"{x}_genes"]) for x in ("keep", "drop")))


def chosen_genes(logs: ad.AnnData, choice: Choice, key: str) -> tuple[np.ndarray, list[Note]]:
    """Return a mask (G,) of the genes that are used, and notes.

    The most variable ones are found within batches (scanpy, flavour seurat) among those that are not left
    out; genes to keep come on top of them.

    Parameters
    ----------
    logs
        The norm_log form, with obs batch.
    choice
        What the config says.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If a gene that is named is not there, or too few are left.
    """
    names, notes = logs.var_names, []
    kept = _named(names, choice.keep_genes, f"{key}.keep_genes")
    dropped = np.zeros(len(names), bool)
    for name in choice.drop_genes:
        own = _of_set(names, name, f"{key}.drop_genes") & ~kept
        dropped |= own
        if name in GENE_SETS:
            status = "ok" if own.any() else "warning"
            notes.append(Note("drop_genes", status, f"{name}: {own.sum()} genes are left out"))
    used = ~dropped
    n = choice.n_top_genes
    if n is not None and n > used.sum():
        said = f"{n} are asked for and {used.sum()} are there: all are kept"
        notes.append(Note("n_top_genes", "warning", said))
    elif n is not None and n < used.sum():
        among = ad.AnnData(logs.X[:, np.flatnonzero(used)], logs.obs, logs.var[used])
        used[used] = most_variable_genes(among, n)
    if (used | kept).sum() < FEWEST:
        raise InputError(
            f"{key}.drop_genes: {(used | kept).sum()} genes are left; drop less, or keep more"
        )
    return used | kept, notes


def most_variable_genes(logs: ad.AnnData, n_top_genes: int) -> np.ndarray:
    """Return a mask (G,) of the genes whose logarithms vary most within batches (scanpy, flavour seurat)."""
    found = sc.pp.highly_variable_genes(
        logs, n_top_genes=n_top_genes, batch_key="batch", inplace=False
    )
    return found["highly_variable"].reindex(logs.var_names).to_numpy()


def _named(names: pd.Index, genes: tuple[str, ...], key: str) -> np.ndarray:
    for gene in genes:
        if gene not in names:
            raise InputError(
                f"{key}: there is no gene {gene!r}; names are like {', '.join(names[:3])}"
            )
    return names.isin(list(genes))


def _of_set(names: pd.Index, name: str, key: str) -> np.ndarray:
    if name in GENE_SETS:
        return names.str.match(GENE_SETS[name])
    if name not in names:
        raise InputError(
            f"{key}: {name!r} is no gene of the data and no set; sets are {', '.join(GENE_SETS)}"
        )
    return np.asarray(names == name)
