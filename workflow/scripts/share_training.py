"""Take a trained model for a variant that differs from the trained one in the correction only."""

import dataclasses

from aif.job.files import atomic, read_table, write_table
from aif.job.log import rule_log
from aif.model.model_file import failure_of, load_model, save_failure, save_model
from aif.model.run import Job

with rule_log(snakemake):
    job = Job.of(snakemake.params.job)
    failure = failure_of(snakemake.input.model)
    with atomic(snakemake.output.model) as path:
        if failure:
            save_failure(path, failure | {"method": job.method})
        else:
            networks, info = load_model(snakemake.input.model)
            own = {
                "method": job.method,
                "variant": dataclasses.asdict(job.variant),
                "hyperparameters": dataclasses.asdict(job.stack[0]),
            }
            save_model(path, networks, dataclasses.replace(info, **own))
    losses = read_table(snakemake.input.losses)
    write_table(snakemake.output.losses, losses.assign(method=job.method))
