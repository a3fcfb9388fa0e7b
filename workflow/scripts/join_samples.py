"""Join the files of a data set's samples."""

from aif.job.files import atomic
from aif.job.log import rule_log
from aif.reading.cells import read_cells, wanted_of
from aif.reading.joining import Part, joined
from aif.reading.notes import with_notes

with rule_log(snakemake) as log:
    source, key = snakemake.params.source, f"datasets.{snakemake.wildcards.dataset}.samples"
    parts = []
    for path, sample in zip(snakemake.input.samples, snakemake.params.samples, strict=True):
        wanted = wanted_of(source)
        wanted = wanted._replace(layer=sample["layer"] or wanted.layer)
        cells, notes = read_cells(path, wanted, f"{key}: sample {sample['name']!r}")
        parts.append(Part(sample["name"], cells, sample["columns"], notes))
    adata, notes = joined(parts, source["join"], key)
    log.info("%d samples, %d cells, %d genes", len(parts), *adata.shape)
    with atomic(snakemake.output[0]) as path:
        with_notes(adata, notes).write_h5ad(path, compression="gzip")
