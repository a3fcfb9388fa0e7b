"""The configuration: its one typed source, from which validation, defaults and the schema come."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from aif.rule import InputError
from aif.variants import NAMES, Hyperparameters, defaults_of

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Method = Literal["uncorrected", "combat", "harmony", "shuffled", "perfect_types"]
HYPERPARAMETERS = TypeAdapter(Hyperparameters)
Mode = Literal["pipeline", "grid_search", "robust_grid_search"]


class Section(BaseModel):
    """A part of the config: unknown keys are errors, every key is documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Dataset(Section):
    """One data set: an .h5ad file with raw counts."""

    path: str | None = None
    """The file, relative to the working directory. Give this, or `url` with `sha256`."""
    url: str | None = Field(None, pattern=r"^https?://")
    """Where to download the file from."""
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """What the download must hash to."""
    batch_key: str
    """The column of obs that names each cell's batch."""
    label_key: str | None = None
    """The column of obs that names each cell's type; without it label-based metrics are left out."""
    layer: str | None = None
    """The layer that holds the counts; without it they are taken from X."""
    n_top_genes: int | None = Field(None, ge=2)
    """Keep only that many of the most variable genes (scanpy, within batches)."""

    @model_validator(mode="after")
    def _one_source(self) -> Dataset:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path, or url with sha256")
        if (self.url is None) != (self.sha256 is None):
            raise ValueError("url and sha256 go together")
        return self


class Correction(Section):
    """How trained models correct cells."""

    target: str | dict[str, Annotated[float, Field(ge=0)]] = "mean"
    """`mean` (over the decodes for all batches), a batch, or shares of batches to decode as."""
    n_samplings: int = Field(20, ge=0)
    """Draws of the latent z that are averaged; 0 decodes its mean."""


class Evaluation(Section):
    """How corrections are judged."""

    n_pcs: int = Field(30, ge=2)
    """Principal components of corrected expression."""
    embedding: Literal["tsne", "pca", "umap"] = "tsne"
    """What the original's metrics are computed on, and what the report shows."""
    repetitions: int = Field(20, ge=1)
    """Repetitions of the original's metrics."""
    subsample: float = Field(0.8, gt=0, le=1)
    """Share of cells in each repetition."""
    seed: int | None = Field(None, ge=0, lt=2**32)
    """Seeds the metrics; without it the config's `seed` does."""


Values = Annotated[list[Any], Field(min_length=1)]


