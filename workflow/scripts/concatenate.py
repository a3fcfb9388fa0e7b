"""Put the tables of all runs under each other; every expected run must be there."""

import pandas as pd

from aif.job.files import write_table
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    tables = [
        pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False) for path in snakemake.input
    ]
    result = pd.concat(tables, ignore_index=True)
    found = result[list(snakemake.params.runs[0])].drop_duplicates().to_dict("records")
    missing = [run for run in snakemake.params.runs if run not in found]
    if missing:
        raise ValueError(f"no rows for {missing}")
    write_table(snakemake.output[0], result)
