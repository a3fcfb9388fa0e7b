"""Put the tables of all runs under each other; every expected run must be there."""

import pandas as pd

from aif.rule import atomic, rule_log

with rule_log(snakemake) as log:
    tables = [
        pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False) for path in snakemake.input
    ]
    result = pd.concat(tables, ignore_index=True)
    found = set(zip(result["dataset"], result["method"], result["seed"], strict=True))
    expected = {(dataset, method, str(seed)) for dataset, method, seed in snakemake.params.runs}
    if expected - found:
        raise ValueError(f"no rows for {sorted(expected - found)}")
    with atomic(snakemake.output[0]) as path:
        result.to_csv(path, sep="\t", index=False)
