"""Correct cells by a model that was not trained on them, and name their types."""

import anndata as ad
import pandas as pd
import torch

from aif.data.filters import Limits, filtered
from aif.data.groups import check_readable, with_groups
from aif.job.files import atomic, write_table
from aif.job.log import rule_log
from aif.mapping.extension import extended
from aif.mapping.genes import genes_table, matched
from aif.mapping.mapped import latent_means, write_mapped
from aif.mapping.naming import confusion, names_of, read_reference_cells
from aif.mapping.new_cells import check_batches, check_counts, empty_note, new_cells, placed
from aif.mapping.reference import load_with_reference
from aif.reading.notes import Note, notes_of

GROUPED_BY = ("batch_key", "label_key", "unlabelled")

with rule_log(snakemake) as log:
    torch.set_num_threads(snakemake.threads)
    dataset, source, asked = (
        snakemake.wildcards.dataset,
        snakemake.params.source,
        snakemake.params.mapping,
    )
    key = f"datasets.{dataset}"
    networks, info, reference = load_with_reference(snakemake.input.model)
    adata = ad.read_h5ad(snakemake.input.cells)
    notes = notes_of(adata)
    check_readable(adata.obs, notes, source, key)
    match, of_genes = matched(adata.var, info, reference, key)
    adata, left_out = filtered(adata, Limits.of(source), key)
    notes += [*left_out, *check_counts(adata, key), *of_genes]
    obs = with_groups(adata.obs, **{name: source[name] for name in GROUPED_BY}, key=key)
    write_table(snakemake.output.genes, genes_table(info, match, adata.var_names, dataset))
    counts = placed(adata, match, info)
    counts.obs = obs
    del adata
    notes += [*check_batches(counts.obs["batch"], info), *empty_note(counts)]
    cells = new_cells(counts, info, reference)

    known = None
    if "corrected" in snakemake.input.keys():  # noqa: SIM118
        known = read_reference_cells(snakemake.input.corrected)
    names = pd.DataFrame(columns=["dataset", "cell", "batch", "cell_type", "confidence"])
    if known is None:
        said = "there is no corrected.h5ad with cell types beside the model, so cells get no names"
        notes.append(Note("names", "warning", said))
    else:
        how = (asked["neighbours"], asked["confidence"], info.seed)
        names = names_of(latent_means(networks, cells), *known, *how)
        counts.obs["named_type"] = pd.Categorical(names["cell_type"])
        counts.obs["confidence"] = names["confidence"].to_numpy()
        names.insert(0, "dataset", dataset)
        names.insert(1, "cell", counts.obs_names)
        names.insert(2, "batch", counts.obs["batch"].astype(str).to_numpy())
    own = counts.obs.get("cell_type", pd.Series(index=counts.obs_names, dtype=object))
    named = names["cell_type"] if len(names) else own
    write_table(snakemake.output.confusion, confusion(own, named, dataset))
    write_table(snakemake.output.names, names)

    checks = pd.DataFrame(notes, columns=Note._fields).assign(dataset=dataset)
    for check in checks[checks["status"] == "warning"].itertuples():
        log.warning("warning: %s: %s: %s", dataset, check.check, check.message)
    write_table(snakemake.output.checks, checks[["dataset", "check", "status", "message"]])

    wider = None
    if asked["steps"]:
        batch = counts.obs["batch"].cat.codes.to_numpy()
        wider = extended(networks, cells, batch, asked["steps"], info.seed)
    with atomic(snakemake.output.corrected) as path:
        write_mapped(path, networks, info, reference, counts, cells, wider)
