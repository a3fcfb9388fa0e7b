"""Read a data set from its text tables."""

from aif.data.fetching import check_sha256
from aif.job.files import atomic
from aif.job.log import rule_log
from aif.reading.cells import wanted_of
from aif.reading.notes import with_notes
from aif.reading.table_sets import Table, read_dataset

with rule_log(snakemake) as log:
    source, key = snakemake.params.source, f"datasets.{snakemake.wildcards.dataset}.tables"
    entries = source["tables"]
    tables = {}
    for kind in ("expression", "cells", "genes"):
        paths = snakemake.input[kind]
        tables[kind] = [Table(f"{key}.{kind}.{i}", path) for i, path in enumerate(paths)]
        for table, entry in zip(tables[kind], entries[kind], strict=True):
            if entry["sha256"] is not None:
                check_sha256(table.path, entry["sha256"], table.path, table.key)
    wanted = wanted_of(source)._replace(cells_in=entries["cells_in"])
    adata, notes = read_dataset(**tables, wanted=wanted, join=source["join"], key=key)
    log.info("%d cells, %d genes", *adata.shape)
    with atomic(snakemake.output[0]) as path:
        with_notes(adata, notes).write_h5ad(path, compression="gzip")
