"""Train one run: a data set, a variant, its hyperparameters and a seed."""

import anndata as ad
import pandas as pd
from tqdm.contrib.logging import logging_redirect_tqdm

from aif.checkpoint import Checkpoints
from aif.model_file import save_model
from aif.numerics import prepare_for_training
from aif.progress import ProgressLog
from aif.rule import InputError, atomic, rule_log
from aif.run import Job, train_job

with rule_log(snakemake) as log:
    prepare_for_training(snakemake.threads)
    job = Job.of(snakemake.params.job)
    checkpoints = Checkpoints.of_rule(snakemake)
    adata = ad.read_h5ad(snakemake.input[0])
    with logging_redirect_tqdm(), ProgressLog(log) as progress:
        trained = train_job(job, adata, progress, checkpoints)
    training, info = trained.training, trained.infos[0]
    if training.diverged[0]:
        checkpoints.remove()
        raise InputError(f"training {info.dataset} {info.method} diverged: {training.diverged[0]}")
    with atomic(snakemake.output.model) as path:
        save_model(path, training.networks, info)
    with atomic(snakemake.output.losses) as path:
        ids = pd.DataFrame(
            [{key: getattr(job, key) for key in ("dataset", "method", "row", "seed")}]
        )
        ids.merge(training.losses[0], how="cross").to_csv(path, sep="\t", index=False)
    checkpoints.remove()
