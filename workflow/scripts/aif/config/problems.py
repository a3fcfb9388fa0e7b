"""What is wrong with a config, as one line that names the key and says what to do."""

from __future__ import annotations

import datetime
import re
from typing import Any

from pydantic import ValidationError

from aif.config.datasets import Dataset, Own, Table, Tables
from aif.config.methods import COMPETITORS
from aif.config.names import instead
from aif.config.schema import Choose, Config, Correction, Evaluation, Mapping, NullTest

# What YAML makes of words without quotes.
READ_AS = {bool: "a truth value", int: "a number", float: "a number", datetime.date: "a date"}
# What pydantic puts into a place to say which of several types it has tried.
TRIED = re.compile(r"str|(list|dict|function-\w+|Table)\[.*\]|Table")


def one_line(error: ValidationError, prefix: str = "") -> str:
    """Return one problem of a validation as one line.

    A misspelt key comes before what it leaves out, and a part before the whole that holds it.

    Parameters
    ----------
    error
        The problems.
    prefix
        What stands before the keys, where a part of a config is validated.
    """
    first = min(error.errors(), key=_rank)
    place = [str(part) for part in first["loc"]]
    if place[:1] == ["methods"]:
        del place[2:3]  # the method that a setting is of
        if first["type"] == "union_tag_invalid" and first["ctx"]["tag"] != place[1]:
            place.append("of")
    if place[-1:] == ["[key]"]:
        place[-2:] = [str(first["input"])]
    key = prefix + ".".join(part for part in place if not TRIED.fullmatch(part))
    return f"config: {key.rstrip('.')}: {_problem(first)}"


def _rank(problem: Any) -> tuple[bool, bool]:
    whole = problem["type"] == "string_type" and isinstance(problem["input"], list | dict)
    return problem["type"] != "extra_forbidden", whole


def _problem(first: Any) -> str:
    given, kind, of_key = first["input"], first["type"], first["loc"][-1:] == ("[key]",)
    if kind == "extra_forbidden":
        known = _keys_at(first["loc"][:-1])
        return f"unknown key; {instead(str(first['loc'][-1]), known) if known else 'there is none'}"
    if kind == "string_type" and type(given) in READ_AS:
        what = "the name" if of_key else "the value"
        return f"{what} is read as {READ_AS[type(given)]} ({given}); put it in quotes, as it is in the data"
    if kind == "union_tag_invalid":
        known = re.findall(r"'([^']+)'", first["ctx"]["expected_tags"])
        if first["ctx"]["tag"] == first["loc"][1]:  # the name stands for the method
            return f"is no method; say which it is a setting of, by of: {' | '.join(known)}"
        return f"unknown method {first['ctx']['tag']!r}; {instead(first['ctx']['tag'], known)}"
    if first["loc"][:1] == ("methods",) and kind == "model_attributes_type":
        return "give parameters, as in {n_latent: 10}, or {} for none"
    if kind == "missing":
        return "is missing; add it"
    if kind == "literal_error" and of_key:
        return f"unknown key; known are {first['ctx']['expected']}"
    if of_key:
        return "a name may hold letters, digits, _ and - only"
    if kind == "literal_error" and isinstance(given, str):
        known = re.findall(r"'([^']+)'", first["ctx"]["expected"])
        return f"unknown name {given!r}; {instead(given, known)}"
    said = first["msg"].removeprefix("Value error, ")
    return said if isinstance(given, dict) else f"{said} (got {given!r})"


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    section = {
        "datasets": Dataset,
        "correction": Correction,
        "evaluation": Evaluation,
        "null_test": NullTest,
        "choose": Choose,
        "map": Mapping,
    }
    # Within a data set: datasets, its name, tables, and maybe their kind and number; or corrections and
    # a name.
    deep = {0: Config, 3: Tables, 4: Own, 5: Table}
    model = deep.get(len(location)) or section.get(location[0])
    if location[:1] == ("methods",):
        model = COMPETITORS[location[2]]
        return [name for name in model.model_fields if name != "of"]
    return list(model.model_fields)
