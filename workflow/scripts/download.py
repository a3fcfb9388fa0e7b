"""Download a data set and accept it only if it hashes to what the config says."""

import hashlib
import shutil
import urllib.request

from aif.rule import InputError, atomic, rule_log

with rule_log(snakemake) as log:
    url, expected = snakemake.params.url, snakemake.params.sha256
    with atomic(snakemake.output[0]) as path:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, open(path, "wb") as file:
                shutil.copyfileobj(answer, file)
        except OSError as error:
            raise InputError(
                f"datasets.{snakemake.wildcards.dataset}.url: cannot download {url} ({error})"
            ) from error
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise InputError(
                f"datasets.{snakemake.wildcards.dataset}.sha256: {url} hashes to {found}, "
                f"not to {expected}; check the url or the sha256"
            )
