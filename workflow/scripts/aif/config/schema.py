"""The configuration: its one typed source, from which validation, defaults and the schema come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
)

from aif.config.datasets import Dataset, Name, Section, each_once
from aif.config.methods import Settings
from aif.config.variants import Weighting

Mode = Literal["pipeline", "grid_search", "robust_grid_search"]
Profile = Literal["fast", "full"]
Outputs = Annotated[
    list[Literal["expression", "embedding"]], Field(min_length=1), AfterValidator(each_once)
]
PROFILES: dict[Profile, dict[str, Any]] = {
    "full": {"embedding": "tsne", "repetitions": 20},
    "fast": {"embedding": "pca", "repetitions": 0},
}

# A seed plus all that is counted up from it stays below 2**31, where Harmony's and R's end.
SEEDS_END, MOST_SEEDS = 2**30, 10**6


class Correction(Section):
    """How trained models correct cells."""

    target: str | dict[str, Annotated[float, Field(ge=0)]] = "mean"
    """`mean` (over the decodes for all batches), a batch, or shares of batches to decode as."""
    n_samplings: int = Field(20, ge=0)
    """Draws of the latent z that are averaged; 0 decodes its mean."""
    output: Outputs | None = None
    """What is written of a correction: `[expression, embedding]`, or one of them. By default both, of more
    than 100,000 cells the embedding alone."""


class Evaluation(Section):
    """How corrections are judged."""

    profile: Profile | None = None
    """`full` or `fast`: what `embedding` and `repetitions` are where they are not given. The default is
    `full`, that of searches `fast`. All other metrics are the same with both."""
    n_pcs: int = Field(30, ge=2)
    """Principal components of corrected expression."""
    embedding: Literal["tsne", "pca", "umap"] | None = None
    """What the original's metrics are computed on, and what the report shows; by default `tsne` with the
    profile `full`, `pca` with `fast`."""
    repetitions: int | None = Field(None, ge=0, le=MOST_SEEDS)
    """Repetitions of the original's metrics, 0 for none of these; by default 20 with the profile `full`, 0
    with `fast`."""
    subsample: float = Field(0.8, gt=0, le=1)
    """Share of cells in each repetition."""
    max_cells: int = Field(20_000, ge=100)
    """Of more cells a sample of about so many is judged and drawn, of each type and batch the same share."""
    seed: int | None = Field(None, ge=0, lt=SEEDS_END)
    """Seeds the metrics; without it the run's own seed does, or in searches the config's `seed`."""

    def options(self, profile: Profile) -> dict[str, Any]:
        """Return all keys but `profile`, by this profile where none is given."""
        own = self.model_dump(exclude={"profile"})
        return {
            key: default if own[key] is None else own[key]
            for key, default in (dict.fromkeys(own) | PROFILES[self.profile or profile]).items()
        }


class NullTest(Section):
    """The null test: what corrections do to cells of one batch, split at random into pseudo-batches."""

    batches: dict[str, str] = {}
    """The batch that is split, by data set; without it the largest."""
    repeats: int = Field(2, ge=1, le=100)
    """How often it is split."""
    real: Annotated[list[str], AfterValidator(each_once)] = []
    """Data sets whose own batches hardly differ: the same is measured of them, without a split."""
    datasets: Annotated[list[str], Field(min_length=1), AfterValidator(each_once)] | None = None
    """The data sets whose batches are split; without it all."""


class Choose(Section):
    """What the target `choose` tries on each data set."""

    candidates: Annotated[list[str], Field(min_length=1), AfterValidator(each_once)] = [
        "aif_steady",
        "aif_norm_log_nats_anneal",
        "aif_shift_norm_log_nats_anneal",
    ]
    """Variants of AIF and methods to compare with, as under `variants` and `baselines`. Uncorrected cells are
    always among them."""


class Mapping(Section):
    """How the cells of data sets with `map_to` are mapped."""

    neighbours: int = Field(15, ge=1)
    """Cells of the reference by which a new cell is named."""
    confidence: float = Field(0.5, ge=0, le=1)
    """The least confidence of a name; a cell below it is called unknown."""
    steps: int = Field(0, ge=0)
    """Training steps for what the model lacks of new batches; 0 trains nothing."""


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
    variants: Annotated[list[str], Field(min_length=1), AfterValidator(each_once)]
    """Variants of AIF, from config/variants.yaml."""
    baselines: Annotated[list[str], AfterValidator(each_once)] = []
    """Methods to compare with (combat, combat_seq, harmony, scanorama, scvi, scvi_default, scanvi, sysvi,
    bbknn, concord, limma, seurat), settings of them by their names under `methods`, and the controls
    `shuffled` and `downsampled`.
    `uncorrected` and, where there are labels, the control `perfect_types` are run in any case."""
    methods: Settings = {}
    """Parameters of methods, by the method's name; under another name, with `of: METHOD`, they are a setting
    that stands beside others."""
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
    map: Mapping = Mapping()
    """What the target `map` does with data sets that have `map_to`."""
    modes: Annotated[list[Mode], Field(min_length=1), AfterValidator(each_once)] = ["pipeline"]
    """What is run where no target is named: `pipeline` is all variants and methods with the report, as the
    target `benchmark` (the target `pipeline` makes the variants only); the others are searches."""
    grid: Grid = Grid()
    """What the searches vary."""
    seeds: int = Field(10, ge=1, le=MOST_SEEDS)
    """Seeds of a robust grid search: `seed`, `seed` + 1 and so on."""
    best_by: Literal["unlabelled", "loss"] = "unlabelled"
    """What takes the best run of a robust grid search: its score without cell types, or its loss."""
    halving: bool = False
    """Searches train all rows for a quarter of their epochs with one seed, and go on with the better half: to
    whole trainings, then to ever more seeds. A row that was stopped says where."""
    rows_per_job: int = Field(1, ge=1)
    """Models that one job of a search trains side by side; more than 1 pays on a GPU. Rows of the sheet that
    differ in the correction only are one model."""
    stacks_per_job: int = Field(1, ge=1)
    """Trainings of such models that one job of a search makes one after the other. They share its start of
    about ten seconds; more than 1 pays where trainings are short and runs many. A job that was killed makes
    those again that it had ended."""
    holdout: float = Field(0, ge=0, le=0.5)
    """Share of cells to train without and to score apart, drawn by batch and cell type."""
    device: Literal["auto", "cuda", "cpu"] = "auto"
    """What trainings run on: `auto` is the GPU where there is one, without one `cuda` fails."""
    checkpoint_seconds: float = Field(60, ge=0)
    """Least time between the states a training keeps, to go on from after a kill; 0 keeps every epoch's."""


def load_yaml(path: str | Path) -> dict[str, Any]:
    """Return the content of a YAML file."""
    return yaml.safe_load(Path(path).read_text())
