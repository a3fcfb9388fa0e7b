"""Data sets as people have them: odd ones that are to work, broken ones that are to be refused.

Each entry makes its file (or files) in a folder and returns what the config says of it besides the keys.
"""

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from cells import simulated
from scipy import sparse


def written(adata, path, **entry):
    adata.write_h5ad(path)
    return {"path": str(path), **entry}


def with_counts(convert):
    """Return the maker of a data set whose counts are converted from CSR float32."""

    def make(folder):
        adata = simulated()
        return written(ad.AnnData(convert(adata.X), adata.obs, adata.var), folder / "cells.h5ad")

    return make


def with_obs(change, **entry):
    """Return the maker of a data set whose obs is changed in place."""

    def make(folder):
        adata = simulated()
        change(adata.obs)
        return written(adata, folder / "cells.h5ad", **entry)

    return make


def with_names(axis, names, **kwargs):
    """Return the maker of a data set with other names of cells (obs) or genes (var)."""

    def make(folder):
        adata = simulated(**kwargs)
        setattr(adata, f"{axis}_names", names(adata))
        return written(adata, folder / "cells.h5ad")

    return make


def simulated_with(**kwargs):
    return lambda folder: written(simulated(**kwargs), folder / "cells.h5ad")


def renamed_batches(*names):
    return with_obs(
        lambda obs: obs.__setitem__(
            "batch", pd.Categorical.from_codes(obs["batch"].cat.codes, list(names))
        )
    )


def unsorted(x):
    """Return a CSR matrix whose rows have their columns in descending order, and explicit zeros."""
    rows = [(x.indices[a:b][::-1], x.data[a:b][::-1]) for a, b in zip(x.indptr, x.indptr[1:])]  # noqa: B905
    data = np.concatenate([values for _, values in rows])
    indices = np.concatenate([columns for columns, _ in rows])
    data[indices == 3] = 0
    return sparse.csr_matrix((data, indices, x.indptr), x.shape)


def wide(x):
    """Return a CSR matrix with 64-bit indices."""
    wide = x.copy()
    wide.indices, wide.indptr = x.indices.astype(np.int64), x.indptr.astype(np.int64)
    return wide


def counts_in_layer(folder):
    adata = simulated()
    adata.X = np.log1p(adata.X.toarray())
    return written(adata, folder / "cells.h5ad", layer="counts")


def counts_in_layer_alone(folder):
    adata = simulated()
    adata.X = None
    return written(adata, folder / "cells.h5ad", layer="counts")


def counts_in_raw(folder):
    adata = simulated()
    adata.raw = adata.copy()
    adata.X = np.log1p(adata.X.toarray())
    return written(adata, folder / "cells.h5ad", layer="raw")


def much_else(folder):
    adata = simulated()
    adata.obsm["X_pca"] = np.ones((adata.n_obs, 2))
    adata.obsp["distances"] = sparse.eye(adata.n_obs, format="csr")
    adata.varm["loadings"] = np.ones((adata.n_vars, 2))
    adata.uns = {"log1p": {"base": None}, "aif": {"dataset": "another"}, "batch_colors": ["#fff"]}
    adata.obs = adata.obs.assign(held_out=True, cluster=1.5, batch_input="x")
    adata.var["DEFacBatch"] = "no number"
    return written(adata, folder / "cells.h5ad")


def symlink(folder):
    entry = written(simulated(), folder / "target.h5ad")
    (folder / "cells.h5ad").symlink_to(folder / "target.h5ad")
    return {**entry, "path": str(folder / "cells.h5ad")}


def read_only(folder):
    entry = written(simulated(), folder / "cells.h5ad")
    (folder / "cells.h5ad").chmod(0o444)
    folder.chmod(0o555)
    return entry


def strange_path(folder):
    inner = folder / "with space, 'quotes' & Ünïcode"
    inner.mkdir()
    return written(simulated(), inner / "cells (1).h5ad")


def another_batch_column(folder):
    adata = simulated()
    adata.obs["lab/run"] = adata.obs["batch"]
    adata.obs["batch"] = "all the same"
    return written(adata, folder / "cells.h5ad", batch_key="lab/run")


def spread_over(n_batches):
    """Return the maker of a data set with many batches of three cells each."""

    def make(folder):
        adata = simulated(n=3 * n_batches, genes=40)
        names = [f"b{i // 3}" for i in range(adata.n_obs)]
        adata.obs["batch"] = pd.Categorical(names)
        return written(adata, folder / "cells.h5ad")

    return make


