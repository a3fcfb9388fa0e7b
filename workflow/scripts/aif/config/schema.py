"""The configuration: its one typed source, from which validation, defaults and the schema come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from aif.config.variants import Weighting

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Competitor = Literal[
    *("combat", "harmony", "scanorama", "scvi", "scvi_default", "bbknn", "limma", "seurat")
]
Method = Literal["uncorrected", Competitor, "shuffled", "downsampled", "perfect_types"]
Mode = Literal["pipeline", "grid_search", "robust_grid_search"]

Url = Annotated[str, Field(pattern=r"^https?://")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# A seed plus all that is counted up from it stays below 2**31, where Harmony's and R's end.
SEEDS_END, MOST_SEEDS = 2**30, 10**6


class Section(BaseModel):
    """A part of the config: unknown keys are errors, every key is documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Table(Section):
    """One text table: tab-separated, with a header and with names in the first column; may be .gz."""

    path: str | None = None
    """The file, relative to the working directory. Give this, or `url` with `sha256`."""
    url: Url | None = None
    """Where to download the file from."""
    sha256: Sha256 | None = None
    """What the file must hash to; optional for a `path`."""

    @model_validator(mode="after")
    def _one_source(self) -> Table:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path, or url with sha256")
        if self.url is not None and self.sha256 is None:
            raise ValueError("url and sha256 go together")
        return self


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("has a name twice; remove one")
    return names


