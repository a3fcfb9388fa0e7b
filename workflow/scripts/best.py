"""Train the best run of a search again, keep its model and correct with it."""

from dataclasses import asdict

from tqdm.contrib.logging import logging_redirect_tqdm

from aif.config.hyperparameters import hyperparameters_of
from aif.correction.corrected import write_corrected
from aif.errors import TrainingError
from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.job.progress import ProgressLog
from aif.mapping.reference import Reference, save_reference
from aif.model.checkpoint import Checkpoints
from aif.model.model_file import save_model
from aif.model.numerics import prepare_for_training
from aif.model.run import Job, train_job
from aif.model.stored import stored_counts, trained_cells
from aif.search.best import best_run, choice

with rule_log(snakemake) as log:
    prepare_for_training(snakemake.threads)
    params, output = snakemake.params, snakemake.output
    runs, rows = (read_table(snakemake.input[name]) for name in ("runs", "rows"))
    best = best_run(runs, rows, params.best_by)
    by = choice(rows, params.best_by)
    log.info("the best by %s is row %s with seed %d", by, best["row"], best["seed"])
    job = Job.of(
        {
            **params.job,
            "row": str(best["row"]),
            "seed": int(best["seed"]),
            "stack": [asdict(hyperparameters_of(best.to_dict()))],
        }
    )
    checkpoints = Checkpoints.of_rule(snakemake)
    adata = trained_cells(snakemake.input.cells)
    with logging_redirect_tqdm(), ProgressLog(log) as progress:
        trained = train_job(job, adata, progress, checkpoints, snakemake.config["device"])
    if trained.training.diverged[0]:
        checkpoints.remove()
        raise TrainingError(
            f"row {best['row']} with seed {best['seed']} finished in the search, but diverged when it "
            f"was trained again: {trained.training.diverged[0]}"
        )
    again = trained.training.losses[0].query("selected")["selection_loss"].item()
    before = float(best["selection_loss"])
    if again != before:
        log.warning(
            "warning: the selection loss is %r, in the search it was %r: another device or a stack "
            "of rows rounds otherwise",
            again,
            before,
        )
    networks, info = trained.training.networks, trained.infos[0]
    with atomic(output.model) as path:
        save_model(path, networks, info)
    with atomic(output.corrected) as path:
        cells = snakemake.input.cells
        learned = write_corrected(path, networks, info, adata, params.correction, source=cells)
    counts = stored_counts(snakemake.input.cells)
    reference = Reference.of(networks, adata, counts, params.correction, learned)
    save_reference(output.reference, reference)
    checkpoints.remove()
