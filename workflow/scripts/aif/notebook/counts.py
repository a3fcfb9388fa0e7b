"""Counts of a notebook's data set in the form in which the workflow reads files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence

import anndata as ad
import numpy as np
from pydantic import ValidationError
from scipy import sparse

from aif.config.problems import one_line
from aif.errors import InputError
from aif.reading.notes import Note


def counts_of(adata: ad.AnnData, layer: str | None) -> ad.AnnData:
    """Return counts (n, G) as CSR with obs and var, nothing else.

    Parameters
    ----------
    adata
        The data set; unchanged.
    layer
        The layer that holds the counts; without it X.

    Raises
    ------
    InputError
        If there is no such layer.
    """
    if layer is not None and layer not in adata.layers:
        raise InputError(f"layer: there is no layer {layer!r}; there are {sorted(adata.layers)}")
    x = adata.X if layer is None else adata.layers[layer]
    if x is None:
        raise InputError("X is empty; name the layer with the counts in layer")
    counts = sparse.csr_matrix(x, dtype=np.float32)
    counts.eliminate_zeros()
    counts.sort_indices()
    return ad.AnnData(counts, obs=adata.obs.copy(), var=adata.var.copy())


@contextlib.contextmanager
def said_in_one_line() -> Iterator[None]:
    """Make one line, an `InputError`, of arguments that the config would refuse."""
    try:
        yield
    except ValidationError as error:
        raise InputError(one_line(error).removeprefix("config: ")) from None


def warn(notes: Sequence[Note]) -> None:
    """Say what was found that a user should know."""
    for note in notes:
        if note.status == "warning":
            logging.getLogger("aif").warning("warning: %s: %s", note.check, note.message)
