"""Makers of data sets: each makes its file (or files) in a folder and returns its entry in the config."""

import anndata as ad
import pandas as pd
from cells import simulated


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


def counts_in_layer_alone(folder):
    adata = simulated()
    adata.X = None
    return written(adata, folder / "cells.h5ad", layer="counts")
