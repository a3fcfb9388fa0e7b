"""How much memory there is for a job."""

from __future__ import annotations

import os
from pathlib import Path

OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")  # its limit, as seen from within


def machine_memory_mb() -> float:
    """Return the memory in MB of the machine, or of the container that the job is in.

    What a cluster grants a job is not looked at: a job that takes more is killed and gets more with the
    next attempt.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    limit = OF_CONTAINER.read_text().strip() if OF_CONTAINER.exists() else ""
    return min(machine, int(limit) / 2**20) if limit.isdigit() else machine
