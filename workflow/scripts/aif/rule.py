"""What every rule's script shares: its log, its errors, its atomic outputs."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from glob import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from aif.errors import InputError

TEXT = ("dataset", "method", "cell", "batch", "cell_type", "key", "reason", "message")  # columns


class _OneLine(logging.Formatter):
    """Leaves out tracebacks, which are in the log file."""

    def formatException(self, ei: Any) -> str:
        return ""


@contextlib.contextmanager
def rule_log(snakemake: Any) -> Iterator[logging.Logger]:
    """Log to the terminal and to the rule's log file; end with one line where something fails.

    An `InputError` is the user's to mend and ends as its own line. Any other exception leaves its
    traceback in the log file and one line in the terminal.
    """
    terminal = logging.StreamHandler()
    file = logging.FileHandler(snakemake.log[0], mode="w")
    for handler, formatter in ((terminal, _OneLine), (file, logging.Formatter)):
        handler.setFormatter(formatter(f"%(asctime)s {snakemake.rule}: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[terminal, file], force=True)
    warnings.simplefilter("ignore", FutureWarning)
    logging.getLogger("py.warnings").propagate = False
    logging.getLogger("py.warnings").addHandler(file)
    logger = logging.getLogger("aif")
    try:
        yield logger
    except InputError as error:
        logger.error("error: %s", error)
        sys.exit(1)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        logger.exception("error: %s; the traceback is in %s", reason, snakemake.log[0])
        sys.exit(1)


@contextlib.contextmanager
def atomic(path: str) -> Iterator[Path]:
    """Give a temporary name beside `path` and rename it when the block ends well.

    What a process that was killed left under such a name is removed.
    """
    target = Path(path)
    for left in target.parent.glob(f".{escape(target.name)}.*.part{target.suffix}"):
        left.unlink(missing_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Fill a dict with the block's wall seconds and peak memory in MB, of the process or a child."""
    cost: dict[str, float] = {}
    start = time.perf_counter()
    yield cost
    cost["seconds"] = time.perf_counter() - start
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cost["peak_memory_mb"] = max(usage.ru_maxrss for usage in usages) / 1024


def read_table(path: str | Path) -> pd.DataFrame:
    """Return a table as it was written: numbers to their last bit, names as text."""
    return pd.read_csv(
        path,
        sep="\t",
        dtype=dict.fromkeys(TEXT, str),
        na_values=[""],
        keep_default_na=False,
        float_precision="round_trip",
    )


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of those `packages` that this environment has."""
    found = {"python": sys.version.split()[0]}
    for name in packages:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
