"""Write what is known of each cell, for the pages."""

import anndata as ad

from aif.data.cell_columns import cell_columns
from aif.job.files import write_table
from aif.job.log import rule_log

with rule_log(snakemake):
    obs = ad.read_h5ad(snakemake.input[0], backed="r").obs
    table = cell_columns(obs)
    table.insert(0, "dataset", snakemake.wildcards.dataset)
    table.insert(1, "cell", obs.index)
    write_table(snakemake.output[0], table)
