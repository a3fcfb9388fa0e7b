"""Draw one embedding by batch and by cell type."""

from aif.figures import embedding_figure, save
from aif.rule import atomic, read_table, rule_log

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    save(embedding_figure(read_table(snakemake.input.embedding)), path)
