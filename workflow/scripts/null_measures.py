"""Measure what a correction changed where there was nothing to correct."""

import pandas as pd

from aif.evaluation.null_measures import judged_measures, no_measures
from aif.evaluation.sample import on_disk
from aif.job.files import write_table
from aif.job.log import rule_log
from aif.job.threads import limited_threads

with rule_log(snakemake) as log, limited_threads(snakemake.threads):
    params = snakemake.params
    corrected = on_disk(snakemake.input.corrected)
    if "reason" in corrected.uns["aif"]:
        found = no_measures(corrected.uns["aif"])
    else:
        reference = on_disk(snakemake.input.reference)
        found = judged_measures(corrected, reference, params.evaluation)
        for row in found[found["status"] == "failed"].itertuples():
            log.warning("warning: %s failed: %s", row.measure, row.reason)
    ids = pd.DataFrame([params.ids])
    write_table(snakemake.output[0], ids.merge(found, how="cross"))
