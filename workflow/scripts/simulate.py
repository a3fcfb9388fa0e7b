"""Simulate a data set with a known truth."""

from aif.rule import atomic, rule_log
from aif.simulation import Simulation
from aif.splatter import simulate

with rule_log(snakemake) as log:
    adata = simulate(Simulation(**snakemake.params.simulation))
    log.info("%d cells, %d genes", *adata.shape)
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path, compression="gzip")
