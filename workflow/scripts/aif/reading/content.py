"""What a file holds, whatever its form: matrices, a table of cells, a table of genes for each matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from aif.reading.notes import Note

SOME = 1_000_000  # so many values tell what a matrix holds, without reading all of it
ROUNDING, MOST_ROUNDED = 1e-6, 0.01  # a share of counts that somebody has scaled there and back
BLOCKS = 5  # places in a matrix that they are taken from

Values = np.ndarray | sparse.spmatrix


class Unread(Exception):
    """What keeps a file from being read. The message follows the file's name and says what to do."""


@dataclass(frozen=True)
class Matrix:
    """A matrix of cells × genes that a file holds.

    Attributes
    ----------
    name
        `X`, `raw`, or the name of a layer.
    genes
        A row for each of its columns; the index is their names.
    read, some
        What reads all of it, and some of its values that are not 0, (k,).
    notes
        What users should know of its genes, if it is used.
    """

    name: str
    genes: pd.DataFrame
    read: Callable[[], Values]
    some: Callable[[], np.ndarray]
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(cls, values: Values, genes: pd.DataFrame, name: str = "X") -> Matrix:
        """Return a matrix that is in memory."""
        return cls(name, genes, lambda: values, lambda: some_of(values))


@dataclass
class Content:
    """What a file holds.

    Attributes
    ----------
    matrices
        All that may be the counts.
    cells
        A row for each of their rows; the index is the cells' names.
    notes
        What users should know.
    embeddings, graphs
        What reads the places of its cells, and the graphs between them, by their names.
    left_out
        Why a matrix, by its name, is none of `matrices`.
    counts_only
        Whether the file holds more than its counts that is not read, which may be a correction.
    """

    matrices: list[Matrix]
    cells: pd.DataFrame
    notes: list[Note] = field(default_factory=list)
    embeddings: dict[str, Callable[[], Any]] = field(default_factory=dict)
    graphs: dict[str, Callable[[], Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    counts_only: bool = False

    def check_whole(self, name: str) -> None:
        """Accept a name but that of a matrix which had to be left out.

        Raises
        ------
        Unread
            If it is one; it says why.
        """
        if name in self.left_out:
            raise Unread(f"is damaged: {self.left_out[name]}")


class Wanted(NamedTuple):
    """What the config says of a file: keys of a data set, of which None leaves it to the file."""

    layer: str | None = None
    gene_names: str | None = None
    genome: str | None = None
    cells_in: str | None = None
    barcode_suffix: str | None = None


def some_of(values: Any) -> np.ndarray:
    """Return up to `SOME` values that are not 0, from several places of a matrix or an array."""
    if sparse.issparse(values):
        values = values.data
    rows = max(1, SOME // BLOCKS // int(np.prod(values.shape[1:]) or 1))
    starts = np.unique(np.linspace(0, max(0, values.shape[0] - rows), BLOCKS).astype(int))
    some = np.concatenate([np.ravel(values[start : start + rows]) for start in starts])
    return some[some != 0]


def canonical(values: Values, name: str) -> sparse.csr_matrix:
    """Return a matrix as CSR of float32: no zeros, each entry once, in the order of the columns.

    Counts that are whole but for `ROUNDING` are whole again.

    Raises
    ------
    Unread
        If it holds no numbers, or points beyond itself.
    """
    if values.dtype.kind not in "biuf":
        raise Unread(f"cannot be used: the values of {name} are no numbers but {values.dtype}")
    if sparse.issparse(values):
        try:
            values.check_format()  # or converting it would write beyond its memory
        except ValueError as error:
            raise Unread(f"is damaged: {name}: {error}") from error
    with np.errstate(over="ignore"):  # what is too large is infinite, which is checked for
        rows = sparse.csr_matrix(values.astype(np.float32, copy=False))
    rows.sum_duplicates()
    some = some_of(rows)
    if (some != np.rint(some)).any() and are_whole(some) and are_whole(rows.data):
        np.rint(rows.data, out=rows.data)
    rows.eliminate_zeros()
    return rows


def are_whole(values: np.ndarray) -> bool:
    """Return whether values (k,), none of them 0, are whole numbers but for `ROUNDING`."""
    finite = values[np.isfinite(values)]
    whole = np.rint(finite)
    apart = np.minimum(ROUNDING * np.abs(finite), MOST_ROUNDED)
    return bool(((np.abs(finite - whole) <= apart) & (whole != 0)).all())
