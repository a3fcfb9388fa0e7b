"""Check a data set and write what was found."""

import pandas as pd

from aif.data.checks import check_dataset, composition, read_counts
from aif.data.keep_checks import check_covariates
from aif.data.preprocessing import keep_detected
from aif.data.pseudo_batches import batch_to_split
from aif.job.files import write_table
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    dataset, source = snakemake.wildcards.dataset, snakemake.params.source
    key = f"datasets.{dataset}"
    adata = read_counts(snakemake.input[0], source["layer"], key)
    adata = keep_detected(adata, source["min_genes"], source["min_cells"], key)
    columns = source["batch_key"], source["label_key"]
    checks = check_dataset(adata, dataset, *columns, source["n_top_genes"])
    checks += check_covariates(adata.obs, dataset, source["batch_key"], source["keep"])
    if snakemake.params.null_test is not None:
        batches = adata.obs[source["batch_key"]].astype(str)
        batch_to_split(batches, dataset, snakemake.params.null_test["batch"])
    for check in checks:
        if check.status == "warning":
            log.warning("warning: %s: %s: %s", dataset, check.check, check.message)
    write_table(snakemake.output.composition, composition(adata, dataset, *columns))
    write_table(snakemake.output.checks, pd.DataFrame(checks))
