"""Bring a correction that the user has made into the form of all others."""

import anndata as ad

from aif.job.files import atomic
from aif.job.log import rule_log
from aif.methods.own_correction import as_corrected
from aif.reading.own_correction import Asked, read_correction

with rule_log(snakemake) as log:
    ids, entry = snakemake.params.ids, snakemake.params.entry
    reference = ad.read_h5ad(snakemake.input.reference)
    asked = Asked(*(entry[name] for name in Asked._fields))
    key = f"datasets.{ids['dataset']}.corrections.{ids['method']}"
    names = reference.obs_names, reference.var_names
    own = read_correction(snakemake.input.file, asked, *names, key)
    result = as_corrected(own, reference, ids, entry["uses_types"])
    info = result.uns["aif"]
    log.info("%s: %s, taken as %s", key, info["output"], info["transform"])
    if result.n_vars < reference.n_vars:
        log.warning("warning: %s: %d of %d genes are in it", key, result.n_vars, reference.n_vars)
    with atomic(snakemake.output[0]) as path:
        result.write_h5ad(path)
