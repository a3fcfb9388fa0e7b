"""Tables of text, plain or compressed, with tabs, commas, semicolons or blanks between their fields."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pandas as pd

from aif.reading.genes import IDS

# What compressed files begin with, what opens them, and their name in pandas.
COMPRESSED = {
    b"\x1f\x8b": (gzip.open, "gzip"),
    b"BZh": (bz2.open, "bz2"),
    b"\xfd7zXZ": (lzma.open, "xz"),
}
SEPARATORS = ("\t", ",", ";", " ")  # the first that stands in the first line
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # what such a text begins with
COMMENTS = ("##", "# ")  # a header may begin with # and the name of its column
LOOKED_AT = 1_000_000  # bytes that tell the encoding
MISSING = ("", "NA", "NaN", "nan", "N/A", "NULL")
# As programs write numbers: 007, 1.10 and 1E2 are names, and so is what no float holds.
NUMBER = r"-?(0|[1-9]\d{0,14})(\.(\d*[1-9]|0))?(e[-+]\d{1,2})?"
# What reading a damaged file, or one of another kind, may raise.
ERRORS = (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError)


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


def encoding_of(path: Path) -> str:
    """Return the encoding of a text: UTF-16 if it says so, else UTF-8 unless it cannot be, then Latin-1."""
    with opened(path) as file:
        start = file.read(LOOKED_AT)
    if start.startswith(UTF16):
        return "utf-16"
    try:
        start[: max(len(start) - 4, 0)].decode("utf-8")  # a letter may be cut at the end
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def form_of_table(path: Path) -> dict[str, Any]:
    """Return how pandas reads a table: its separator, its compression and how many lines to leave out."""
    comments, encoding = 0, encoding_of(path)
    with opened(path) as file:
        for line in io.TextIOWrapper(file, encoding):
            if line.strip() and not line.startswith(COMMENTS):
                break
            comments += 1
        else:
            raise ValueError("it is empty")
    separator = next((s for s in SEPARATORS if s in line.rstrip()), "\t")
    form = {"sep": separator, "header": None, "compression": compression_of(path)[1]}
    return form | {"skiprows": comments, "encoding": encoding, "skipinitialspace": separator == ","}


def read_fields(path: Path) -> list[list[str]]:
    """Return the fields of every line of a table of names, its header among them.

    A blank or a comma may stand in a name: it separates fields in a .csv file, between quotes, or behind
    the ids of all genes only.
    """
    with opened(path) as file:
        lines = [
            line for line in io.TextIOWrapper(file, encoding_of(path)).read().splitlines() if line
        ]
    if any("\t" in line for line in lines):
        separator = "\t"
    elif ".csv" in path.name:
        separator = ","
    else:
        between = [s for s in (" ", ",") if any(f'"{s}"' in line for line in lines)]
        between += [s for s in (" ", ",") if all(re.match(IDS.pattern + s, line) for line in lines)]
        separator = next(iter(between), "\t")
    return [[field.strip() for field in row] for row in csv.reader(lines, delimiter=separator)]


def typed(texts: pd.Series) -> pd.Series:
    """Return one column of a table of text: numbers if all are and stay apart as such, else texts."""
    given = texts.astype(object).where(~texts.astype(str).str.strip().isin(MISSING))
    present = given.dropna().astype(str)
    if len(present) and present.str.fullmatch(NUMBER).all():
        numbers = pd.to_numeric(given)
        if numbers.nunique() == present.nunique():
            return numbers
    return given


def reason_of(error: Exception) -> str:
    """Return the first line of an error, in words."""
    reason = str(error).partition("\n")[0] or type(error).__name__
    return "a field is empty" if reason.endswith("string to float: ''") else reason
