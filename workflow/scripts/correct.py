"""Correct a data set with a trained model."""

import anndata as ad
import torch

from aif.correction import write_corrected
from aif.model_file import load_model
from aif.rule import atomic, rule_log

with rule_log(snakemake):
    torch.set_num_threads(snakemake.threads)
    networks, info = load_model(snakemake.input.model)
    adata = ad.read_h5ad(snakemake.input.cells)
    with atomic(snakemake.output[0]) as path:
        write_corrected(path, networks, info, adata, snakemake.params.correction)
