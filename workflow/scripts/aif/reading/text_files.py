"""Tables of text, plain or compressed, with tabs, commas, semicolons or blanks between their fields."""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pandas as pd

# What compressed files begin with, what opens them, and their name in pandas.
COMPRESSED = {
    b"\x1f\x8b": (gzip.open, "gzip"),
    b"BZh": (bz2.open, "bz2"),
    b"\xfd7zXZ": (lzma.open, "xz"),
}
SEPARATORS = ("\t", ",", ";", " ")  # the first that stands in the first line
COMMENT = "##"


def compression_of(path: Path) -> tuple[Any, str | None]:
    """Return what opens a file, and the name of its compression in pandas, by what it begins with."""
    with open(path, "rb") as file:
        start = file.read(6)
    return next((how for magic, how in COMPRESSED.items() if start.startswith(magic)), (open, None))


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, decompressed."""
    with compression_of(path)[0](path, "rb") as file:
        yield file


def form_of_table(path: Path) -> dict[str, Any]:
    """Return how pandas reads a table: its separator, its compression and how many lines to leave out."""
    comments = 0
    with opened(path) as file:
        for line in file:
            text = line.decode("utf-8-sig")
            if not text.startswith(COMMENT):
                break
            comments += 1
        else:
            raise ValueError("it is empty")
    separator = next((s for s in SEPARATORS if s in text), "\t")
    form = {"sep": separator, "header": None, "compression": compression_of(path)[1]}
    return form | {"skiprows": comments, "encoding": "utf-8-sig"}


def read_fields(path: Path) -> pd.DataFrame:
    """Return all fields of a table as text, its header among them; an empty field is an empty text."""
    form = form_of_table(path)
    quoting = csv.QUOTE_NONE if form["sep"] == "\t" else csv.QUOTE_MINIMAL
    fields = pd.read_csv(path, dtype=str, na_filter=False, quoting=quoting, **form)
    return (
        fields.apply(lambda column: column.str.strip('"')) if quoting == csv.QUOTE_NONE else fields
    )
