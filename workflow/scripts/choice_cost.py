"""Say what the trainings and the judging of a choice will cost."""

import h5py
import pandas as pd

from aif.config.hyperparameters import Hyperparameters
from aif.evaluation.duration import judging_seconds
from aif.job.files import write_table
from aif.job.log import rule_log
from aif.model.duration import training_seconds

with rule_log(snakemake) as log:
    with h5py.File(snakemake.input[0]) as file:
        n_cells, n_genes = file["X"].attrs["shape"]
    judged = min(n_cells, snakemake.params.max_cells)
    dataset = snakemake.wildcards.dataset
    rows = []
    of_packages = snakemake.params.of_packages
    for method, trained in snakemake.params.candidates.items():
        training = None if method in of_packages else 0.0
        if trained:
            training = training_seconds(Hyperparameters(**trained), n_cells, n_genes)
        seconds = {"training_seconds": training, "judging_seconds": judging_seconds(judged)}
        rows.append({"dataset": dataset, "method": method, **seconds})
    table = pd.DataFrame(rows).astype({"training_seconds": float})
    table[["training_seconds", "judging_seconds"]] *= snakemake.params.repeats
    minutes = table[["training_seconds", "judging_seconds"]].sum() / 60
    log.info(
        "%s: %d candidates, about %.1f min of training and %.1f min of judging in all on one core, on "
        "two about half of it%s",
        *(dataset, len(table), *minutes),
        f"; without what {' and '.join(of_packages)} will take" if of_packages else "",
    )
    write_table(snakemake.output[0], table)
