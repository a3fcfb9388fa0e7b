"""Train rows of a search's sheet with one seed, correct and judge with each of their models."""

from dataclasses import replace

import anndata as ad
import pandas as pd
from tqdm.contrib.logging import logging_redirect_tqdm

from aif.errors import TrainingError
from aif.job.files import read_table, write_table
from aif.job.log import rule_log
from aif.job.progress import ProgressLog
from aif.job.threads import limited_threads
from aif.model.checkpoint import Checkpoints
from aif.model.numerics import prepare_for_training
from aif.model.run import Job, train_job
from aif.search.halving import models_of
from aif.search.run_table import COLUMNS, failed_table, run_table
from aif.search.stacks import stacks_of

with rule_log(snakemake) as log:
    prepare_for_training(snakemake.threads)
    params = snakemake.params
    job = Job.of(params.job)
    for path in snakemake.input.rows:
        job = replace(job, stack=models_of(read_table(path), params.part["number"]))
    checkpoints = Checkpoints.of_rule(snakemake)
    adata = ad.read_h5ad(snakemake.input.cells)
    reference = ad.read_h5ad(snakemake.input.reference)
    tables = []
    for stack in stacks_of(job.stack, params.part["side_by_side"]):
        own = replace(job, stack=stack)
        try:
            with logging_redirect_tqdm(), ProgressLog(log) as progress:
                trained = train_job(own, adata, progress, checkpoints, snakemake.config["device"])
            with limited_threads(snakemake.threads):
                table = run_table(
                    own, trained, adata, reference, params.correction, params.evaluation
                )
        except TrainingError as error:
            table = failed_table(own, adata, str(error))
        for row in table[table["reason"] != ""].itertuples():
            log.warning("warning: %s %s: %s", row.key, row.status, row.reason)
        tables.append(table)
    runs = pd.concat(tables) if tables else pd.DataFrame(columns=list(COLUMNS))
    write_table(snakemake.output[0], runs)
    if "failed" not in set(runs["status"]):
        checkpoints.remove()
