"""Write what is known of each cell, for the pages."""

import anndata as ad
import pandas as pd

from aif.data.cell_columns import cell_columns
from aif.job.files import write_table
from aif.job.log import rule_log

with rule_log(snakemake):
    obs = ad.read_h5ad(snakemake.input[0], backed="r").obs
    cells, numbers = cell_columns(obs)
    ids = {"dataset": snakemake.wildcards.dataset}
    kinds = ["numbers" if name in numbers else "groups" for name in cells]
    columns = pd.DataFrame({**ids, "column": list(cells), "kind": kinds})
    cells.insert(0, "dataset", snakemake.wildcards.dataset)
    cells.insert(1, "cell", obs.index)
    write_table(snakemake.output.cells, cells)
    write_table(snakemake.output.columns, columns)
