"""The cells of many files as one data set."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import pandas as pd
import scanpy as sc
from scipy import sparse

from aif.errors import InputError


def joined_samples(paths: list[str], columns: list[dict[str, str]], key: str) -> ad.AnnData:
    """Return the cells of all samples, one after the other, of the genes that all of them share.

    obs has the columns that all files have, and those given. Where cells of two samples have the
    same name, the sample's is added to all.

    Parameters
    ----------
    paths
        .h5ad files, .h5 files of Cell Ranger or its directories with matrix.mtx.
    columns
        What the cells of each file get in obs, `sample` among it.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If a file cannot be read, or if the samples share no gene.
    """
    parts = [read_sample(*sample, key) for sample in zip(paths, columns, strict=True)]
    names = [own["sample"] for own in columns]
    cells = pd.Index([cell for part in parts for cell in part.obs_names])
    adata = ad.concat(
        parts, join="inner", merge="same", keys=names, index_unique=None if cells.is_unique else "-"
    )
    if adata.n_vars == 0:
        raise InputError(f"{key}: the samples share no gene; are their names of the same kind?")
    return adata


def read_sample(name: str, columns: dict[str, str], key: str) -> ad.AnnData:
    """Return the cells of one file or directory, with the sample's columns in obs.

    Raises
    ------
    InputError
        If it cannot be read as what its name says, or if a name in it is not unique.
    """
    path = Path(name)
    try:
        if path.is_dir():
            adata = sc.read_10x_mtx(path)
        elif path.suffix == ".h5":
            adata = sc.read_10x_h5(path)
            adata.var_names_make_unique()
        else:
            adata = ad.read_h5ad(path)
        for matrix in (adata.X, *adata.layers.values()):
            if sparse.issparse(matrix):
                matrix.check_format()  # or joining would read beyond its memory
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{key}: {path} cannot be read ({reason}); give .h5ad or what Cell Ranger writes"
        ) from error
    for names, what in ((adata.obs_names, "cell"), (adata.var_names, "gene")):
        if not names.is_unique:
            twice = names[names.duplicated()][0]
            raise InputError(f"{key}: {what} name {twice!r} is not unique in {path}; make it so")
    for column, value in columns.items():
        adata.obs[column] = pd.Categorical([value] * adata.n_obs)
    return adata
