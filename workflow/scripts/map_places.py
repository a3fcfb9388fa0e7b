"""Find places in a picture for new cells among those of the reference."""

from aif.job.files import write_table
from aif.job.log import rule_log
from aif.mapping.places import places

with rule_log(snakemake):
    given = snakemake.input
    known = given.corrected if hasattr(given, "corrected") else None
    table = places(given.mapped, known, snakemake.wildcards.dataset, snakemake.params.seed)
    write_table(snakemake.output[0], table)
