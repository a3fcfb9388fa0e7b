"""Data sets that are to be refused, and what the one line says."""

import h5py
import numpy as np
from cells import simulated
from making import renamed_batches, simulated_with, with_counts, with_names, with_obs, written
from scipy import sparse


def bytes_as(content):
    def make(folder):
        (folder / "cells.h5ad").write_bytes(content)
        return {"path": str(folder / "cells.h5ad")}

    return make


def truncated(folder):
    entry = written(simulated(), folder / "cells.h5ad")
    content = (folder / "cells.h5ad").read_bytes()
    (folder / "cells.h5ad").write_bytes(content[: len(content) // 2])
    return entry


def damaged(folder):
    entry = written(simulated(), folder / "cells.h5ad")
    with h5py.File(folder / "cells.h5ad", "r+") as file:
        del file["X"]["indices"]
    return entry


def indices_too_large(folder):
    entry = written(simulated(), folder / "cells.h5ad")
    with h5py.File(folder / "cells.h5ad", "r+") as file:
        file["X"]["indices"][5] = 10_000
    return entry


def column_indices_too_large(folder):
    entry = with_counts(sparse.csc_matrix)(folder)
    with h5py.File(folder / "cells.h5ad", "r+") as file:
        file["X"]["indices"][5] = 10_000_000
    return entry


def lengths_differ(folder):
    entry = written(simulated(), folder / "cells.h5ad")
    with h5py.File(folder / "cells.h5ad", "r+") as file:
        indptr = file["X"]["indptr"][:-10]
        del file["X"]["indptr"]
        file["X"]["indptr"] = indptr
        file["X"].attrs["shape"] = (len(indptr) - 1, 60)
    return entry


def other_hdf5(folder):
    with h5py.File(folder / "cells.h5ad", "w") as file:
        file["matrix"] = np.ones((3, 3))
    return {"path": str(folder / "cells.h5ad")}


def values(value):
    def convert(x):
        dense = x.toarray()
        dense[5, 7] = value
        return dense

    return with_counts(convert)


def values_of_float64(value):
    def convert(x):
        dense = x.toarray().astype(np.float64)
        dense[5, 7] = value
        return dense

    return with_counts(convert)


def empty_cell(x):
    dense = x.toarray()
    dense[5] = 0
    return dense


# The maker, and what the one line says.
BROKEN = {
    "no_bytes": (bytes_as(b""), "is empty; see whether it was downloaded to its end"),
    "text": (bytes_as(b"gene,cell\n1,2\n"), "does not show where its cells are"),
    "one_line": (bytes_as(b"not an h5ad file"), "cannot be read (it has one line only)"),
    "truncated": (truncated, "cannot be read"),
    "damaged": (damaged, "cannot be read"),
    "indices_too_large": (indices_too_large, "is damaged: X: indices must be < 60"),
    "column_indices_too_large": (column_indices_too_large, "is damaged: X: indices must be < 120"),
    "lengths_differ": (lengths_differ, "is damaged: X is (110, 60), but there are (120, 60) cells"),
    "other_hdf5": (other_hdf5, "is HDF5 of a kind that is not known: it holds matrix"),
    "nan": (values(np.nan), "1 values are NaN, first in gene 'gene7'"),
    "infinite": (values(np.inf), "1 values are infinite, first in gene 'gene7'"),
    "negative": (values(-1), "1 values are negative, first in gene 'gene7'"),
    "complex": (with_counts(lambda x: x.toarray().astype(complex)), "are no numbers"),
    "too_large": (values_of_float64(1e39), "1 values are infinite, first in gene 'gene7'"),
    "empty_cell": (with_counts(empty_cell), "1 cells have no counts, first 'cell5'"),
    "all_zero": (with_counts(lambda x: sparse.csr_matrix(x.shape)), "120 cells have no counts"),
    "text_for_counts": (
        with_counts(lambda x: x.toarray().astype(int).astype(str).astype(object)),
        "are no numbers",
    ),
    "no_layer": (
        lambda folder: written(simulated(), folder / "cells.h5ad", layer="absent"),
        "has no layer 'absent'; it has ['counts']",
    ),
    "no_raw": (
        lambda folder: written(simulated(), folder / "cells.h5ad", layer="raw"),
        "has no layer 'raw'; it has ['counts']",
    ),
    "no_batch_column": (
        with_obs(lambda obs: obs.pop("batch")),
        "obs has no column 'batch'; it has ['cell_type']",
    ),
    "no_label_column": (
        with_obs(lambda obs: obs.pop("cell_type")),
        "obs has no column 'cell_type'; it has ['batch']",
    ),
    "batch_missing": (
        with_obs(lambda obs: obs.__setitem__("batch", obs["batch"].where(np.arange(len(obs)) > 4))),
        "column 'batch' has no value for 5 cells",
    ),
    "batch_blank": (renamed_batches("a", " "), "column 'batch' has no value for 80 cells"),
    "one_batch": (
        with_obs(lambda obs: obs.__setitem__("batch", "b")),
        "names 1 batch; correction needs at least 2",
    ),
    "batch_of_one": (
        with_obs(lambda obs: obs.__setitem__("batch", ["b", *["c"] * (len(obs) - 1)])),
        "batch 'b' of column 'batch' has one cell",
    ),
    "each_cell_a_batch": (
        with_obs(lambda obs: obs.__setitem__("batch", obs.index)),
        "of column 'batch' has one cell",
    ),
    "each_cell_a_type": (
        with_obs(lambda obs: obs.__setitem__("cell_type", obs.index)),
        "column 'cell_type' names every cell differently; name the column of cell types",
    ),
    "cells_twice": (
        with_names("obs", lambda a: ["twice", "twice", *a.obs_names[2:]]),
        "cell name 'twice' is not unique",
    ),
    "genes_twice": (
        with_names("var", lambda a: ["twice", "twice", *a.var_names[2:]]),
        "gene name 'twice' is not unique",
    ),
    "two_genes": (simulated_with(genes=2), "2 genes are too few; give at least 3"),
    "one_gene": (simulated_with(genes=1), "1 genes are too few; give at least 3"),
    "two_cells": (simulated_with(n=2), "has one cell"),
    "no_cells": (
        lambda folder: written(simulated()[:0].copy(), folder / "cells.h5ad"),
        "names 0 batch",
    ),
    "no_genes": (
        lambda folder: written(simulated()[:, :0].copy(), folder / "cells.h5ad"),
        "0 genes are too few; give at least 3",
    ),
}
