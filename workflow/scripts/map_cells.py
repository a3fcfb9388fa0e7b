"""Correct cells by a model that was not trained on them, and name their types."""

import anndata as ad
import pandas as pd
import torch

from aif.job.files import atomic, write_table
from aif.job.log import rule_log
from aif.mapping.extension import extended
from aif.mapping.genes import genes_table
from aif.mapping.mapped import write_mapped
from aif.mapping.naming import NAMES, confusion, read_reference_cells
from aif.mapping.prepared import prepared, with_names
from aif.mapping.reference import load_with_reference
from aif.reading.notes import Note

with rule_log(snakemake) as log:
    torch.set_num_threads(snakemake.threads)
    given, output = snakemake.input, snakemake.output
    dataset, asked = snakemake.wildcards.dataset, snakemake.params.mapping
    networks, info, reference = load_with_reference(given.model)
    adata = ad.read_h5ad(given.cells)
    new = prepared(adata, info, reference, snakemake.params.source, f"datasets.{dataset}")
    del adata
    notes, obs = [*new.notes], new.counts.obs

    known = read_reference_cells(given.corrected) if hasattr(given, "corrected") else None
    names = pd.DataFrame(columns=NAMES)
    if known is None:
        said = "there is no corrected.h5ad with cell types beside the model, so cells get no names"
        notes.append(Note("names", "warning", said))
    else:
        how = (asked["neighbours"], asked["confidence"], info.seed)
        names = with_names(new, networks, known, *how).assign(dataset=dataset)
    pairs = obs.reindex(columns=["cell_type", "named_type"])
    checks = pd.DataFrame(notes, columns=Note._fields).assign(dataset=dataset)
    for check in checks[checks["status"] == "warning"].itertuples():
        log.warning("warning: %s: %s: %s", dataset, check.check, check.message)
    write_table(output.genes, genes_table(info, new.match, new.names, dataset))
    write_table(output.names, names[list(NAMES)])
    write_table(output.confusion, confusion(pairs["cell_type"], pairs["named_type"], dataset))
    write_table(output.checks, checks[["dataset", *Note._fields]])

    wider = None
    if asked["steps"]:
        batch = obs["batch"].cat.codes.to_numpy()
        wider = extended(networks, new.cells, batch, asked["steps"], info.seed)
    with atomic(output.corrected) as path:
        write_mapped(path, networks, info, reference, new.counts, new.cells, wider)
    log.info("%d cells mapped on %s of %s", len(obs), info.method, info.dataset)
