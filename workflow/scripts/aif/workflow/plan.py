"""What a config asks for, completed and checked: data sets, variants, seeds, sheets and products."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aif.config.checks import complete, hyperparameters, simulation
from aif.config.datasets import Dataset
from aif.config.hyperparameters import training_of
from aif.config.methods import CONTROLS
from aif.config.samples import Sample, samples_of
from aif.config.schema import Config, NullTest, Profile, load_yaml
from aif.config.variants import variant_of
from aif.search.rungs import Part, Rung, halving, parts, whole
from aif.search.sheet import sheet_of
from aif.search.stacks import Row, stacks
from aif.workflow.named_batches import check_named_batches

R_ENDINGS = (".rds", ".rda", ".rdata")  # of files, which may be compressed once more


@dataclass(frozen=True)
class Plan:
    """A run of the workflow.

    Attributes
    ----------
    config
        The validated config.
    variants, presets
        The content of config/variants.yaml and config/simulations.yaml.
    sheets
        The rows of hyperparameters that a search trains, by variant.
    samples
        The files of the data sets that have one for each sample.
    """

    config: Config
    variants: dict[str, Any]
    presets: dict[str, Any]
    sheets: dict[str, list[Row]]
    samples: dict[str, list[Sample]]

    @classmethod
    def of(cls, given: dict[str, Any], root: Path) -> Plan:
        """Return the plan of the config that the user gave.

        Parameters
        ----------
        given
            Top-level keys given by --configfile or --config.
        root
            The folder of the workflow, with the default run, the variants and the presets of
            simulations in config/.

        Raises
        ------
        InputError
            One line that names the key and what to do.
        """
        variants = load_yaml(root / "config/variants.yaml")
        presets = load_yaml(root / "config/simulations.yaml")
        config = complete(given, root / "config/config.yaml", variants, presets)
        samples = {
            name: samples_of(dataset.samples, f"config: datasets.{name}.samples")
            for name, dataset in config.datasets.items()
            if dataset.samples is not None
        }
        check_named_batches(config, samples)
        return cls(
            config=config,
            variants=variants,
            presets=presets,
            sheets={name: sheet_of(config, variants, name) for name in config.variants},
            samples=samples,
        )

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """The data sets that are trained on and judged."""
        entries = self.config.datasets.items()
        return {name: entry for name, entry in entries if entry.map_to is None}

    @cached_property
    def mapped(self) -> dict[str, Dataset]:
        """The data sets whose cells are mapped on a trained model."""
        entries = self.config.datasets.items()
        return {name: entry for name, entry in entries if entry.map_to is not None}

    @cached_property
    def search_trainings(self) -> dict[str, list[list[str]]]:
        """What every variant's search trains with a seed: the keys of the rows of each training."""
        return {
            name: [[row.key for row in model] for model in stacks(sheet, 1)]
            for name, sheet in self.sheets.items()
        }

    @cached_property
    def rungs(self) -> dict[str, list[Rung]]:
        """The rungs of every variant's search over all seeds; that with one seed has some of them."""
        rungs_of = halving if self.config.halving else whole
        seeds = self.seeds["robust_grid_search"]
        return {name: rungs_of(len(own), seeds) for name, own in self.search_trainings.items()}

    @cached_property
    def parts(self) -> dict[str, dict[str, Part]]:
        """What the jobs of a search train, by variant and name."""
        sizes = (self.config.rows_per_job, self.config.stacks_per_job)
        return {
            name: {part.name: part for part in parts(self.rungs[name], sheet, *sizes)}
            for name, sheet in self.sheets.items()
        }

    def rung_seeds(self, variant: str, search: str) -> list[list[int]]:
        """Return the seeds that each rung of a search adds."""
        own = self.seeds[search]
        rungs = [[seed for seed in rung.seeds if seed in own] for rung in self.rungs[variant]]
        return [seeds for seeds in rungs if seeds]

    @cached_property
    def seeds(self) -> dict[str, list[int]]:
        """The seeds of each search."""
        first = self.config.seed
        return {
            "grid_search": [first],
            "robust_grid_search": [first + i for i in range(self.config.seeds)],
        }

    @cached_property
    def repeats(self) -> dict[str, int]:
        """The seeds of the repeats, by the end of the name of their folder."""
        seed = self.config.seed
        later = range(seed + 1, seed + self.config.repeats)
        return {"": seed} | {f"_seed_{later_seed}": later_seed for later_seed in later}

    @cached_property
    def aif_products(self) -> dict[str, tuple[str, int]]:
        """The corrections by AIF: method and seed, by the folder below results/{dataset}."""
        return {
            f"{variant}/pipeline{repeat}": (variant, seed)
            for variant in self.config.variants
            for repeat, seed in self.repeats.items()
        }

    @cached_property
    def trained_variants(self) -> list[str]:
        """The variants that are asked for, those among the candidates of `choose` included."""
        candidates = (
            name for name in self.config.choose.candidates if name in self.variants["variants"]
        )
        return list(dict.fromkeys([*self.config.variants, *candidates]))

    @cached_property
    def trained_as(self) -> dict[str, str]:
        """The variants that are not trained, and the one whose models they take.

        They differ from it in the correction only.
        """
        first: dict[str, str] = {}
        shared: dict[str, str] = {}
        for name in self.trained_variants:
            model = hyperparameters(self.config, self.variants, name)
            training = str(training_of(variant_of(self.variants["variants"][name]), model))
            if training in first:
                shared[name] = first[training]
            first.setdefault(training, name)
        return shared

    @cached_property
    def methods(self) -> list[str]:
        """The methods that AIF is compared with, and the controls that every benchmark has.

        Scores are scaled by them, and a recommendation rests on them. Perfect types need labels.
        """
        labelled = any(entry.label_key is not None for entry in self.datasets.values())
        controls = ["uncorrected", *(["perfect_types"] if labelled else [])]
        own = self.config.baselines
        return [*(name for name in controls if name not in own), *own]

    def named(self, *methods: str) -> list[str]:
        """Return the names of these methods and of the settings of them."""
        settings = self.config.methods
        others = [name for name, setting in settings.items() if setting.of in methods]
        return list(dict.fromkeys([*methods, *others]))

    @cached_property
    def null_test(self) -> NullTest:
        """The null test, of defaults where the config has none."""
        return self.config.null_test or NullTest()

    @cached_property
    def null_datasets(self) -> dict[str, tuple[str, int]]:
        """The data sets of pseudo-batches: whose cells they are and the draw, by their names.

        They are trained on and corrected as others. No data set of a config has a dot in its name.
        """
        return {
            f"{dataset}.null_{draw}": (dataset, draw)
            for dataset in self.datasets
            if self.null_test.datasets is None or dataset in self.null_test.datasets
            for draw in range(self.null_test.repeats)
        }

    @cached_property
    def datasets_of_null_test(self) -> list[str]:
        """The data sets that are measured: those of pseudo-batches, and those named as `real`."""
        return [*self.null_datasets, *self.null_test.real]

    @property
    def measured_datasets(self) -> list[str]:
        """The data sets of the config that the null test tells of."""
        return list(dict.fromkeys(self.parent(name) for name in self.datasets_of_null_test))

    def parent(self, dataset: str) -> str:
        """Return the data set whose cells a data set of pseudo-batches has; others are their own."""
        return self.null_datasets.get(dataset, (dataset, 0))[0]

    @cached_property
    def null_methods(self) -> list[str]:
        """The methods of the null test, beside them what half the counts would change."""
        own = (name for name in self.config.baselines if name not in CONTROLS)
        return [*CONTROLS[:2], *own]

    @cached_property
    def null_products(self) -> dict[str, tuple[str, int]]:
        """The corrections of the null test, as `products`; each with the first seed."""
        seed = self.config.seed
        others = {f"baselines/{name}": (name, seed) for name in self.null_methods}
        return others | {name: own for name, own in self.aif_products.items() if own[1] == seed}

    def of_aif(self, products: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
        """Return those of products that are corrections by AIF."""
        return {
            folder: own for folder, own in products.items() if own[0] in self.variants["variants"]
        }

    @cached_property
    def candidates(self) -> dict[str, tuple[str, int]]:
        """The corrections that `choose` tries, as `products`."""
        names = ["uncorrected", *self.config.choose.candidates]
        folders = [
            f"{x}/pipeline" if x in self.trained_variants else f"baselines/{x}" for x in names
        ]
        return {
            f"{folder}{repeat}": (name, seed)
            for folder, name in zip(folders, names, strict=True)
            for repeat, seed in self.repeats.items()
        }

    @cached_property
    def products(self) -> dict[str, tuple[str, int]]:
        """All corrections, those of the methods that AIF is compared with first."""
        others = {
            f"baselines/{method}{repeat}": (method, seed)
            for method in self.methods
            for repeat, seed in self.repeats.items()
        }
        return {**others, **self.aif_products}

    @cached_property
    def own_corrections(self) -> dict[str, dict[str, tuple[str, int]]]:
        """The corrections that users have made, as `products`, by the data set."""
        return {
            dataset: {f"corrections/{name}": (name, self.config.seed) for name in entry.corrections}
            for dataset, entry in self.datasets.items()
        }

    @cached_property
    def all_products(self) -> dict[str, tuple[str, int]]:
        """Whatever is judged of any data set, as `products`."""
        own = {k: v for found in self.own_corrections.values() for k, v in found.items()}
        return {**self.null_products, **self.candidates, **self.products, **own}

    def products_of(self, dataset: str) -> dict[str, tuple[str, int]]:
        """Return all corrections of a data set, as `products`."""
        return {**self.products, **self.own_corrections[dataset]}

    def evaluation(self, seed: int, profile: Profile = "full") -> dict[str, Any]:
        """Return how runs are judged: with this seed and profile, unless the config has its own."""
        own = self.config.evaluation.options(profile)
        return own if own["seed"] is not None else own | {"seed": seed}

    @property
    def search_evaluation(self) -> dict[str, Any]:
        """How the runs of searches are judged: fast, and all with the config's seed."""
        return self.evaluation(self.config.seed, "fast")

    def files(self, dataset: str) -> list[str]:
        """Return the files of the user that a data set is read from."""
        dataset = self.parent(dataset)
        entry = self.config.datasets[dataset]
        tables = entry.tables
        paths = [
            entry.path,
            *(sample.path for sample in self.samples.get(dataset, [])),
            *(table.path for _, table in (tables.all() if tables is not None else [])),
        ]
        return [path for path in paths if path is not None]

    @cached_property
    def of_r(self) -> list[str]:
        """The data sets with a file of R, by their names: what conda makes to read them is another."""
        return [name for name in self.config.datasets if any(map(_is_of_r, self._places(name)))]

    @cached_property
    def own_of_r(self) -> list[str]:
        """The names of the users' corrections that are files of R, as `of_r`."""
        entries = (
            own for data in self.config.datasets.values() for own in data.corrections.items()
        )
        return [name for name, entry in entries if _is_of_r(entry.path)]

    def _places(self, dataset: str) -> list[str]:
        return [*self.files(dataset), self.config.datasets[dataset].url or ""]

    def simulation(self, dataset: str) -> dict[str, Any]:
        """Return the parameters of a data set that is simulated."""
        return asdict(simulation(dataset, self.config.datasets[dataset], self.presets))


def _is_of_r(path: str) -> bool:
    return path.lower().removesuffix(".gz").endswith(R_ENDINGS)
