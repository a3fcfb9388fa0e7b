"""Data sets of many files, one a sample: by a sheet or by a pattern of their names."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

from snakemake.io import apply_wildcards, glob_wildcards

from aif.errors import InputError


class Sample(NamedTuple):
    """One file, and what its cells get as columns of obs: `sample` and whatever else is given."""

    path: str
    columns: dict[str, str]


def samples_of(given: str, key: str) -> list[Sample]:
    """Return the samples that a sheet or a pattern names, in its order or in that of the names.

    Parameters
    ----------
    given
        A tab-separated sheet with columns `sample` and `path`; or a path with {sample}, and maybe
        other names in braces, in place of what differs between the files.
    key
        The data set's key in the config, for messages.

    Raises
    ------
    InputError
        If there is no such sheet or file, or if a sample has no name, or one that another has.
    """
    samples = _matches(given, key) if "{" in given else _rows(given, key)
    seen = set()
    for sample in samples:
        name = sample.columns["sample"]
        if not name:
            raise InputError(f"{key}: {sample.path} has no sample's name in {given}; add it")
        if name in seen:
            raise InputError(f"{key}: sample {name!r} stands twice in {given}; make names unique")
        seen.add(name)
        if not Path(sample.path).exists():
            raise InputError(
                f"{key}: there is no {sample.path!r}, the path of sample {name!r} in {given}; "
                "give an .h5ad file, an .h5 file of Cell Ranger or its directory with matrix.mtx, "
                "relative to the working directory"
            )
    return samples


def _matches(pattern: str, key: str) -> list[Sample]:
    names, values = glob_wildcards(pattern), re.findall(r"\{(\w+)", pattern)
    if "sample" not in values:
        raise InputError(f"{key}: {pattern!r} has no {{sample}}; put it where the names differ")
    found = sorted(zip(*(getattr(names, value) for value in values), strict=True))
    if not found:
        raise InputError(
            f"{key}: no file matches {pattern!r}; give a pattern relative to the working directory"
        )
    columns = [dict(zip(values, match, strict=True)) for match in found]
    return [Sample(str(apply_wildcards(pattern, each)), each) for each in columns]


def _rows(sheet: str, key: str) -> list[Sample]:
    if not Path(sheet).is_file():
        raise InputError(
            f"{key}: there is no file {sheet!r}; give a sheet with columns sample and path, "
            "or a pattern such as counts/{sample}.h5ad"
        )
    try:
        with open(sheet, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, delimiter="\t", strict=True)
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{key}: {sheet} is no tab-separated text ({error})") from None
    for column in ("sample", "path"):
        if column not in (reader.fieldnames or []):
            raise InputError(
                f"{key}: {sheet} has no column {column!r}; give a tab-separated sheet with a "
                "header and columns sample and path"
            )
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise InputError(
                f"{key}: line {number} of {sheet} has not as many fields as its header"
            )
    if not rows:
        raise InputError(f"{key}: {sheet} has no rows; add one for each sample")
    return [Sample(row.pop("path"), row) for row in rows]
