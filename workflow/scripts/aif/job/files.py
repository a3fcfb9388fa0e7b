"""Files as all jobs write and read them: whole or not at all, tables to their last bit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from glob import escape
from pathlib import Path

import pandas as pd

from aif import __version__

# Columns of names, which may look like numbers.
TEXT = (
    *("dataset", "method", "cell", "gene", "batch", "cell_type", "other_type"),
    *("key", "reason", "message", "version"),
)


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


def write_table(path: str, table: pd.DataFrame) -> None:
    """Write a table, tab-separated, with the version of the workflow that made its rows.

    Rows that another version made keep the version they have.
    """
    if "version" not in table:
        table = table.assign(version=__version__)
    with atomic(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False)


def read_tables(paths: Iterable[str]) -> pd.DataFrame:
    """Return tables under each other; of those without rows the columns alone are taken."""
    tables = [read_table(path) for path in paths]
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


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