def _as_list(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


SomeTables = Annotated[
    list[Table],
    Field(min_length=1),
    BeforeValidator(_as_list, json_schema_input_type=Table | list[Table]),
]


class Tables(Section):
    """A data set as text tables, one or a list of each kind."""

    expression: SomeTables
    """Counts. Several are the batches of the data set, of which the genes that all share are kept."""
    cells: SomeTables
    """Columns of obs, a row for each cell; several stand for one long table."""
    genes: SomeTables = []
    """Columns of var, a row for each gene."""
    cells_in: Literal["rows", "columns"]
    """Where the cells are in the tables of expression."""

    def all(self) -> list[tuple[str, Table]]:
        """Return the tables of all kinds, each after its kind."""
        kinds = ("expression", "cells", "genes")
        return [(kind, table) for kind in kinds for table in getattr(self, kind)]


class Dataset(Section):
    """One data set with raw counts: one file or several, text tables or a simulation."""

    path: str | None = None
    """An .h5ad file, relative to the working directory or to the workflow's own folder."""
    url: Url | None = None
    """Where to download an .h5ad file from."""
    sha256: Sha256 | None = None
    """What the download must hash to."""
    samples: str | None = None
    """A file for each sample: a tab-separated sheet with columns sample and path, or a pattern such
    as `counts/{sample}.h5ad`. Without a batch_key the samples are the batches."""
    tables: Tables | None = None
    """Text tables to read the data set from."""
    simulate: dict[str, Any] | None = None
    """Parameters of a simulation; `preset` takes those of config/simulations.yaml."""
    batch_key: str
    """The column of obs that names each cell's batch; with samples it may be left out and is `sample`,
    with simulate `batch`."""
    label_key: str | None = None
    """The column of obs that names each cell's type; without it label-based metrics are left out."""
    keep: Annotated[
        list[str],
        BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
        AfterValidator(_each_once),
    ] = []
    """Columns of obs whose effect on expression is to stay, such as a condition: numbers or groups. AIF's
    decoder and auxiliary network know them, and so do scVI, ComBat and limma."""
    layer: str | None = None
    """The layer that holds the counts, or "raw" for the raw part of the file; without it they are X."""
    min_genes: int | None = Field(None, ge=1)
    """Keep only cells in which at least that many genes are detected."""
    min_cells: int | None = Field(None, ge=1)
    """Keep only genes that are detected in at least that many of the cells kept."""
    n_top_genes: int | None = Field(None, ge=2)
    """Keep only that many of the most variable genes (scanpy, within batches)."""

    @model_validator(mode="before")
    @classmethod
    def _known_columns(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("simulate") is not None:
            return {"batch_key": "batch", "label_key": "cell_type", **given}
        if isinstance(given, dict) and given.get("samples") is not None:
            return {"batch_key": "sample", **given}
        return given

    @model_validator(mode="after")
    def _one_source(self) -> Dataset:
        sources = [self.path, self.url, self.samples, self.tables, self.simulate]
        if sources.count(None) != len(sources) - 1:
            raise ValueError(
                "give one of path, url with sha256, samples, tables and simulate, and no more"
            )
        if (self.url is None) != (self.sha256 is None):
            raise ValueError("url and sha256 go together")
        if self.batch_key == self.label_key:
            raise ValueError(
                f"batch_key and label_key are both {self.batch_key!r}, so every cell type would be one "
                "batch; name another column, or leave label_key out"
            )
        return self

    @model_validator(mode="after")
    def _keep_is_not_judged(self) -> Dataset:
        reasons = {
            "batch_key": "what is to go cannot stay",
            "label_key": "what judges a correction cannot shape it",
        }
        for key, reason in reasons.items():
            if getattr(self, key) in self.keep:
                raise ValueError(
                    f"keep names {getattr(self, key)!r}, which is the {key}: {reason}; remove it from keep"
                )
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
    repetitions: int = Field(20, ge=1, le=MOST_SEEDS)
    """Repetitions of the original's metrics."""
    subsample: float = Field(0.8, gt=0, le=1)
    """Share of cells in each repetition."""
    seed: int | None = Field(None, ge=0, lt=SEEDS_END)
    """Seeds the metrics; without it the run's own seed does, or in searches the config's `seed`."""


class NullTest(Section):
    """The null test: what corrections do to cells of one batch, split at random into pseudo-batches."""

    batches: dict[str, str] = {}
    """The batch that is split, by data set; without it the largest."""
    repeats: int = Field(2, ge=1, le=100)
    """How often it is split."""
    real: Annotated[list[str], AfterValidator(_each_once)] = []
    """Data sets whose own batches hardly differ: the same is measured of them, without a split."""
    datasets: Annotated[list[str], Field(min_length=1), AfterValidator(_each_once)] | None = None
    """The data sets whose batches are split; without it all."""


class Choose(Section):
    """What the target `choose` tries on each data set."""

    candidates: Annotated[list[str], Field(min_length=1), AfterValidator(_each_once)] = [
        "aif_steady",
        "aif_norm_log_nats_anneal",
        "aif_shift_norm_log_nats_anneal",
    ]
    """Variants of AIF and methods to compare with, as under `variants` and `baselines`. Uncorrected cells are
    always among them."""


Values = Annotated[list[Any], Field(min_length=1)]


class Grid(Section):
    """Lists of values to search, by hyperparameter: `gamma: [0.1, 0.3]`.

    The sheet of a variant is the Cartesian product of its lists. Lists for every variant stand
    directly under `grid`; those of the variant's weighting, of its input and of its own name come
    after them, and later ones win.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Values] = Field(init=False)

    weighting: dict[Weighting, dict[str, Values]] = {}
    """Lists by weighting: `{intrinsic: {gamma: [0.01, 0.03]}}`."""
    input: dict[Literal["raw", "norm", "norm_log"], dict[str, Values]] = {}
    """Lists by input: `{raw: {alpha: [0.01]}}`."""
    variants: dict[str, dict[str, Values]] = {}
    """Lists by variant: `{aif: {rho: [0.3]}}`."""


class Config(Section):
    """A run of the workflow."""

    datasets: dict[Name, Dataset] = Field(min_length=1)
    """The data sets, by name."""
    mirror: str | None = None
    """A directory to look for a url's file in, by its name and sha256, before it is downloaded."""
    variants: Annotated[list[str], Field(min_length=1), AfterValidator(_each_once)]
    """Variants of AIF, from config/variants.yaml."""
    baselines: Annotated[list[Method], AfterValidator(_each_once)] = []
    """Methods to compare with, and the controls `shuffled` and `downsampled`. `uncorrected` and, where there
    are labels, the control `perfect_types` are run in any case."""
    seed: int = Field(0, ge=0, lt=SEEDS_END)
    """Seeds training, correction and evaluation."""
    repeats: int = Field(1, ge=1, le=MOST_SEEDS)
    """How often every method is run and judged outside of searches: with `seed`, `seed` + 1 and so on."""
    hyperparameters: dict[str, Any] = {}
    """Overrides of every variant's defaults; see config/variants.yaml."""
    correction: Correction = Correction()
    evaluation: Evaluation = Evaluation()
    null_test: NullTest | None = None
    """With it (`{}` for all defaults) the report has a null test. The target `null_test` makes one in any
    case."""
    choose: Choose = Choose()
    """What the target `choose` tries."""
    modes: Annotated[list[Mode], Field(min_length=1), AfterValidator(_each_once)] = ["pipeline"]
    """What is run where no target is named: `pipeline` is all variants and methods with the report, as the
    target `benchmark` (the target `pipeline` makes the variants only); the others are searches."""
    grid: Grid = Grid()
    """What the searches vary."""
    seeds: int = Field(10, ge=1, le=MOST_SEEDS)
    """Seeds of a robust grid search: `seed`, `seed` + 1 and so on."""
    best_by: Literal["unlabelled", "loss"] = "unlabelled"
    """What takes the best run of a robust grid search: its score without cell types, or its loss."""
    rows_per_job: int = Field(1, ge=1)
    """Rows of the sheet that one job of a search trains side by side; more than 1 pays on a GPU."""
    holdout: float = Field(0, ge=0, le=0.5)
    """Share of cells to train without and to score apart, drawn by batch and cell type."""
    device: Literal["auto", "cuda", "cpu"] = "auto"
    """What trainings run on: `auto` is the GPU where there is one, without one `cuda` fails."""
    checkpoint_seconds: float = Field(60, ge=0)
    """Least time between the states a training keeps, to go on from after a kill; 0 keeps every epoch's."""


def load_yaml(path: str | Path) -> dict[str, Any]:
    """Return the content of a YAML file."""
    return yaml.safe_load(Path(path).read_text())
