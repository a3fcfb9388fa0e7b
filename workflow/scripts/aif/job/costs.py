"""What a job costs, and with which versions it ran."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from aif import __version__


@contextlib.contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Fill a dict with the block's wall seconds and peak memory in MB, of the process or a child."""
    cost: dict[str, float] = {}
    start = time.perf_counter()
    yield cost
    cost["seconds"] = time.perf_counter() - start
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cost["peak_memory_mb"] = max(usage.ru_maxrss for usage in usages) / 1024


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of this workflow, Python and those `packages` that this environment has."""
    found = {"aif": __version__, "python": sys.version.split()[0]}
    for name in packages:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
