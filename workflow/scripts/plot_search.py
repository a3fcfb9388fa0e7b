"""Draw the pictures of a variant's search."""

from aif.job.files import atomic, read_table
from aif.job.log import rule_log
from aif.report.figures import save
from aif.report.search_figures import heatmaps_figure, loss_against_metrics_figure, spread_figure
from aif.search.summary import rows_of

with rule_log(snakemake):
    runs, rows = (
        table[table["cells"] != "heldout"]
        for table in (read_table(snakemake.input.runs), rows_of(snakemake.input.rows))
    )
    figures = {
        "heatmaps": heatmaps_figure(rows),
        "spread": spread_figure(runs, rows),
        "loss_against_metrics": loss_against_metrics_figure(rows),
    }
    for name, figure in figures.items():
        with atomic(snakemake.output[name]) as path:
            save(figure, path)
