"""A correction made elsewhere: which part of a file it is, matched to a data set's cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from aif.reading.content import Content, Unread, Values, Wanted
from aif.reading.forms import content_for_users
from aif.reading.orientation import GENE

DISTANCES = "distances"  # of neighbours, beside the graph that has their weights
FEWEST_GENES = 2
MOSTLY = 0.5  # of a table's columns, or of the data set's genes, are genes: then it is expression
DIMENSION = re.compile(r"(.*?)\d+")  # 0, 1, 2 or PC_1, PC_2: names of an embedding's columns
OBJECT_OF_R = (
    "is an object of R, of which the counts are read and nothing else; save the corrected matrix, or "
    "Embeddings(object), by saveRDS()"
)


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
        if content.counts_only:
            raise Unread(OBJECT_OF_R)
        chosen = _chosen(content, asked)
        if "expression" in chosen:
            own = _of_matrix(content, chosen, asked.expression is not None, cells, genes)
        else:
            own = OwnCorrection()
        rows = _Rows(content.cells.index.astype(str), cells)
        if "embedding" in chosen:
            name = chosen["embedding"]
            own.embedding = _embedding(content.embeddings[name](), rows, name)
        if "graph" in chosen:
            own.graph = _graph(content.graphs[chosen["graph"]](), rows, chosen["graph"])
    return own


def _chosen(content: Content, asked: Asked) -> dict[str, str]:
    """Return the names of the parts that are the correction, by their kinds."""
    there = {
        "expression": [matrix.name for matrix in content.matrices],
        "embedding": [*content.embeddings],
        "graph": [name for name in content.graphs if not name.endswith(DISTANCES)],
    }
    given = {kind: name for kind, name in asked._asdict().items() if name is not None}
    content.check_whole(given.get("expression", "") if given else "X")
    for kind, name in given.items():
        if name not in there[kind]:
            known = ", ".join(there[kind]) or "none"
            raise Unread(f"has no {kind} {name!r}; it has {known}")
    if given:
        return given
    found = [(kind, name) for kind, names in there.items() for name in names]
    likely = [(kind, name) for kind, name in found if kind != "expression" or name == "X"]
    if len(likely) == 1:
        return dict(likely)
    listed = ", ".join(f"{kind}: {name}" for kind, name in likely or found) or "no such part"
    raise Unread(f"holds {listed}; say beside path which of them is the correction")


class _Rows:
    """Where the data set's cells are among the names of a file; told when they are first asked for."""

    def __init__(self, names: pd.Index, cells: pd.Index) -> None:
        self.names, self.cells = names, cells

    def of(self, values: Values) -> Values:
        """Return the rows (n, …) of the data set's cells."""
        missing = self.cells[~self.cells.isin(self.names)]
        if len(missing):
            raise Unread(
                f"lacks {len(missing)} of the {len(self.cells)} cells of the data set, such as "
                f"{missing[0]!r} (its own are called like {self.names[0]!r}); all must be there, by the "
                "names of norm_log.h5ad"
            )
        return values[_positions(self.names, self.cells, "cell")]


def _of_matrix(
    content: Content, chosen: dict[str, str], is_expression: bool, cells: pd.Index, genes: pd.Index
) -> OwnCorrection:
    """Return the expression that a matrix is, or the embedding if it is a table of one."""
    matrix = next(m for m in content.matrices if m.name == chosen["expression"])
    names, columns = (pd.Index(t.index.astype(str)) for t in (content.cells, matrix.genes))
    values = matrix.read()
    if len(chosen) == 1 and _are_turned(names, columns, cells, genes):
        names, columns, values = columns, names, values.T
    rows = _Rows(names, cells)
    shared = genes[genes.isin(columns)]
    most = max(columns.isin(genes).mean(), len(shared) / len(genes))
    if not is_expression and most < MOSTLY:
        _check_dimensions(columns, genes)
        return OwnCorrection(embedding=_embedding(values, rows, "the table"))
    if len(shared) < FEWEST_GENES:
        raise Unread(
            f"has {len(shared)} of the {len(genes)} genes of the data set; its own are called like "
            f"{columns[0]!r}, those of the data set like {genes[0]!r}"
        )
    if sparse.issparse(values):
        values = sparse.csr_matrix(values)
    own = rows.of(values)[:, _positions(columns, shared, "gene")]
    return OwnCorrection(genes=shared, expression=_numbers(own, "the expression"))


def _are_turned(names: pd.Index, columns: pd.Index, cells: pd.Index, genes: pd.Index) -> bool:
    """Return whether the cells are in the columns.

    Where names fit both ways, as numbers do, the way in which more genes are found counts.
    """
    fits = [cells.isin(found).all() for found in (names, columns)]
    if all(fits):
        upright, turned = (genes.isin(found).sum() for found in (columns, names))
        if upright == turned:
            raise Unread("may have its cells in rows or in columns: their names do not tell")
        return turned > upright
    return fits[1] or (not names.isin(cells).any() and columns.isin(cells).any())


def _check_dimensions(columns: pd.Index, genes: pd.Index) -> None:
    """Accept columns that are named as the dimensions of one embedding are."""
    starts = {found[1] if (found := DIMENSION.fullmatch(name)) else None for name in columns}
    if len(starts) > 1 or None in starts or any(GENE.fullmatch(name) for name in columns):
        raise Unread(
            f"has columns {', '.join(columns[:4])} …: neither genes of the data set (such as {genes[0]!r}) "
            "nor one embedding, whose columns are called 0, 1, 2 or PC_1, PC_2; rename or remove columns"
        )


def _positions(names: pd.Index, wanted: pd.Index, what: str) -> np.ndarray:
    """Return where wanted names stand, each once; others may stand more than once."""
    own = np.flatnonzero(names.isin(wanted))
    twice = names[own][names[own].duplicated()]
    if len(twice):
        raise Unread(f"has the {what} {twice[0]!r} more than once")
    return own[names[own].get_indexer(wanted)]


def _embedding(values: Any, rows: _Rows, name: str) -> np.ndarray:
    values = sparse.csr_matrix(values).toarray() if sparse.issparse(values) else np.asarray(values)
    if values.ndim != 2 or values.shape[1] == 0:
        raise Unread(f"has an embedding {name} of shape {values.shape}; give cells × dimensions")
    return _numbers(rows.of(values), name)


def _graph(values: Any, rows: _Rows, name: str) -> sparse.csr_matrix:
    own = rows.of(rows.of(sparse.csr_matrix(values)).T.tocsr()).T.tocsr()
    graph = _numbers(own, name)
    if graph.nnz == 0 or graph.data.min() < 0:
        raise Unread(f"has no weights of neighbours in {name}: none, or some below 0")
    return graph


def _numbers(values: Values, name: str) -> Values:
    """Return values as float32, if all are numbers."""
    if values.dtype.kind not in "biuf":
        raise Unread(f"cannot be used: {name} holds no numbers but {values.dtype}")
    numbers = values.astype(np.float32)
    if not np.isfinite(numbers.data if sparse.issparse(numbers) else numbers).all():
        raise Unread(f"has values in {name} that are NaN or infinite")
    return numbers
