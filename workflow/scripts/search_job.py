"""Train a stack of a search's sheet with one seed, correct and judge with each of its models."""

from tqdm.contrib.logging import logging_redirect_tqdm

from aif.errors import TrainingError
from aif.evaluation.sample import on_disk
from aif.job.files import write_table
from aif.job.log import rule_log
from aif.job.progress import ProgressLog
from aif.job.threads import limited_threads
from aif.model.checkpoint import Checkpoints
from aif.model.numerics import prepare_for_training
from aif.model.run import Job, train_job
from aif.model.stored import trained_cells
from aif.search.run_table import failed_table, run_table

with rule_log(snakemake) as log:
    prepare_for_training(snakemake.threads)
    params = snakemake.params
    job = Job.of(params.job)
    checkpoints = Checkpoints.of_rule(snakemake)
    adata = trained_cells(snakemake.input.cells)
    reference = on_disk(snakemake.input.reference)
    try:
        with logging_redirect_tqdm(), ProgressLog(log) as progress:
            trained = train_job(job, adata, progress, checkpoints, snakemake.config["device"])
        with limited_threads(snakemake.threads):
            table = run_table(job, trained, adata, reference, params.correction, params.evaluation)
    except TrainingError as error:
        table = failed_table(job, adata, str(error))
    for row in table[table["reason"] != ""].itertuples():
        log.warning("warning: %s %s: %s", row.key, row.status, row.reason)
    write_table(snakemake.output[0], table)
    if "failed" not in set(table["status"]):
        checkpoints.remove()
