"""How much memory a job can have."""

from __future__ import annotations

import os
from pathlib import Path

OF_CONTAINER = Path(
    "/sys/fs/cgroup/memory.max"
)  # of control groups, as containers and clusters set it


def memory_mb(granted: int | None) -> float:
    """Return the memory in MB that a job can have: the least of what is granted and what the machine has.

    Parameters
    ----------
    granted
        mem_mb of its rule, None where nothing is said.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20]
    if granted is not None:
        limits.append(granted)
    if OF_CONTAINER.exists() and (limit := OF_CONTAINER.read_text().strip()).isdigit():
        limits.append(int(limit) / 2**20)
    return min(limits)
