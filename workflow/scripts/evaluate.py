"""Judge a corrected data set by all metrics."""

import numpy as np

from aif.data.holdout import cell_groups
from aif.evaluation.evaluate import evaluate_apart, not_judged
from aif.evaluation.sample import on_disk
from aif.job.files import write_table
from aif.job.log import rule_log
from aif.job.threads import limited_threads

with rule_log(snakemake) as log, limited_threads(snakemake.threads):
    corrected = on_disk(snakemake.input.corrected)
    if "reason" in corrected.uns["aif"]:
        found = not_judged(corrected)
    else:
        reference = on_disk(snakemake.input.reference)
        groups = {"all": np.ones(corrected.n_obs, dtype=bool)}
        if "held_out" in corrected.obs:
            groups |= cell_groups(corrected.obs["held_out"].to_numpy())
        found = evaluate_apart(corrected, reference, snakemake.params.evaluation, groups)
        for row in found.metrics[found.metrics["status"] == "failed"].itertuples():
            log.warning("warning: %s failed: %s", row.metric, row.reason)
    outputs = {
        "metrics": found.metrics,
        "embedding": found.coordinates,
        "expression": found.expression,
        "types": found.types,
        "type_batches": found.parts,
        "markers": found.markers,
        "provenance": found.provenance,
    }
    for output, table in outputs.items():
        write_table(snakemake.output[output], table)
