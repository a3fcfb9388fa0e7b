"""Write the raw, norm and norm_log form of a data set."""

from aif.checks import read_counts
from aif.preprocessing import TRANSFORMS, keep_detected, standardise, transform
from aif.rule import atomic, rule_log

with rule_log(snakemake) as log:
    dataset, source = snakemake.wildcards.dataset, snakemake.params.source
    key = f"datasets.{dataset}"
    adata = read_counts(snakemake.input.counts, source["layer"], key)
    kept = keep_detected(adata, source["min_genes"], source["min_cells"], key)
    for what, left, given in zip(("cells", "genes"), kept.shape, adata.shape, strict=True):
        log.info("%d of %d %s are kept", left, given, what)
    counts = standardise(kept, source["batch_key"], source["label_key"], source["n_top_genes"])
    log.info("%d cells, %d genes, %d batches", *counts.shape, counts.obs["batch"].nunique())
    for name in TRANSFORMS:
        result = transform(counts, name)
        result.uns["aif"] = {"dataset": dataset, "transform": name}
        with atomic(snakemake.output[name]) as path:
            result.write_h5ad(path, compression="gzip")
