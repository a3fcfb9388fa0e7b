"""Data sets as people have them, which are to work."""

import numpy as np
import pandas as pd
from cells import simulated
from making import (
    counts_in_layer_alone,
    renamed_batches,
    simulated_with,
    with_counts,
    with_obs,
    written,
)
from scipy import sparse


def unsorted(x):
    """Return a CSR matrix with an entry for every 0 too, in rows of descending columns."""
    n, genes = x.shape
    columns = np.tile(np.arange(genes)[::-1], n)
    values = x.toarray()[:, ::-1].ravel()
    return sparse.csr_matrix((values, columns, np.arange(n + 1) * genes), x.shape)


def wide(x):
    """Return a CSR matrix with 64-bit indices."""
    wide = x.copy()
    wide.indices, wide.indptr = x.indices.astype(np.int64), x.indptr.astype(np.int64)
    return wide


def counts_in_layer(folder):
    adata = simulated()
    adata.X = np.log1p(adata.X.toarray())
    return written(adata, folder / "cells.h5ad", layer="counts")


def counts_in_raw(folder):
    adata = simulated()
    adata.raw = adata.copy()
    adata.X = np.log1p(adata.X.toarray())
    return written(adata, folder / "cells.h5ad", layer="raw")


def counts_beside_logarithms(folder):
    adata = simulated()
    del adata.layers["counts"]
    adata.raw = adata.copy()
    adata.X = np.log1p(adata.X.toarray())
    return written(adata, folder / "cells.h5ad")


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


def named(name):
    """Return the maker of a data set whose cells, genes, batches and types are named by a number each."""

    def make(folder):
        adata = simulated()
        adata.obs_names = [str(name(i)) for i in range(adata.n_obs)]
        adata.var_names = [str(name(i)) for i in range(adata.n_vars)]
        for column in adata.obs:
            adata.obs[column] = [name(code) for code in adata.obs[column].cat.codes]
        return written(adata, folder / "cells.h5ad")

    return make


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


# The same counts in other forms, in other places.
FORMS = {
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
    "counts_in_layer": counts_in_layer,
    "counts_in_layer_alone": counts_in_layer_alone,
    "counts_in_the_only_layer": lambda folder: {**counts_in_layer_alone(folder), "layer": None},
    "counts_beside_logarithms": counts_beside_logarithms,
    "counts_in_raw": counts_in_raw,
    "symlink": symlink,
    "read_only": read_only,
    "strange_path": strange_path,
}

# Other counts, names, batches and types.
ODD = {
    "huge": with_counts(lambda x: x * 1e6),
    "halves": with_counts(lambda x: x / 2),
    "empty_genes": with_counts(lambda x: x.multiply(np.arange(x.shape[1]) % 3 > 0).tocsr()),
    "unicode": named("Ünï/ço\\dé 日本 $(touch hacked) \t\"'{}".format),
    "html": named("</script><img src=x onerror=alert(1)>&amp;{}".format),
    "numbers": named(int),
    "batches_path": renamed_batches("../../up", "a;b|c`d`"),
    "batches_keywords": renamed_batches("mean", "all"),
    "batches_nan_like": renamed_batches("nan", "NA"),
    "batches_bool": with_obs(lambda obs: obs.__setitem__("batch", np.arange(len(obs)) % 2 == 0)),
    "batches_unused": with_obs(
        lambda obs: obs.__setitem__("batch", obs["batch"].cat.add_categories(["never", "seen"]))
    ),
    "hundred_batches": spread_over(100),
    "another_batch_column": another_batch_column,
    "types_one": with_obs(lambda obs: obs.__setitem__("cell_type", "the only one")),
    "types_in_one_batch": with_obs(lambda obs: obs.__setitem__("cell_type", obs["batch"])),
    "no_label_key": lambda folder: written(simulated(), folder / "cells.h5ad", label_key=None),
    "three_genes": simulated_with(genes=3),
    "few_cells": simulated_with(n=12),
    "more_genes_asked_than_there_are": lambda folder: written(
        simulated(), folder / "cells.h5ad", n_top_genes=61
    ),
    "types_partly_missing": with_obs(
        lambda obs: obs.__setitem__(
            "cell_type", obs["cell_type"].where(np.arange(len(obs)) % 3 > 0)
        )
    ),
    "types_unknown": with_obs(
        lambda obs: obs.__setitem__(
            "cell_type", np.where(obs.index > "cell5", "Unknown", obs["cell_type"])
        ),
        unlabelled=["Unknown"],
    ),
    "batches_of_two_columns": with_obs(
        lambda obs: obs.__setitem__("chip", np.arange(len(obs)) // 5 % 2),
        batch_key=["batch", "chip"],
    ),
    "much_else": much_else,
}
