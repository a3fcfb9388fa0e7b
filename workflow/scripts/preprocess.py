"""Write the raw, norm and norm_log form of a data set."""

from aif.checks import read_counts
from aif.preprocessing import TRANSFORMS, standardise, transform
from aif.rule import atomic, rule_log

with rule_log(snakemake) as log:
    dataset, source = snakemake.wildcards.dataset, snakemake.params.source
    adata = read_counts(snakemake.input.counts, source["layer"], f"datasets.{dataset}")
    counts = standardise(adata, source["batch_key"], source["label_key"], source["n_top_genes"])
    log.info("%d cells, %d genes, %d batches", *counts.shape, counts.obs["batch"].nunique())
    for name in TRANSFORMS:
        result = transform(counts, name)
        result.uns["aif"] = {"dataset": dataset, "transform": name}
        with atomic(snakemake.output[name]) as path:
            result.write_h5ad(path, compression="gzip")
