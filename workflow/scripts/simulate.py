"""Simulate a data set with a known truth."""

from aif.config.simulation import Simulation
from aif.data.splatter import simulate
from aif.job.files import atomic
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    adata = simulate(Simulation(**snakemake.params.simulation))
    log.info("%d cells, %d genes", *adata.shape)
    with atomic(snakemake.output[0]) as path:
        adata.write_h5ad(path, compression="gzip")