ODD = {
    "csc": with_counts(sparse.csc_matrix),
    "dense": with_counts(lambda x: x.toarray()),
    "dense_fortran": with_counts(lambda x: np.asfortranarray(x.toarray())),
    "float64": with_counts(lambda x: x.astype(np.float64)),
    "float16": with_counts(lambda x: x.toarray().astype(np.float16)),
    "int64": with_counts(lambda x: x.astype(np.int64)),
    "uint8": with_counts(lambda x: x.astype(np.uint8)),
    "big_endian": with_counts(lambda x: x.toarray().astype(">f4")),
    "unsorted": with_counts(unsorted),
    "wide": with_counts(wide),
    "huge": with_counts(lambda x: x * 1e6),
    "halves": with_counts(lambda x: x / 2),
    "empty_genes": with_counts(lambda x: x.multiply(np.arange(x.shape[1]) % 3 > 0).tocsr()),
    "counts_in_layer": counts_in_layer,
    "counts_in_layer_alone": counts_in_layer_alone,
    "counts_in_raw": counts_in_raw,
    "batches_unicode": renamed_batches("Ünï/ço\\dé", "日本 $(touch hacked)"),
    "batches_path": renamed_batches("../../up", "a;b|c`d`"),
    "batches_html": renamed_batches("<script>alert(1)</script>", "&amp;"),
    "batches_keywords": renamed_batches("mean", "all"),
    "batches_nan_like": renamed_batches("nan", "NA"),
    "batches_empty": renamed_batches("", " "),
    "batches_numbers": with_obs(lambda obs: obs.__setitem__("batch", np.arange(len(obs)) % 2)),
    "batches_bool": with_obs(lambda obs: obs.__setitem__("batch", np.arange(len(obs)) % 2 == 0)),
    "batches_unused": with_obs(
        lambda obs: obs.__setitem__("batch", obs["batch"].cat.add_categories(["never", "seen"]))
    ),
    "hundred_batches": spread_over(100),
    "another_batch_column": another_batch_column,
    "types_one": with_obs(lambda obs: obs.__setitem__("cell_type", "the only one")),
    "types_each_its_own": with_obs(lambda obs: obs.__setitem__("cell_type", obs.index)),
    "types_in_one_batch": with_obs(lambda obs: obs.__setitem__("cell_type", obs["batch"])),
    "types_html": with_obs(
        lambda obs: obs.__setitem__(
            "cell_type", "<img src=x onerror=alert(1)>" + obs["cell_type"].astype(str)
        )
    ),
    "no_label_key": lambda folder: written(simulated(), folder / "cells.h5ad", label_key=None),
    "genes_unicode": with_names("var", lambda a: [f"gène/{i} \t\"'" for i in range(a.n_vars)]),
    "genes_numbers": with_names("var", lambda a: [str(i) for i in range(a.n_vars)]),
    "cells_html": with_names("obs", lambda a: [f"</script><b>{i}" for i in range(a.n_obs)]),
    "three_genes": simulated_with(genes=3),
    "few_cells": simulated_with(n=12),
    "much_else": much_else,
    "symlink": symlink,
    "read_only": read_only,
    "strange_path": strange_path,
}


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
    "no_bytes": (bytes_as(b""), "is no readable .h5ad file"),
    "text": (bytes_as(b"gene,cell\n1,2\n"), "is no readable .h5ad file"),
    "truncated": (truncated, "is no readable .h5ad file"),
    "damaged": (damaged, "is no readable .h5ad file"),
    "indices_too_large": (indices_too_large, "is no readable .h5ad file"),
    "column_indices_too_large": (column_indices_too_large, "is no readable .h5ad file"),
    "lengths_differ": (lengths_differ, "is no readable .h5ad file"),
    "other_hdf5": (other_hdf5, "is no readable .h5ad file"),
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
    "no_x": (
        lambda folder: {**counts_in_layer_alone(folder), "layer": None},
        "has no X; name the layer with the counts in layer",
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
    "too_many_genes_asked": (
        lambda folder: written(simulated(), folder / "cells.h5ad", n_top_genes=61),
        "n_top_genes: 61 is more than the 60 genes",
    ),
}
