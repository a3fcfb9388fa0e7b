"""A correction made elsewhere: which part of a file it is, matched to a data set's cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from aif.reading.content import Content, Unread, Values, Wanted
from aif.reading.forms import content_for_users

DISTANCES = "distances"  # of neighbours, beside the graph that has their weights
FEWEST_GENES = 2
FEW_GENES = 0.5  # of a table's columns; with fewer it is no expression, but places of the cells


class Asked(NamedTuple):
    """Which parts of a file are the correction: names in it; all None leaves it to the file."""

    expression: str | None = None
    embedding: str | None = None
    graph: str | None = None


@dataclass
class OwnCorrection:
    """The parts of a correction, for the n cells of a data set in their order.

    Attributes
    ----------
    genes, expression
        Names of genes and (n, G), as the file has them.
    embedding
        (n, d).
    graph
        (n, n), weights of neighbours.
    """

    genes: pd.Index | None = None
    expression: Values | None = None
    embedding: np.ndarray | None = None
    graph: sparse.csr_matrix | None = None


def read_correction(
    path: str | Path, asked: Asked, cells: pd.Index, genes: pd.Index, where: str
) -> OwnCorrection:
    """Return a correction that a file of any form holds.

    Parameters
    ----------
    path
        A file or folder.
    asked
        What the config says of it.
    cells, genes
        The names of the data set's cells, all of which it must have, and of its genes.
    where
        The key in the config, for messages.

    Raises
    ------
    InputError
        One line that names the key and the file.
    """
    with content_for_users(path, Wanted(cells_in="rows"), where) as content:
        return _correction_in(content, asked, cells, genes)


def _correction_in(
    content: Content, asked: Asked, cells: pd.Index, genes: pd.Index
) -> OwnCorrection:
    matrices = {matrix.name: matrix for matrix in content.matrices}
    there: dict[str, dict[str, Any]] = {
        "expression": matrices,
        "embedding": content.embeddings,
        "graph": {k: v for k, v in content.graphs.items() if not k.endswith(DISTANCES)},
    }
    chosen = _chosen(asked, there)
    names = pd.Index(content.cells.index.astype(str))
    turned = "expression" in chosen and not names.isin(cells).any() and _alone(there)
    own = OwnCorrection()
    if "expression" in chosen:
        matrix = matrices[chosen["expression"]]
        columns, values = matrix.genes.index.astype(str), matrix.read()
        turned = turned and columns.isin(cells).any()
        if turned:
            names, columns, values = columns, names, values.T
        rows = _places(names, cells)
        if asked.expression is None and columns.isin(genes).mean() < FEW_GENES:
            own.embedding = _embedding(values, rows, "the table")
        else:
            own.genes, own.expression = _expression(values, rows, columns, genes)
    else:
        rows = _places(names, cells)
    if "embedding" in chosen:
        name = chosen["embedding"]
        own.embedding = _embedding(content.embeddings[name](), rows, name)
    if "graph" in chosen:
        name = chosen["graph"]
        graph = _numbers(content.graphs[name](), name)
        own.graph = sparse.csr_matrix(graph)[rows][:, rows]
        if own.graph.nnz == 0 or own.graph.data.min() < 0:
            raise Unread(f"has no weights of neighbours in {name}: none, or some below 0")
    return own


def _chosen(asked: Asked, there: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the names of the parts that are the correction, by their kinds."""
    given = {kind: name for kind, name in asked._asdict().items() if name is not None}
    for kind, name in given.items():
        if name not in there[kind]:
            known = ", ".join(there[kind]) or "none"
            raise Unread(f"has no {kind} {name!r}; it has {known}")
    if "graph" in given and len(given) > 1:
        raise Unread("gives a graph with something else; make it a correction of its own")
    if given:
        return given
    likely = {**there, "expression": [name for name in there["expression"] if name == "X"]}
    found = [(kind, name) for kind, names in likely.items() for name in names]
    if len(found) == 1:
        return dict(found)
    listed = ", ".join(f"{kind}: {name}" for kind, name in found) or "neither X, obsm nor obsp"
    raise Unread(f"holds {listed}; say beside path which of them is the correction")


def _alone(there: dict[str, dict[str, Any]]) -> bool:
    """Return whether a file holds one matrix and nothing else, as a table does."""
    return len(there["expression"]) == 1 and not there["embedding"] and not there["graph"]


def _places(names: pd.Index, cells: pd.Index) -> np.ndarray:
    """Return the rows (n,) of the data set's cells."""
    missing = cells[~cells.isin(names)]
    if len(missing):
        raise Unread(
            f"lacks {len(missing)} of the {len(cells)} cells of the data set, such as {missing[0]!r} (its "
            f"own are called like {names[0]!r}); all must be there, by the names of norm_log.h5ad"
        )
    return _positions(names, cells, "cell")


def _expression(
    values: Values, rows: np.ndarray, columns: pd.Index, genes: pd.Index
) -> tuple[pd.Index, Values]:
    """Return the data set's genes that are there, in its order, and their expression."""
    shared = genes[genes.isin(columns)]
    if len(shared) < FEWEST_GENES:
        raise Unread(
            f"has {len(shared)} of the {len(genes)} genes of the data set; its own are called like "
            f"{columns[0]!r}, those of the data set like {genes[0]!r}"
        )
    places = _positions(columns, shared, "gene")
    return shared, _numbers(values, "the expression")[rows][:, places]


def _positions(names: pd.Index, wanted: pd.Index, what: str) -> np.ndarray:
    """Return where wanted names stand, each once; others may stand more than once."""
    own = np.flatnonzero(names.isin(wanted))
    twice = names[own][names[own].duplicated()]
    if len(twice):
        raise Unread(f"has the {what} {twice[0]!r} more than once")
    return own[names[own].get_indexer(wanted)]


def _embedding(values: Any, rows: np.ndarray, name: str) -> np.ndarray:
    found = _numbers(values, name)[rows]
    dense = found.toarray() if sparse.issparse(found) else found
    if dense.ndim != 2 or dense.shape[1] == 0:
        raise Unread(f"has an embedding {name} of shape {dense.shape}; it needs cells × dimensions")
    return dense


def _numbers(values: Any, name: str) -> Values:
    """Return values as float32, if all are numbers."""
    if not sparse.issparse(values):
        values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise Unread(f"cannot be used: {name} holds no numbers but {values.dtype}")
    numbers = (sparse.csr_matrix(values) if sparse.issparse(values) else values).astype(np.float32)
    if not np.isfinite(numbers.data if sparse.issparse(numbers) else numbers).all():
        raise Unread(f"has values in {name} that are NaN or infinite")
    return numbers
