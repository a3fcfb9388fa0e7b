"""Join the files of a data set's samples."""

from aif.rule import atomic, rule_log
from aif.sample_cells import joined_samples

with rule_log(snakemake) as log:
    key = f"datasets.{snakemake.wildcards.dataset}.samples"
    adata = joined_samples(list(snakemake.input), snakemake.params.columns, key)
    log.info("%d samples, %d cells, %d genes", len(snakemake.input), *adata.shape)
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path, compression="gzip")
