"""Draw one embedding by batch and by cell type."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.figures import embedding_figure, save

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    picture = read_table(snakemake.input.provenance)["picture"].fillna("").iloc[0]
    save(embedding_figure(read_table(snakemake.input.embedding), picture), path)
