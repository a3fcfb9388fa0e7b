"""What the cells of a data set are, wherever their files lie and however old they are.

What takes long asks for the identity of its cells and not for the age of their file, so that a file
that was moved trains nothing anew, and another `label_key` only what is judged in the same job.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from aif.config.schema import Dataset
from aif.workflow.plan import Plan
from aif.workflow.sources import code

# Kept in Snakemake's own folder, since a large file takes seconds to hash and every job asks.
CACHE = Path(".snakemake/aif_file_hashes.json")
# The scripts between the files of a data set and what is trained on.
SCRIPTS = {
    "samples": "join_samples.py",
    "tables": "read_tables.py",
    "simulate": "simulate.py",
}


def identity(plan: Plan, name: str, labelled: bool) -> str:
    """Return a hash of all that determines the preprocessed cells of a data set.

    Parameters
    ----------
    plan, name
        The data set's name in the plan.
    labelled
        Whether the cell types are among it.
    """
    dataset = plan.config.datasets[name]
    made_by = next((script for key, script in SCRIPTS.items() if getattr(dataset, key)), None)
    settings = ("batch_key", "layer", "min_genes", "min_cells", "n_top_genes")
    settings = (*settings, "label_key") if labelled else settings
    determined_by = {
        **{key: getattr(dataset, key) for key in settings},
        "files": _files(plan, name, dataset),
        "code": [code(script) for script in (made_by, "preprocess.py") if script],
    }
    return hashed(determined_by)


def hashed(content: Any) -> str:
    """Return a short hash of plain values."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _files(plan: Plan, name: str, dataset: Dataset) -> Any:
    if dataset.path is not None:
        return _hash(dataset.path)
    if dataset.url is not None:
        return dataset.sha256
    if dataset.samples is not None:
        return [[_hash(sample.path), sample.columns] for sample in plan.samples[name]]
    if dataset.tables is not None:
        tables = dataset.tables.model_dump()
        return {
            "cells_in": tables.pop("cells_in"),
            **{
                kind: [entry["sha256"] or _hash(entry["path"]) for entry in entries]
                for kind, entries in tables.items()
            },
        }
    return plan.simulation(name)


def _hash(path: str) -> str:
    """Return the SHA-256 of a file, or of all files in a folder and their names."""
    place = Path(path)
    if place.is_dir():
        files = sorted(file for file in place.rglob("*") if file.is_file())
        content = json.dumps([[str(file.relative_to(place)), _hash(str(file))] for file in files])
        return hashlib.sha256(content.encode()).hexdigest()
    status = place.stat()
    key = f"{status.st_size} {status.st_mtime_ns} {status.st_dev} {status.st_ino}"
    known = _cached()
    if key not in known:
        with open(place, "rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        _keep(known)
    return known[key]


def _cached() -> dict[str, str]:
    try:
        return json.loads(CACHE.read_text())
    except (OSError, ValueError):
        return {}


def _keep(known: dict[str, str]) -> None:
    """Write the cache whole; where that is not possible files are hashed again."""
    temporary = CACHE.with_name(f"{CACHE.name}.{os.getpid()}")
    try:
        CACHE.parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps(known))
        temporary.replace(CACHE)
    except OSError:
        temporary.unlink(missing_ok=True)
