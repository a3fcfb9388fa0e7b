"""Draw the markers of each cell type before and after a correction."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.figures import save
from aif.report.marker_figure import marker_figure

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    title = f"{snakemake.wildcards.dataset}: {snakemake.params.method}"
    save(marker_figure(read_table(snakemake.input[0]), title), path)
