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

from aif.config.datasets import Dataset
from aif.workflow.beside import beside
from aif.workflow.plan import Plan
from aif.workflow.sources import code

# Kept in Snakemake's own folder, since a large file takes seconds to hash and every job asks.
CACHE = Path(".snakemake/aif_file_hashes.json")
# Where the cells come from: what counts is what lies there.
SOURCES = {"path", "url", "sha256", "samples", "tables", "simulate"}
JUDGING = {"label_key", "unlabelled"}
BESIDE = {"corrections", "map_to"}  # what has no part in the data set's own cells
# The scripts between the files of a data set and what is trained on.
SCRIPTS = {
    "path": "read_cells.py",
    "url": "read_cells.py",
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
    if name in plan.null_datasets:
        parent, draw = plan.null_datasets[name]
        batch = plan.null_test.batches.get(parent)
        return hashed([identity(plan, parent, labelled), batch, draw, code("split_batch.py")])
    dataset = plan.config.datasets[name]
    made_by = next(script for key, script in SCRIPTS.items() if getattr(dataset, key) is not None)
    settings = sorted(
        set(Dataset.model_fields) - SOURCES - BESIDE - (set() if labelled else JUDGING)
    )
    determined_by = {
        **{key: getattr(dataset, key) for key in settings},
        "files": _files(plan, name, dataset),
        "code": [code(script) for script in (made_by, "preprocess.py")],
    }
    return hashed(determined_by)


def hashed(content: Any) -> str:
    """Return a short hash of plain values."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _files(plan: Plan, name: str, dataset: Dataset) -> Any:
    """Return what the files of a data set hold, by their hashes, and how they are put together."""
    if dataset.url is not None:
        return dataset.sha256
    if dataset.simulate is not None:
        return plan.simulation(name)
    hashes = Hashes()
    if dataset.tables is not None:
        tables = [
            [kind, table.sha256 or hashes.of(table.path)] for kind, table in dataset.tables.all()
        ]
        found: Any = [dataset.tables.cells_in, tables]
    elif dataset.samples is not None:
        samples = plan.samples[name]
        found = [[_with_beside(hashes, s.path), s.name, s.columns, s.layer] for s in samples]
    else:
        found = _with_beside(hashes, dataset.path)
    hashes.keep()
    return found


def file_identity(path: str) -> list[str]:
    """Return the hash of a file or folder, and of the files that are read with it."""
    hashes = Hashes()
    found = _with_beside(hashes, path)
    hashes.keep()
    return found


def _with_beside(hashes: Hashes, path: str) -> list[str]:
    """Return the hash of a file or folder, and of the files that are read with it."""
    others = [] if Path(path).is_dir() else beside(path)
    return [hashes.of(file) for file in (path, *others)]


class Hashes:
    """The SHA-256 of files, kept in CACHE by path, size and time of change."""

    def __init__(self) -> None:
        try:
            self.known: dict[str, str] = json.loads(CACHE.read_text())
        except (OSError, ValueError):
            self.known = {}
        self.new: dict[str, str] = {}

    def of(self, path: str | Path) -> str:
        """Return the hash of a file, or of all files in a folder and their names."""
        place = Path(path)
        if place.is_dir():
            files = sorted(file for file in place.rglob("*") if file.is_file())
            return hashed([[str(file.relative_to(place)), self.of(file)] for file in files])
        status = place.stat()
        key = f"{place.resolve()} {status.st_size} {status.st_mtime_ns}"
        if key not in self.known:
            with open(place, "rb") as file:
                self.known[key] = self.new[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return self.known[key]

    def keep(self) -> None:
        """Write the cache whole; where that is not possible files are hashed again."""
        if not self.new:
            return
        temporary = CACHE.with_name(f"{CACHE.name}.{os.getpid()}")
        try:
            CACHE.parent.mkdir(exist_ok=True)
            temporary.write_text(json.dumps(self.known))
            temporary.replace(CACHE)
        except OSError:
            temporary.unlink(missing_ok=True)
