"""The cells of many files as one data set."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import pandas as pd
import scanpy as sc

from aif.rule import InputError
from aif.samples import FILES, Sample


def joined_samples(samples: list[Sample], key: str) -> ad.AnnData:
    """Return the cells of all samples, one after the other, of the genes that all of them share.

    obs has the columns that all files have, and those of the samples. Where cells of two samples
    have the same name, the sample's is added to all.

    Parameters
    ----------
    samples
        See `aif.samples`.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If a file cannot be read, or if the samples share no gene.
    """
    parts = [read_sample(sample, key) for sample in samples]
    names = [sample.columns["sample"] for sample in samples]
    cells = pd.Index([cell for part in parts for cell in part.obs_names])
    adata = ad.concat(
        parts, join="inner", merge="same", keys=names, index_unique=None if cells.is_unique else "-"
    )
    if adata.n_vars == 0:
        raise InputError(f"{key}: the samples share no gene; are their names of the same kind?")
    return adata


def read_sample(sample: Sample, key: str) -> ad.AnnData:
    """Return the cells of one file, with the sample's columns in obs.

    Raises
    ------
    InputError
        If it cannot be read as what its name says, or if a name in it is not unique.
    """
    path = Path(sample.path)
    try:
        if path.is_dir():
            adata = sc.read_10x_mtx(path)
        elif path.suffix == ".h5":
            adata = sc.read_10x_h5(path)
            adata.var_names_make_unique()
        else:
            adata = ad.read_h5ad(path)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{key}: {path} cannot be read as {FILES} ({reason})") from error
    for names, what in ((adata.obs_names, "cell"), (adata.var_names, "gene")):
        if not names.is_unique:
            twice = names[names.duplicated()][0]
            raise InputError(f"{key}: {what} name {twice!r} is not unique in {path}; make it so")
    for column, value in sample.columns.items():
        adata.obs[column] = pd.Categorical([value] * adata.n_obs)
    return adata
