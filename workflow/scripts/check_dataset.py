"""Check a data set and write what was found, and which genes are used."""

import anndata as ad
import pandas as pd

from aif.data.checks import check_chosen, check_dataset, check_unlabelled, composition
from aif.data.filters import Limits, filtered
from aif.data.gene_choice import Choice, chosen_genes
from aif.data.groups import check_readable
from aif.data.keep_checks import check_covariates
from aif.data.preprocessing import STANDARDISED_BY, standardise, transform, with_genes
from aif.data.pseudo_batches import batch_to_split
from aif.job.files import write_table
from aif.job.log import rule_log
from aif.reading.notes import notes_of

with rule_log(snakemake) as log:
    dataset, source = snakemake.wildcards.dataset, snakemake.params.source
    key = f"datasets.{dataset}"
    adata = ad.read_h5ad(snakemake.input[0])
    notes = notes_of(adata)
    check_readable(adata.obs, notes, source, key)
    adata, left_out = filtered(adata, Limits.of(source), key)
    obs, by = adata.obs, {name: source[name] for name in STANDARDISED_BY if name != "keep"}
    standard = standardise(adata, **by, key=key)
    del adata
    batches = standard.obs["batch"]
    notes += [*left_out, *check_dataset(standard, key, source)]
    notes += check_unlabelled(obs, source["label_key"], source["unlabelled"])
    notes += check_covariates(obs, batches, source["keep"], f"{key}.keep")
    if snakemake.params.null_test is not None:
        batch_to_split(batches.astype(str), dataset, snakemake.params.null_test["batch"])
    used, of_choice = chosen_genes(transform(standard, "norm_log"), Choice.of(source), key)
    names = standard.var_names[used]
    notes += [*of_choice, *check_chosen(with_genes(standard, names))]
    checks = pd.DataFrame(notes).assign(dataset=dataset)
    for check in checks[checks["status"] == "warning"].itertuples():
        log.warning("warning: %s: %s: %s", dataset, check.check, check.message)
    write_table(snakemake.output.composition, composition(standard.obs, dataset))
    genes = pd.DataFrame({"dataset": dataset, "gene": names})
    write_table(snakemake.output.genes, genes)
    write_table(snakemake.output.checks, checks[["dataset", "check", "status", "message"]])
