"""Write what is generated of the config's types: its schema and its reference (`make reference`)."""

import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

import yaml
from docstring_parser import parse
from pydantic import TypeAdapter

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from aif.config.hyperparameters import Hyperparameters  # noqa: E402
from aif.config.methods import Parameters  # noqa: E402
from aif.config.schema import Config, load_yaml  # noqa: E402
from aif.config.simulation import Simulation  # noqa: E402

SCHEMA = ROOT / "config/schemas/config.schema.yaml"
REFERENCE = ROOT / "docs/config.md"
HEADER = "# Generated of the types in workflow/scripts/aif/config: make reference\n"
INTRODUCTION = """\
<!-- Generated of the types in workflow/scripts/aif/config: make reference -->

# Every key of the config

A config is a YAML file that you give with `--configfile`, or single keys that you give with
`--config KEY=VALUE`. Each top-level key that you give replaces that key of `config/config.yaml`, the default
run, as a whole. One that you leave out is taken from there: without `datasets` these are the embedded PBMCs,
without `variants` its three, without `baselines` uncorrected, ComBat and Harmony (`baselines: []` is none).
Unknown keys are errors. The same reference for editors and programs:
`config/schemas/config.schema.yaml`.
"""
OF_DEFAULT_RUN = ("datasets", "variants", "baselines")
TEXTS = {
    "datasets": "Entries by name: letters, digits, _ and -, a letter or digit first.",
    "tables": "Text tables that a data set is read from.",
    "Entries of tables": "Each of `expression`, `cells` and `genes` is one or a list of these.",
    "correction": "How trained models correct cells.",
    "evaluation": "How corrections are judged.",
    "null_test": "What the [null test](metrics.md#the-null-test) splits.",
    "choose": "What the target [`choose`](variants.md#let-the-cells-choose) tries.",
    "grid": """\
Lists of values to search, by hyperparameter: `gamma: [0.1, 0.3]`. Lists for every variant stand directly
under `grid`. Those for some variants stand under these keys, and later ones win.""",
}
OF_METHODS = """
## methods

Parameters of the methods that AIF is compared with, called as their packages call them; [an
example](variants.md#other-settings-of-a-method). What you leave out has the default of the package, or what
[Variants](variants.md#methods-aif-is-compared-with) says. ComBat, ComBat-seq and limma have none.

| method | key | value | meaning |
|---|---|---|---|
"""
OF_HYPERPARAMETERS = """
## hyperparameters

Overrides for all variants. The defaults stand in `config/variants.yaml`; where they depend on the variant's
weighting, the table says so. [Variants](variants.md) says what the parts of a variant do, and
[How the method works](method.md) what the loss terms are.
"""
OF_SIMULATIONS = """
## simulate

Parameters of a simulated data set. `preset: tran1` to `tran6` take those of `config/simulations.yaml`, and
what you give beside it replaces them.
"""


def plain_schema() -> dict[str, Any]:
    """Return the JSON schema of the config without references, and with all hyperparameters.

    The catalogue of workflows, and some editors, read nested properties and nothing else.
    """
    raw = Config.model_json_schema()
    schema = _plain(raw, raw.pop("$defs"))
    hyperparameters = TypeAdapter(Hyperparameters).json_schema()
    meanings = _meanings(Hyperparameters)
    schema["properties"]["hyperparameters"]["properties"] = {
        name: {"description": meanings[name], **_plain(entry, {})}
        for name, entry in hyperparameters["properties"].items()
    }
    (setting,) = schema["properties"]["methods"]["patternProperties"].values()
    setting["anyOf"] = [{**each, "required": []} for each in setting.pop("oneOf")]
    del setting["discriminator"]  # the name stands for the method where `of` is left out
    datasets = schema["properties"]["datasets"]
    (entry,) = datasets["patternProperties"].values()
    datasets["properties"] = {"NAME": entry}
    # What is left out is that of the default run, and a batch_key that of samples and simulations.
    del schema["required"], entry["required"]
    entry["anyOf"] = [{"required": [key]} for key in ("batch_key", "samples", "simulate")]
    default_run = load_yaml(ROOT / "config/config.yaml")
    for key in OF_DEFAULT_RUN:
        schema["properties"][key]["default"] = default_run[key]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _plain(entry: Any, definitions: dict[str, Any]) -> Any:
    """Return a part of a schema with its references resolved, `X or null` as one type, no titles."""
    if isinstance(entry, list):
        return [_plain(part, definitions) for part in entry]
    if not isinstance(entry, dict):
        return entry
    entry = dict(entry)
    if "$ref" in entry:
        entry = definitions[entry.pop("$ref").rpartition("/")[2]] | entry
    options = entry.get("anyOf", [])
    if len(options) == 2 and {"type": "null"} in options:
        (other,) = (_plain(option, definitions) for option in options if option != {"type": "null"})
        if isinstance(other.get("type"), str):
            del entry["anyOf"]
            entry = {**other, **entry, "type": [other["type"], "null"]}
    if isinstance(entry.get("title"), str):
        del entry["title"]
    if isinstance(entry.get("description"), str):
        entry["description"] = " ".join(entry["description"].split())
    return {key: _plain(part, definitions) for key, part in entry.items()}


