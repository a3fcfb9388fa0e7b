"""Which genes are trained on and judged: the most variable ones, with and without those that are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

from aif.data.gene_sets import GENE_SETS
from aif.errors import InputError
from aif.reading.notes import Note

FEWEST = 3  # fewer have no two components to show
ROUNDING = 1e-5  # of a value; what differs by less is the same


class Choice(NamedTuple):
    """Keys of a data set: how many of the most variable genes, which in any case, and which not."""

    n_top_genes: int | None = None
    keep_genes: tuple[str, ...] = ()
    drop_genes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: dict[str, Any]) -> Choice:
        """Return the choice in a data set's entry in the config."""
        return cls(source["n_top_genes"], *(tuple(source[f"{x}_genes"]) for x in ("keep", "drop")))


def check_named(names: pd.Index, keep: Sequence[str], drop: Sequence[str], key: str) -> None:
    """Accept names of genes to keep and to drop if the data have such genes, or there is such a set.

    Parameters
    ----------
    names
        Of all genes of the file, before any is left out.
    keep, drop, key
        As in the config, and the data set's key there for messages.

    Raises
    ------
    InputError
        At the first that is not there.
    """
    for gene in keep:
        if gene not in names:
            raise InputError(
                f"{key}.keep_genes: there is no gene {gene!r}; names are like {', '.join(names[:3])}"
            )
    for name in drop:
        if name not in names and name not in GENE_SETS:
            raise InputError(
                f"{key}.drop_genes: {name!r} is no gene of the data and no set; sets are "
                f"{', '.join(GENE_SETS)}"
            )


def chosen_genes(logs: ad.AnnData, choice: Choice, key: str) -> tuple[np.ndarray, list[Note]]:
    """Return a mask (G,) of the genes that are used, and notes.

    The most variable ones are found within batches (scanpy, flavour seurat) among those that are not left
    out; genes to keep come on top of them.

    Parameters
    ----------
    logs
        The norm_log form, with obs batch.
    choice
        What the config says; `check_named` has accepted its names.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If too few genes are left, or none is more variable than others.
    """
    names, notes = logs.var_names, []
    kept = names.isin(list(choice.keep_genes))
    gone = [name for name in choice.keep_genes if name not in names]
    if gone:
        said = f"{', '.join(gone)}: left out by min_cells, and so not kept"
        notes.append(Note("keep_genes", "warning", said))
    dropped = np.zeros(len(names), bool)
    for name in choice.drop_genes:
        own = _of_set(names, name) & ~kept
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
        x = logs.X if used.all() else logs.X[:, np.flatnonzero(used)]
        among = ad.AnnData(x, logs.obs, logs.var[used])
        used[used], silent = most_variable_genes(among, n, f"{key}.n_top_genes")
        if silent:
            said = (
                f"no gene varies, or all vary alike, in {', '.join(silent)}; other batches decide"
            )
            notes.append(Note("n_top_genes", "warning", said))
    if (used | kept).sum() < FEWEST:
        raise InputError(
            f"{key}.drop_genes: {(used | kept).sum()} genes are left; drop less, or keep more"
        )
    return used | kept, notes


def most_variable_genes(
    logs: ad.AnnData, n_top_genes: int, key: str = "n_top_genes"
) -> tuple[np.ndarray, list[str]]:
    """Return a mask (G,) of the genes whose logarithms vary most within batches (scanpy, flavour seurat).

    A batch in which no gene varies, or all vary alike, does not vote; the names of these are returned too.

    Raises
    ------
    InputError
        If no batch votes; it names the key.
    """
    batches = logs.obs["batch"].astype(str)
    cells = {name: (batches == name).to_numpy() for name in batches.unique()}
    voting = [name for name in cells if _vary(logs.X[cells[name]])]
    found = _ranked(logs, batches.isin(voting).to_numpy(), n_top_genes)
    if found is None:
        voting = [name for name in voting if _ranked(logs, cells[name], n_top_genes) is not None]
        found = _ranked(logs, batches.isin(voting).to_numpy(), n_top_genes)
    if found is None:
        raise InputError(
            f"{key}: in every batch no gene varies, or all vary alike, so that none can be chosen; leave "
            "it out"
        )
    mask = found["highly_variable"].reindex(logs.var_names).to_numpy()
    return mask, [name for name in cells if name not in voting]


def _ranked(logs: ad.AnnData, voting: np.ndarray, n_top_genes: int) -> pd.DataFrame | None:
    """Return scanpy's table of genes by some cells (N,), None if it can rank none of a batch."""
    if not voting.any():
        return None
    try:
        return sc.pp.highly_variable_genes(
            logs if voting.all() else logs[voting].copy(),
            n_top_genes=n_top_genes,
            batch_key="batch",
            inplace=False,
        )
    except (IndexError, ValueError):  # nothing to compare, or no bins to compare within
        return None


def _vary(x: np.ndarray | sparse.csr_matrix) -> bool:
    """Return whether any gene differs between cells (n, G), by more than by rounding."""
    rows = sparse.csr_matrix(x)
    least, most = rows.min(axis=0).toarray(), rows.max(axis=0).toarray()
    return bool((most - least > ROUNDING * most).any())


def _of_set(names: pd.Index, name: str) -> np.ndarray:
    """Return a mask (G,) of the genes of a set, or of the one gene of a name."""
    return np.asarray(names.str.match(GENE_SETS[name]) if name in GENE_SETS else names == name)
