"""Read a data set from its text tables."""

from aif.data.fetching import check_sha256
from aif.data.tables import Table, read_dataset
from aif.job.files import atomic
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    entries, key = snakemake.params.tables, f"datasets.{snakemake.wildcards.dataset}.tables"
    tables = {}
    for kind in ("expression", "cells", "genes"):
        paths = snakemake.input[kind]
        tables[kind] = [Table(f"{key}.{kind}.{i}", path) for i, path in enumerate(paths)]
        for table, entry in zip(tables[kind], entries[kind], strict=True):
            if entry["sha256"] is not None:
                check_sha256(table.path, entry["sha256"], table.path, table.key)
    adata = read_dataset(**tables, cells_in=entries["cells_in"], key=key)
    log.info("%d cells, %d genes", *adata.shape)
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path, compression="gzip")
