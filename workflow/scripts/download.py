"""Fetch a file of a data set and accept it only if it hashes to what the config says."""

from aif.data.fetching import fetch
from aif.job.files import atomic
from aif.job.log import rule_log

with rule_log(snakemake), atomic(snakemake.output[0]) as path:
    params = snakemake.params
    # Not a parameter: the hash says what the file is, wherever it comes from, so nothing has to be
    # computed again for another mirror.
    mirror = snakemake.config.get("mirror")
    fetch(params.url, params.sha256, mirror, path, params.key)
