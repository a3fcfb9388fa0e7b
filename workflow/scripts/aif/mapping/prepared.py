"""From counts as they were read to what a model corrects and names."""

from __future__ import annotations

from typing import Any, NamedTuple

import anndata as ad
import pandas as pd

from aif.data.filters import Limits, filtered
from aif.data.groups import check_readable, with_groups
from aif.mapping.genes import Matched, matched
from aif.mapping.mapped import latent_means
from aif.mapping.naming import names_of
from aif.mapping.new_cells import (
    NewCells,
    check_batches,
    check_counts,
    empty_note,
    new_cells,
    placed,
)
from aif.mapping.reference import Reference
from aif.model.model_file import ModelInfo
from aif.model.networks import Networks
from aif.reading.notes import Note, notes_of

GROUPED_BY = ("batch_key", "label_key", "unlabelled")  # keys of a data set


class Prepared(NamedTuple):
    """New cells that a model can take.

    Attributes
    ----------
    counts
        Their counts in the model's genes, and obs with batch and, where known, cell_type.
    cells
        The same in the units of the model.
    match
        Which of their genes are the model's.
    names
        Of their own genes.
    notes
        What was found.
    """

    counts: ad.AnnData
    cells: NewCells
    match: Matched
    names: pd.Index
    notes: list[Note]


def prepared(
    adata: ad.AnnData, info: ModelInfo, reference: Reference, source: dict[str, Any], key: str
) -> Prepared:
    """Return cells as a model takes them, all checks done.

    Parameters
    ----------
    adata
        Counts (n, genes) in X, CSR, with the columns of obs that the entry names.
    info, reference
        Of the model.
    source, key
        The data set's entry in the config, and its key there for messages.

    Raises
    ------
    InputError
        At the first thing that makes the cells unusable.
    """
    notes = notes_of(adata)
    check_readable(adata.obs, notes, source, key)
    match, of_genes = matched(adata.var, info, reference, key)
    adata, left_out = filtered(adata, Limits.of(source), key)
    notes += [*left_out, *check_counts(adata, key), *of_genes]
    obs = with_groups(adata.obs, **{name: source[name] for name in GROUPED_BY}, key=key)
    counts = placed(adata, match, info)
    counts.obs = obs
    notes += [*check_batches(obs["batch"], info), *empty_note(counts)]
    return Prepared(counts, new_cells(counts, info, reference), match, adata.var_names, notes)


def with_names(
    new: Prepared,
    networks: Networks,
    known: tuple[Any, pd.Series],
    neighbours: int,
    confidence: float,
    seed: int,
) -> pd.DataFrame:
    """Name new cells; obs gets named_type and confidence, and the same is returned, a row for each cell.

    Parameters
    ----------
    new, networks
        The cells and the model.
    known
        Latent means (N, d) and types (N,) of cells that the model has corrected.
    neighbours, confidence, seed
        As in `aif.mapping.naming.names_of`.
    """
    latent = latent_means(networks, new.cells)
    names = names_of(latent, *known, neighbours, confidence, seed)
    obs = new.counts.obs
    obs["named_type"] = pd.Categorical(names["cell_type"])
    obs["confidence"] = names["confidence"].to_numpy()
    names.insert(0, "cell", obs.index)
    names.insert(1, "batch", obs["batch"].astype(str).to_numpy())
    return names
