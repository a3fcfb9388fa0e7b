"""Train one run: a data set, a variant, its hyperparameters and a seed."""

import pandas as pd
from tqdm.contrib.logging import logging_redirect_tqdm

from aif.errors import TrainingError
from aif.job.files import atomic, write_table
from aif.job.log import rule_log
from aif.job.progress import ProgressLog
from aif.model.checkpoint import Checkpoints
from aif.model.model_file import save_failure, save_model
from aif.model.numerics import prepare_for_training
from aif.model.run import Job, train_job
from aif.model.stored import trained_cells
from aif.model.training import COURSE

with rule_log(snakemake) as log:
    prepare_for_training(snakemake.threads)
    job = Job.of(snakemake.params.job)
    ids = {key: getattr(job, key) for key in ("dataset", "method", "row", "seed")}
    checkpoints = Checkpoints.of_rule(snakemake)
    adata = trained_cells(snakemake.input[0])
    failure, losses = None, pd.DataFrame(columns=list(COURSE))
    try:
        with logging_redirect_tqdm(), ProgressLog(log) as progress:
            trained = train_job(job, adata, progress, checkpoints, snakemake.config["device"])
        losses = trained.training.losses[0]
        if trained.training.diverged[0]:
            failure = {"status": "diverged", "reason": trained.training.diverged[0]}
    except TrainingError as error:
        failure = {"status": "failed", "reason": str(error)}
    with atomic(snakemake.output.model) as path:
        if failure:
            log.warning("warning: {status}: {reason}".format(**failure))
            save_failure(path, ids | {"transform": job.variant.input} | failure)
        else:
            save_model(path, trained.training.networks, trained.infos[0])
    write_table(snakemake.output.losses, pd.DataFrame([ids]).merge(losses, how="cross"))
    if not losses.empty:
        checkpoints.remove()
