"""How a run ends: what failed and what to do about it, as its last lines, after Snakemake's own."""

from __future__ import annotations

import atexit
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aif.workflow.failures import remove_failures

INTERRUPTED = "interrupted; the same command goes on from here"
# As `aif.job.log` writes it: date, time, rule, and then what is wrong.
SAID = re.compile(r"^\S+ \S+ \w+: (error: .*)$", re.MULTILINE)


class Ending:
    """The last lines of a run.

    Snakemake says at its end where its own log is and that some job has failed. What users look for,
    the cause, then stands far above; so it is said again when Python ends. To be made before the run,
    as older logs tell of older runs.
    """

    def __init__(self, workflow: Any) -> None:
        self.workflow, self.start = workflow, time.time()

    def after_success(self) -> bool:
        """Tell what failed, which are rows of tables; return whether there are any."""
        failures = self._failures()
        _at_exit(failures)
        return bool(failures)

    def after_error(self) -> None:
        """Tell what failed, those jobs included that ended with an error, or that it was interrupted."""
        scheduler = self.workflow.scheduler
        lines = [*self._failures(), *sorted(cause(job, self.start) for job in scheduler.failed)]
        if self._interrupted():
            lines.append(INTERRUPTED)
        _at_exit(lines)

    def _interrupted(self) -> bool:
        """Return whether a signal ended the run: jobs still run, or none failed."""
        scheduler = self.workflow.scheduler
        if scheduler._executor_error is not None:
            return False
        return bool(scheduler._user_kill or scheduler.running or not scheduler.failed)

    def _failures(self) -> list[str]:
        """Return the failures among the files of ended jobs, which are removed to be tried again."""
        dag = self.workflow.dag
        failures = remove_failures(job for job in dag.jobs if dag.noneedrun_finished(job))
        return [f"error: {failure}" for failure in failures]


def cause(job: Any, start: float) -> str:
    """Return why a job failed: what its script said last, or where to look.

    Parameters
    ----------
    job
        One of Snakemake's, with `name` and `log`.
    start
        When the run began, in seconds since 1970; an older log is that of another run.
    """
    logs = [Path(log) for log in job.log]
    own = [log for log in logs if log.is_file() and log.stat().st_mtime >= start]
    said = [line for log in own for line in SAID.findall(log.read_text(errors="replace"))]
    where = f"; see {logs[0]}" if own else "; see Snakemake's messages above"
    return said[-1] if said else f"error: {job.name} ended without a word{where}"


def _at_exit(lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in dict.fromkeys(lines))
    atexit.register(lambda: (sys.stderr.write(text), sys.stderr.flush()))
