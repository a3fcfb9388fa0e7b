"""Runs that jobs of a search have made, kept by what they are made of.

A job of many trainings that was killed goes on with the next, and a rung that other rows go on to trains
those only that it has not trained before.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from aif.config.hyperparameters import key_of
from aif.job.files import read_table, write_table
from aif.model.run import Job


@dataclass(frozen=True)
class KeptRuns:
    """Where the runs of a search's jobs are kept: a hidden folder, which Snakemake does not know.

    Attributes
    ----------
    folder
        The folder, of all jobs of a variant's search.
    made_of
        Stands for the code, the cells and how corrections are made and judged.
    """

    folder: Path
    made_of: str

    @classmethod
    def of_rule(cls, snakemake: Any) -> KeptRuns:
        """Return those of the rule whose script this is."""
        return cls(Path(snakemake.output[0]).parents[1] / ".kept", snakemake.params.run_made_of)

    def read(self, job: Job) -> pd.DataFrame | None:
        """Return the runs of a job's stack, None where they are not known."""
        path = self._path(job)
        if not path.exists():
            return None
        table = read_table(path)
        return table.assign(rung=job.rung, reason=table["reason"].fillna(""))

    def write(self, job: Job, table: pd.DataFrame) -> None:
        """Keep the runs of a job's stack, unless it failed."""
        if "failed" not in set(table["status"]):
            self.folder.mkdir(exist_ok=True)
            write_table(str(self._path(job)), table)

    def _path(self, job: Job) -> Path:
        """Return the file of a job's stack, named after all that determines its runs but the rung."""
        own = [self.made_of, job.seed, job.share, dataclasses.asdict(job.variant), job.holdout]
        name = hashlib.sha256(json.dumps([*own, key_of(job.stack)]).encode()).hexdigest()[:16]
        return self.folder / f"{name}.tsv"
