"""Take the candidate with the highest score without cell types, and say why."""

import anndata as ad

from aif.errors import InputError
from aif.evaluation.choice import choice, with_picture
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
    corrected = ad.read_h5ad(snakemake.input.candidates[number])
    picture = read_table(snakemake.input.pictures[number])
    with atomic(snakemake.output.corrected) as path:
        with_picture(corrected, picture, best["space"]).write_h5ad(path)
