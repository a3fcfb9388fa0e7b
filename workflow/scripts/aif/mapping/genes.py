"""The genes of new cells, matched with those of a model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from aif.errors import InputError
from aif.mapping.reference import Reference
from aif.model.model_file import ModelInfo
from aif.reading.genes import ids_of, without_version
from aif.reading.notes import Note

LEAST = 0.5  # of the model's genes; with fewer its cells and the new ones have little in common
FEW = 5  # so many are named in a message


class Matched(NamedTuple):
    """Which column of the new cells each gene of the model is.

    Attributes
    ----------
    columns
        (G,) int, -1 where the new cells lack the gene.
    by
        By what they were matched: names or ids.
    """

    columns: np.ndarray
    by: str

    @property
    def found(self) -> np.ndarray:
        """Which genes the new cells have, (G,) bool."""
        return self.columns >= 0


def matched(
    var: pd.DataFrame, info: ModelInfo, reference: Reference, key: str
) -> tuple[Matched, list[Note]]:
    """Return the genes of new cells that are the model's, and notes.

    They are matched by names or by stable ids, whichever finds more.

    Parameters
    ----------
    var
        Of the new cells, called by the genes' names; with a column of ids where there are any.
    info, reference
        Of the model.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If less than LEAST of the model's genes are there.
    """
    names = var.index.astype(str).to_numpy(object)
    ids = ids_of(var)
    ids = np.array([], object) if ids is None else without_version(ids)
    pairs = [
        ("names", names, info.genes),
        ("ids", ids, reference.ids),
        ("ids", ids, info.genes),
        ("ids", names, reference.ids),
    ]
    candidates = [
        Matched(pd.Index(own).get_indexer(wanted), by)
        for by, own, wanted in pairs
        if len(own) and wanted and pd.Index(own).is_unique
    ]
    best = max(candidates, key=lambda found: found.found.sum())
    n, share = best.found.sum(), best.found.mean()
    if share < LEAST:
        raise InputError(f"{key}: {_why_so_few(n, names, info)}")
    if best.found.all():
        return best, [Note("genes", "ok", f"all {n} of the model are there, by their {best.by}")]
    gone = [gene for gene, there in zip(info.genes, best.found, strict=True) if not there]
    weight = float(reference.share[torch_mask(~best.found)].sum())
    said = (
        f"{len(gone)} of {len(info.genes)} genes of the model are missing, matched by {best.by} "
        f"({weight:.1%} of the counts of its cells): they are taken as these cells' mean, and corrected "
        f"expression of them is the model's guess: {some(gone)}"
    )
    return best, [Note("genes", "warning", said)]


def torch_mask(mask: np.ndarray) -> list[int]:
    """Return the places of a mask, by which tensors are indexed."""
    return np.flatnonzero(mask).tolist()


def some(names: list[str]) -> str:
    """Return the first few names as text."""
    return ", ".join(names[:FEW]) + (" …" if len(names) > FEW else "")


def _why_so_few(n: int, names: np.ndarray, info: ModelInfo) -> str:
    upper = {str(name).upper() for name in names}
    alike = np.mean([gene.upper() in upper for gene in info.genes])
    hint = "name the column with genes' names or ids in gene_names"
    if alike >= LEAST:
        hint = "in capitals they are the same, so they may be of another species"
    return (
        f"{n} of {len(info.genes)} genes of the model are among those of the cells, which takes half of "
        f"them: here they are like {some(list(names[:3]))}, in the model like {some(info.genes[:3])}; {hint}"
    )


def genes_table(info: ModelInfo, match: Matched, names: pd.Index, dataset: str) -> pd.DataFrame:
    """Return the rows of mapped/genes.tsv: each gene of the model, and its name in the new cells."""
    found = match.found
    called = np.where(found, names.astype(str).to_numpy(object)[match.columns], "")
    return pd.DataFrame(
        {
            "dataset": dataset,
            "gene": info.genes,
            "status": np.where(found, "matched", "missing"),
            "called": called,
        }
    )
