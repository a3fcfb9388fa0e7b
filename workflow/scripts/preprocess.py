"""Write the raw, norm and norm_log form of a data set."""

import anndata as ad

from aif import __version__
from aif.data.filters import Limits, filtered
from aif.data.preprocessing import (
    STANDARDISED_BY,
    TRANSFORMS,
    standardise,
    transform,
    with_genes,
    write_transform,
)
from aif.job.files import atomic, read_table
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    dataset, source = snakemake.wildcards.dataset, snakemake.params.source
    key = f"datasets.{dataset}"
    adata = ad.read_h5ad(snakemake.input.cells)
    adata, left_out = filtered(adata, Limits.of(source), key)
    for note in left_out:
        log.info(note.message)
    genes = read_table(snakemake.input.genes)["gene"]
    counts = standardise(adata, **{name: source[name] for name in STANDARDISED_BY}, key=key)
    del adata
    counts = with_genes(counts, genes)
    log.info("%d cells, %d genes, %d batches", *counts.shape, counts.obs["batch"].nunique())
    raw = None
    for name in TRANSFORMS:
        result = transform(counts, name)
        result.uns["aif"] = {"dataset": dataset, "transform": name, "version": __version__}
        with atomic(snakemake.output[name]) as path:
            write_transform(path, result, raw)
        raw = snakemake.output.raw
