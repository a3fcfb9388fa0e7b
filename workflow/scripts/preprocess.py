"""Write the raw, norm and norm_log form of a data set."""

import pandas as pd

from aif import __version__
from aif.data.checks import read_counts
from aif.data.preprocessing import (
    STANDARDISED_BY,
    TRANSFORMS,
    keep_detected,
    standardise,
    transform,
)
from aif.job.files import atomic, write_table
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    dataset, source = snakemake.wildcards.dataset, snakemake.params.source
    key = f"datasets.{dataset}"
    adata = read_counts(snakemake.input.counts, source["layer"], key)
    kept = keep_detected(adata, source["min_genes"], source["min_cells"], key)
    for what, left, given in zip(("cells", "genes"), kept.shape, adata.shape, strict=True):
        log.info("%d of %d %s are kept", left, given, what)
    counts = standardise(kept, **{name: source[name] for name in STANDARDISED_BY})
    log.info("%d cells, %d genes, %d batches", *counts.shape, counts.obs["batch"].nunique())
    genes = pd.DataFrame({"dataset": dataset, "gene": counts.var_names})
    write_table(snakemake.output.genes, genes)
    for name in TRANSFORMS:
        result = transform(counts, name)
        result.uns["aif"] = {"dataset": dataset, "transform": name, "version": __version__}
        with atomic(snakemake.output[name]) as path:
            result.write_h5ad(path, compression="gzip")
