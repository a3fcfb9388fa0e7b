"""Join the files of a data set's samples."""

from aif.rule import atomic, rule_log
from aif.sample_cells import joined_samples
from aif.samples import Sample

with rule_log(snakemake) as log:
    pairs = zip(snakemake.input, snakemake.params.columns, strict=True)
    samples = [Sample(path, columns) for path, columns in pairs]
    adata = joined_samples(samples, f"datasets.{snakemake.wildcards.dataset}.samples")
    log.info("%d samples, %d cells, %d genes", len(samples), *adata.shape)
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path, compression="gzip")
