"""Data sets of many files, one a sample: by a sheet or by a pattern of their names."""

from __future__ import annotations

import csv
import glob
import re
from pathlib import Path
from typing import Any, NamedTuple

from aif.errors import InputError

SAMPLE = "sample"  # the column of names, which stay texts where they are numbers
BRACES = "{}"
NOT_BRACES = "has braces, which Snakemake takes for a wildcard; rename it, or link to it"


class Sample(NamedTuple):
    """One file: its name, what its cells get as columns of obs, and its layer if the sheet names one."""

    path: str
    name: str
    columns: dict[str, str]
    layer: str | None = None


def samples_of(given: str, key: str) -> list[Sample]:
    """Return the samples that a sheet or a pattern names, in its order or in that of the names.

    Parameters
    ----------
    given
        A tab-separated sheet with a column `path`; or a path with {sample}, or other names in braces,
        in place of what differs between the files. Without `sample` a file's name is its path.
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
        name = sample.name
        if not name:
            raise InputError(f"{key}: {sample.path} has no sample's name in {given}; add it")
        if name in seen:
            raise InputError(f"{key}: sample {name!r} stands twice in {given}; make names unique")
        seen.add(name)
        if not sample.path or not Path(sample.path).exists():
            raise InputError(
                f"{key}: there is no {sample.path!r}, the path of sample {name!r} in {given}; "
                "give a file or folder, relative to the working directory"
            )
        if set(BRACES) & set(sample.path):
            raise InputError(f"{key}: {sample.path!r} {NOT_BRACES}")
    return samples


def _matches(pattern: str, key: str) -> list[Sample]:
    """Return the files that a pattern matches.

    Snakemake's `glob_wildcards` would cross folders, and so find results of earlier runs too, and
    would not follow links.
    """
    literals = re.split(r"\{[A-Za-z_]\w*\}", pattern)
    names = re.findall(r"\{([A-Za-z_]\w*)\}", pattern)
    if not names:
        raise InputError(f"{key}: {pattern!r} has no {{sample}}; put it where the names differ")
    groups = [
        f"(?P={name})" if name in names[:i] else f"(?P<{name}>[^/]+)"
        for i, name in enumerate(names)
    ]
    regex = re.escape(literals[0]) + "".join(
        group + re.escape(literal) for group, literal in zip(groups, literals[1:], strict=True)
    )
    paths = sorted(glob.glob("*".join(glob.escape(literal) for literal in literals)))
    matches = [match for path in paths if (match := re.fullmatch(regex, path))]
    for match in matches:
        other = re.fullmatch(regex.replace("[^/]+", "[^/]+?"), match[0])
        if other.groupdict() != match.groupdict():
            raise InputError(
                f"{key}: {match[0]!r} fits {pattern!r} in several ways ({other.groupdict()} or "
                f"{match.groupdict()}); give a sheet, or fewer names in braces"
            )
    if not matches:
        raise InputError(
            f"{key}: no file matches {pattern!r}; give a pattern relative to the working directory"
        )
    return [_sample(match[0], match.groupdict()) for match in matches]


def _sample(path: str, columns: dict[str, str], layer: str | None = None) -> Sample:
    return Sample(path, columns.get(SAMPLE, path), columns, layer)


def _stripped(row: dict[str, Any]) -> dict[str, Any]:
    return {name: v.strip() if isinstance(v, str) else v for name, v in row.items()}


def _rows(sheet: str, key: str) -> list[Sample]:
    if not Path(sheet).is_file():
        raise InputError(
            f"{key}: there is no file {sheet!r}; give a sheet with columns sample and path, "
            "or a pattern such as counts/{sample}.h5ad"
        )
    try:
        with open(sheet, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, delimiter="\t", strict=True)
            rows = [(reader.line_num, _stripped(row)) for row in reader if any(row.values())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{key}: {sheet} is no tab-separated text ({error})") from None
    if "path" not in (reader.fieldnames or []):
        raise InputError(
            f"{key}: {sheet} has no column 'path'; give a tab-separated sheet with a header and columns "
            "sample and path"
        )
    if "" in reader.fieldnames:
        raise InputError(f"{key}: {sheet} has a column without a name; name or remove it")
    twice = [name for name in reader.fieldnames if reader.fieldnames.count(name) > 1]
    if twice:
        raise InputError(f"{key}: {sheet} has column {twice[0]!r} twice; rename one")
    for number, row in rows:
        if None in row or None in row.values():
            raise InputError(
                f"{key}: line {number} of {sheet} has not as many fields as its header"
            )
    if not rows:
        raise InputError(f"{key}: {sheet} has no rows; add one for each sample")
    # A sheet's layer says how its file is read, and is no column of its cells.
    layers = [row.pop("layer", "") or None for _, row in rows]
    return [
        _sample(row.pop("path"), row, layer) for (_, row), layer in zip(rows, layers, strict=True)
    ]
