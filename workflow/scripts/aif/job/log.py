"""The log of a job, and how it ends where something fails."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from aif.errors import InputError
from aif.job.costs import measured

# The last line of a job that ended well, without the start of Python and its packages.
TOOK = "took {seconds:.2f} s and {peak_memory_mb:.0f} MB of memory at most"


class _OneLine(logging.Formatter):
    """Leaves out tracebacks, which are in the log file."""

    def formatException(self, ei: Any) -> str:
        return ""


@contextlib.contextmanager
def rule_log(snakemake: Any) -> Iterator[logging.Logger]:
    """Log to the terminal and to the rule's log file; end with one line where something fails.

    An `InputError` is the user's to mend and ends as its own line. Any other exception leaves its
    traceback in the log file and one line in the terminal. The file ends with what the job took.
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
        with measured() as cost:
            yield logger
        took = logging.makeLogRecord({"levelno": logging.INFO, "msg": TOOK.format(**cost)})
        file.handle(took)
    except InputError as error:
        logger.error("error: %s", error)
        sys.exit(1)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        logger.exception("error: %s; the traceback is in %s", reason, snakemake.log[0])
        sys.exit(1)
