"""Train one run: a data set, a variant, its hyperparameters and a seed."""

import dataclasses

import anndata as ad
import pandas as pd
import torch
from tqdm.contrib.logging import logging_redirect_tqdm

from aif.cells import model_cells
from aif.model_file import ModelInfo, save_model
from aif.progress import ProgressLog
from aif.rule import InputError, atomic, measured, rule_log, versions
from aif.training import train
from aif.variants import Hyperparameters, Variant

with rule_log(snakemake) as log:
    torch.set_num_threads(snakemake.threads)
    torch.set_flush_denormal(True)
    params = snakemake.params
    variant = Variant(**params.variant)
    hyperparameters = Hyperparameters(**params.hyperparameters)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    adata = ad.read_h5ad(snakemake.input[0])
    cells, scale = model_cells(adata, variant.input)
    with measured() as cost, logging_redirect_tqdm(), ProgressLog(log) as progress:
        training = train(cells.to(device), variant, [hyperparameters], params.seed, progress)
    info = ModelInfo(
        dataset=params.ids["dataset"],
        method=params.ids["method"],
        row=params.ids["row"],
        seed=params.seed,
        transform=variant.input,
        scale=scale.tolist(),
        genes=list(adata.var_names),
        batches=list(adata.obs["batch"].cat.categories),
        variant=dataclasses.asdict(variant),
        hyperparameters=dataclasses.asdict(hyperparameters),
        diverged=training.diverged[0],
        device=device if device == "cpu" else torch.cuda.get_device_name(),
        versions=versions("torch", "numpy", "anndata"),
        **cost,
    )
    if info.diverged:
        raise InputError(f"training {info.dataset} {info.method} diverged: {info.diverged}")
    with atomic(snakemake.output.model) as path:
        save_model(path, training.networks.cpu(), 0, info)
    with atomic(snakemake.output.losses) as path:
        ids = pd.DataFrame([{**params.ids, "seed": params.seed}])
        ids.merge(training.losses[0], how="cross").to_csv(path, sep="\t", index=False)
