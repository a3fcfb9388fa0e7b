"""Draw the summary of a data set, or of all."""

from aif.evaluation.ranks import ALL
from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.figures import save
from aif.report.summary_figures import halves_figure, summary_figure

with rule_log(snakemake):
    ranks = read_table(snakemake.input[0])
    for name, draw in (("summary", summary_figure), ("halves", halves_figure)):
        with atomic(snakemake.output[name]) as path:
            save(draw(ranks, snakemake.params.dataset or ALL), path)