def reference() -> str:
    """Return the page of all keys."""
    properties = plain_schema()["properties"]
    dataset = properties["datasets"]["properties"]["NAME"]["properties"]
    tables = dataset["tables"]["properties"]
    (corrections,) = dataset["corrections"]["patternProperties"].values()
    sections = {
        "Top level": properties,
        "datasets": dataset,
        "corrections": corrections["anyOf"][1]["properties"],
        "tables": tables,
        "Entries of tables": tables["genes"]["anyOf"][0]["properties"],
        **{
            name: properties[name]["properties"]
            for name in ("correction", "evaluation", "null_test", "choose", "grid")
        },
    }
    return "".join(
        [
            INTRODUCTION,
            *(_section(title, section) for title, section in sections.items()),
            OF_METHODS,
            *_methods(),
            OF_HYPERPARAMETERS,
            *_hyperparameters(),
            OF_SIMULATIONS,
            *_simulation(),
        ]
    )


def _section(title: str, properties: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {_type(entry)} | {_default(name, entry)} | {entry.get('description', '')} |\n"
        for name, entry in properties.items()
    ]
    head = "| key | value | default | meaning |\n|---|---|---|---|\n"
    text = TEXTS.get(title)
    return f"\n## {title}\n\n" + (f"{text}\n\n" if text else "") + head + "".join(rows)


def _methods() -> Iterator[str]:
    for parameters in get_args(Parameters):
        properties = _plain(parameters.model_json_schema(), {})["properties"]
        own = properties.pop("of")
        names = ", ".join(f"`{name}`" for name in own.get("enum", [own.get("const")]))
        for key, entry in properties.items():
            yield f"| {names} | `{key}` | {_type(entry)} | {entry['description']} |\n"


def _type(entry: dict[str, Any]) -> str:
    """Return in words what values a key takes."""
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(_type(option) for option in entry["anyOf"]))
    kinds = entry.get("type", "any")
    kind = next(k for k in ([kinds] if isinstance(kinds, str) else kinds) if k != "null")
    if kind == "array":
        return f"list of {_type(entry.get('items', {}))}".replace("list of any", "list")
    words = {
        "string": "text",
        "integer": "whole number",
        "object": "a section",
        "boolean": "true or false",
    }
    bounds = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    limits = [f"{word} {entry[key]}" for key, word in bounds.items() if key in entry]
    return " ".join([words.get(kind, kind), *limits])


def _default(name: str, entry: dict[str, Any]) -> str:
    if entry.get("default", MISSING) not in (MISSING, None, [], {}) and name in OF_DEFAULT_RUN:
        return "of the default run"
    value = entry.get("default", MISSING)
    if value is MISSING:
        return "required"
    return "" if value in (None, [], {}) or isinstance(value, dict) else f"`{_value(value)}`"


def _value(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("\n...\n").strip()


def _hyperparameters() -> Iterator[str]:
    table, meanings = load_yaml(ROOT / "config/variants.yaml"), _meanings(Hyperparameters)
    yield "\n| key | default | meaning |\n|---|---|---|\n"
    for field in fields(Hyperparameters):
        by_weighting = {
            name: own[field.name] for name, own in table["weighting"].items() if field.name in own
        }
        shared = table["hyperparameters"].get(field.name, field.default)
        values = [f"`{_value(value)}` ({name})" for name, value in by_weighting.items()]
        default = ", ".join(values) or ("" if shared is None else f"`{_value(_listed(shared))}`")
        yield f"| `{field.name}` | {default} | {meanings[field.name]} |\n"


def _simulation() -> Iterator[str]:
    yield "\n| key | default | meaning |\n|---|---|---|\n"
    meanings = _meanings(Simulation)
    for field in fields(Simulation):
        default = "required" if field.default is MISSING else f"`{_value(_listed(field.default))}`"
        yield f"| `{field.name}` | {default} | {meanings[field.name]} |\n"


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _meanings(of: type) -> dict[str, str]:
    """Return what a dataclass says of its attributes; several may share a description."""
    found = parse(of.__doc__).params
    pairs = [
        (name, " ".join(p.description.split())) for p in found for name in p.arg_name.split(", ")
    ]
    return dict(pairs)


def generated() -> dict[Path, str]:
    """Return the text of every generated file."""
    schema = yaml.safe_dump(plain_schema(), sort_keys=False, allow_unicode=True, width=100)
    return {SCHEMA: HEADER + schema, REFERENCE: reference()}


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text)
