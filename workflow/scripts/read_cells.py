"""Read the file of a data set, whatever its form, and write its cells."""

from aif.job.files import atomic
from aif.job.log import rule_log
from aif.reading.cells import read_cells, wanted_of
from aif.reading.notes import with_notes

with rule_log(snakemake) as log:
    source = snakemake.params.source
    key = f"datasets.{snakemake.wildcards.dataset}.{source['given']}"
    adata, notes = read_cells(snakemake.input[0], wanted_of(source), key)
    log.info("%d cells, %d genes", *adata.shape)
    with atomic(snakemake.output[0]) as path:
        with_notes(adata, notes).write_h5ad(path, compression="gzip")
