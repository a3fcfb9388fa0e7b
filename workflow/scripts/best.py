"""Train the best run of a search again, keep its model and correct with it.

run.yaml is a config of the workflow: the pipeline run with it is this very run.
"""

import dataclasses

import anndata as ad
import torch
import yaml
from tqdm.contrib.logging import logging_redirect_tqdm

from aif.correction import correct_dataset
from aif.model_file import save_model
from aif.progress import ProgressLog
from aif.rule import atomic, read_table, rule_log
from aif.run import Job, train_job
from aif.search import best_run
from aif.variants import hyperparameters_of

HEADER = """\
# The best run of a robust grid search by its selection loss: row {row}, seed {seed}.
# Selection loss in the search {search!r}, trained again for this folder {again!r}.
# snakemake --cores 1 pipeline --configfile {path}
"""

with rule_log(snakemake) as log:
    torch.set_num_threads(snakemake.threads)
    torch.set_flush_denormal(True)
    params = snakemake.params
    runs = read_table(snakemake.input.runs)
    best = best_run(runs, read_table(snakemake.input.rows))
    model = dataclasses.asdict(hyperparameters_of(best.to_dict()))
    seed, row = int(best["seed"]), str(best["row"])
    log.info("the best is row %s with seed %d", row, seed)
    job = Job.of({**params.job, "row": row, "seed": seed, "stack": [model]})
    adata = ad.read_h5ad(snakemake.input.cells)
    with logging_redirect_tqdm(), ProgressLog(log) as progress:
        trained = train_job(job, adata, progress)
    again = trained.training.losses[0].query("selected")["selection_loss"].item()
    if again != best["selection_loss"]:
        log.warning(
            "warning: the selection loss is %r, in the search it was %r: another device or a stack "
            "of rows rounds otherwise",
            again,
            best["selection_loss"],
        )
    networks, info = trained.training.networks, trained.infos[0]
    corrected = correct_dataset(networks, info, adata, params.run["correction"])
    run = {**params.run, "seed": seed, "hyperparameters": model}
    header = HEADER.format(
        row=row,
        seed=seed,
        search=float(best["selection_loss"]),
        again=again,
        path=snakemake.output.run,
    )
    with atomic(snakemake.output.model) as path:
        save_model(path, networks, info)
    with atomic(snakemake.output.corrected) as path:
        corrected.write_h5ad(path)
    with atomic(snakemake.output.run) as path:
        path.write_text(header + yaml.safe_dump(run, sort_keys=False))
