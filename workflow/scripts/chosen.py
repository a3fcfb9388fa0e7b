"""Take the candidate with the highest score without cell types, and say why."""

import shutil

import h5py

from aif.errors import InputError
from aif.evaluation.choice import add_picture, choice
from aif.job.files import atomic, read_table, write_table
from aif.job.log import rule_log

with rule_log(snakemake) as log:
    rows = read_table(snakemake.input.table)
    table = choice(rows[rows["dataset"] == snakemake.wildcards.dataset])
    write_table(snakemake.output.why, table)
    best = table.iloc[0]
    if not best["chosen"]:
        raise InputError(f"no candidate has a score: {best['reason']}")
    log.info(
        "%s: %s (%s) has the highest score without cell types, %.3f",
        *best[["dataset", "method", "space", "unlabelled"]],
    )
    number = snakemake.params.methods.index(best["method"])
    picture = read_table(snakemake.input.pictures[number])
    with atomic(snakemake.output.corrected) as path:
        shutil.copyfile(snakemake.input.candidates[number], path)
        with h5py.File(path, "r+") as file:
            column = add_picture(file, picture, best["space"])
    log.info("obsm X_picture and obs %s have its picture and its clusters", column)
