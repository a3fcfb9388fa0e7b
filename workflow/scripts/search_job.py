"""Train rows of a search's sheet with one seed, correct and judge with each of their models."""

from dataclasses import replace

import pandas as pd
from tqdm.contrib.logging import logging_redirect_tqdm

from aif import __version__
from aif.errors import TrainingError
from aif.evaluation.sample import on_disk
from aif.job.files import read_table, write_table
from aif.job.log import rule_log
from aif.job.progress import ProgressLog
from aif.job.threads import limited_threads
from aif.model.checkpoint import Checkpoints
from aif.model.numerics import prepare_for_training
from aif.model.run import Job, train_job
from aif.model.stored import trained_cells
from aif.search.kept_runs import KeptRuns
from aif.search.run_table import COLUMNS, failed_table, run_table
from aif.search.stacks import models_of, stacks_of

with rule_log(snakemake) as log:
    prepare_for_training(snakemake.threads)
    params = snakemake.params
    job = Job.of(params.job)
    for path in snakemake.input.rows:
        rows = read_table(path).to_dict("records")
        job = replace(job, stack=models_of(rows, params.part["number"]))
    checkpoints, kept = Checkpoints.of_rule(snakemake), KeptRuns.of_rule(snakemake)
    adata = trained_cells(snakemake.input.cells)
    reference = on_disk(snakemake.input.reference)

    stacks = stacks_of(job.stack, params.part["side_by_side"])

    def runs_of(own: Job) -> pd.DataFrame:
        """Return the runs of one stack."""
        try:
            with logging_redirect_tqdm(), ProgressLog(log) as progress:
                trained = train_job(own, adata, progress, checkpoints, snakemake.config["device"])
            with limited_threads(snakemake.threads):
                table = run_table(
                    own, trained, adata, reference, params.correction, params.evaluation
                )
        except TrainingError as error:
            table = failed_table(own, adata, str(error))
        table = table.assign(version=__version__)
        if len(stacks) > 1 or snakemake.input.rows:  # else the output is what is kept
            kept.write(own, table)
        return table

    tables = []
    for stack in stacks:
        own = replace(job, stack=stack)
        table = kept.read(own)
        if table is None:
            table = runs_of(own)
        for row in table[table["reason"] != ""].itertuples():
            log.warning("warning: %s %s: %s", row.key, row.status, row.reason)
        tables.append(table)
    runs = pd.concat(tables) if tables else pd.DataFrame(columns=list(COLUMNS))
    write_table(snakemake.output[0], runs)
    if "failed" not in set(runs["status"]):
        checkpoints.remove()
