"""Join the files of a data set's samples."""

from aif.data.sample_cells import joined_samples
from aif.job.files import atomic
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    key = f"datasets.{snakemake.wildcards.dataset}.samples"
    adata = joined_samples(list(snakemake.input), snakemake.params.columns, key)
    log.info("%d samples, %d cells, %d genes", len(snakemake.input), *adata.shape)
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path, compression="gzip")