class Grid(Section):
    """Lists of values to search, by hyperparameter: `gamma: [0.1, 0.3]`.

    The sheet of a variant is the Cartesian product of its lists. Lists for every variant stand
    directly under `grid`; those of the variant's weighting, of its input and of its own name come
    after them, and later ones win.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Values] = Field(init=False)

    weighting: dict[Literal["intrinsic", "fixed", "relative"], dict[str, Values]] = {}
    """Lists for the variants with a weighting."""
    input: dict[Literal["raw", "norm", "norm_log"], dict[str, Values]] = {}
    """Lists for the variants with an input."""
    variants: dict[str, dict[str, Values]] = {}
    """Lists for single variants."""


class Config(Section):
    """A run of the workflow."""

    datasets: dict[Name, Dataset] = Field(min_length=1)
    """The data sets, by name."""
    variants: list[str] = Field(min_length=1)
    """Variants of AIF, from config/variants.yaml."""
    baselines: list[Method] = []
    """Methods to compare with, and the controls `shuffled` and `perfect_types`."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seeds training, correction and evaluation."""
    hyperparameters: dict[str, Any] = {}
    """Overrides of every variant's defaults; see config/variants.yaml."""
    correction: Correction = Correction()
    evaluation: Evaluation = Evaluation()
    modes: list[Mode] = Field(["pipeline"], min_length=1)
    """What the default target runs: one training per variant, or searches."""
    grid: Grid = Grid()
    """What the searches vary."""
    seeds: int = Field(10, ge=1)
    """Seeds of a robust grid search: `seed`, `seed` + 1 and so on."""
    rows_per_job: int = Field(1, ge=1)
    """Rows of the sheet that one job of a search trains side by side; more than 1 pays on a GPU."""
    holdout: float = Field(0, ge=0, le=0.5)
    """Share of cells to train without and to score apart, drawn by batch and cell type."""

    @field_validator("variants", "baselines", "modes")
    @classmethod
    def _once(cls, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValueError("has a name twice; remove one")
        return names

    @field_validator("seeds")
    @classmethod
    def _in_range(cls, seeds: int, others: ValidationInfo) -> int:
        if others.data.get("seed", 0) + seeds > 2**32:
            raise ValueError("seed + seeds goes beyond 2**32; give a smaller seed")
        return seeds


def load_yaml(path: str | Path) -> dict[str, Any]:
    """Return the content of a YAML file."""
    return yaml.safe_load(Path(path).read_text())


def complete(given: dict[str, Any], default_run: Path, table: dict[str, Any]) -> Config:
    """Return the validated config: what the user gave, and the default run for all other keys.

    Parameters
    ----------
    given
        Top-level keys given by --configfile or --config. Each replaces the default run's as a whole.
    default_run
        config/config.yaml.
    table
        The content of config/variants.yaml.

    Raises
    ------
    InputError
        One line that names the key and what to do.
    """
    try:
        config = Config.model_validate({**load_yaml(default_run), **given})
    except ValidationError as error:
        raise InputError(_one_line(error)) from None
    for name in config.variants:
        if name not in table["variants"]:
            known = list(table["variants"])
            raise InputError(f"config: variants: unknown variant {name!r}; {_hint(name, known)}")
        hyperparameters(config, table, name)
    _check_grid(config.grid, list(table["variants"]))
    for name, dataset in config.datasets.items():
        if dataset.path is not None and not Path(dataset.path).is_file():
            raise InputError(
                f"config: datasets.{name}.path: there is no file {dataset.path!r}; "
                "give the path of an .h5ad file, relative to the working directory"
            )
        _check_target(config.correction.target, dataset)
    return config


def _check_grid(grid: Grid, variants: list[str]) -> None:
    """Look for names that no variant's sheet would stumble on."""
    layers = {"": grid.model_extra}
    for section in ("weighting", "input", "variants"):
        layers |= {f"{section}.{k}.": lists for k, lists in getattr(grid, section).items()}
    for name in grid.variants:
        if name not in variants:
            raise InputError(
                f"config: grid.variants.{name}: unknown variant; {_hint(name, variants)}"
            )
    for place, lists in layers.items():
        for name in lists:
            if name not in NAMES:
                hint = _hint(name, list(NAMES))
                raise InputError(f"config: grid.{place}{name}: unknown key; {hint}")


def _check_target(target: str | dict[str, float], dataset: Dataset) -> None:
    """Look into the file for the batches that the config names, before a model is trained for them.

    What else may be wrong with the file is said by the rule that checks it.
    """
    named = {target} - {"mean"} if isinstance(target, str) else set(target)
    if not named or dataset.path is None:
        return
    import h5py
    from anndata.io import read_elem

    try:
        with h5py.File(dataset.path) as file:
            batches = set(read_elem(file["obs"])[dataset.batch_key].astype(str))
    except (OSError, KeyError):
        return
    for name in sorted(named - batches):
        raise InputError(
            f"config: correction.target: {dataset.path} has no batch {name!r}; "
            f"give mean or one of {sorted(batches)}"
        )


def hyperparameters(
    config: Config, table: dict[str, Any], variant: str, row: dict[str, Any] | None = None
) -> Hyperparameters:
    """Return a variant's hyperparameters with the config's overrides, and those of a grid's row.

    Raises
    ------
    InputError
        If an override is unknown or out of its range.
    """
    row = row or {}
    known = {**defaults_of(table, variant), **config.hyperparameters, **row}
    for key in config.hyperparameters:
        if key not in NAMES:
            hint = _hint(key, list(NAMES))
            raise InputError(f"config: hyperparameters.{key}: unknown key; {hint}")
    try:
        return HYPERPARAMETERS.validate_python(known)
    except ValidationError as error:
        section = "grid" if error.errors()[0]["loc"][0] in row else "hyperparameters"
        raise InputError(_one_line(error, f"{section}.")) from None


def schema() -> str:
    """Return the JSON schema of the config, as kept in config/schemas."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"


def _one_line(error: ValidationError, prefix: str = "") -> str:
    """Return one problem of a validation as one line, a misspelt key before what it leaves out."""
    first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    key = prefix + ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        problem = f"unknown key; {_hint(str(first['loc'][-1]), _keys_at(first['loc'][:-1]))}"
    elif first["type"] == "missing":
        problem = "is missing; add it"
    elif first["type"] == "literal_error" and first["loc"][-1] == "[key]":
        problem = f"unknown key; known are {first['ctx']['expected']}"
    elif first["loc"] and first["loc"][-1] == "[key]":
        problem = "a name may hold letters, digits, _ and - only"
    else:
        problem = f"{first['msg'].removeprefix('Value error, ')} (got {first['input']!r})"
    return f"config: {key}: {problem}"


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    section = {"datasets": Dataset, "correction": Correction, "evaluation": Evaluation}
    model = section[location[0]] if location else Config
    return list(model.model_fields)


def _hint(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
