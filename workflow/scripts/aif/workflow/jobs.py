"""What the jobs are told, as plain values: which run it is and all that determines its result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from aif.config.checks import hyperparameters
from aif.config.methods import CONTROLS, method_of, parameters_of
from aif.config.variants import variant_of
from aif.search.sheet import records
from aif.workflow.identity import file_identity, hashed, identity
from aif.workflow.plan import Plan
from aif.workflow.sources import code

# Keys of a data set that say how its files are read.
READING = {"layer", "gene_names", "genome", "cells_in", "barcode_suffix", "join", "tables"}


@dataclass(frozen=True)
class Jobs:
    """The parameters that a plan's jobs have."""

    plan: Plan
    _identities: dict[tuple[str, bool], str] = field(default_factory=dict)

    def ids(self, wildcards: Any) -> dict[str, str]:
        """Return the ids of a variant's runs, which stand in every row of their tables."""
        return {"dataset": wildcards.dataset, "method": wildcards.variant, "row": ""}

    def baseline_ids(self, wildcards: Any) -> dict[str, Any]:
        """Return the ids of a run of a method that AIF is compared with."""
        return {
            "dataset": wildcards.dataset,
            "method": wildcards.baseline,
            "row": "",
            "seed": self.plan.repeats[wildcards.repeat],
        }

    def baseline(self, wildcards: Any) -> dict[str, Any]:
        """Return the method behind a name, and the parameters that are given for it."""
        name, settings = wildcards.baseline, self.plan.config.methods
        return {"method": method_of(name, settings), "parameters": parameters_of(name, settings)}

    def own_ids(self, wildcards: Any) -> dict[str, Any]:
        """Return the ids of a correction that the user has made."""
        ids = {"dataset": wildcards.dataset, "method": wildcards.correction, "row": ""}
        return ids | {"seed": self.plan.config.seed}

    def own_entry(self, wildcards: Any) -> dict[str, Any]:
        """Return the entry in the config of a correction that the user has made, and what its file holds."""
        dataset = self.plan.config.datasets[wildcards.dataset]
        entry = dataset.corrections[wildcards.correction]
        return {**entry.model_dump(), "file": file_identity(entry.path)}

    def source(self, wildcards: Any) -> dict[str, Any]:
        """Return what a data set's entry in the config says of its cells."""
        return self.plan.config.datasets[wildcards.dataset].model_dump(
            exclude={"corrections", "map_to"}
        )

    def reading(self, wildcards: Any) -> dict[str, Any]:
        """Return how the files of a data set are read: what its entry says of them, and of nothing else."""
        dataset = self.plan.config.datasets[wildcards.dataset]
        given = "path" if dataset.url is None else "url"
        return dataset.model_dump(include=READING) | {"given": given}

    def samples(self, wildcards: Any) -> list[dict[str, Any]]:
        """Return the samples of a data set, in the order of the files."""
        return [sample._asdict() for sample in self.plan.samples[wildcards.dataset]]

    def simulation(self, wildcards: Any) -> dict[str, Any]:
        """Return the parameters of a simulation."""
        return self.plan.simulation(wildcards.dataset)

    def train_key(self, wildcards: Any) -> str:
        """Return what a training of the pipeline is made of, and nothing else.

        Cell types matter only where cells are held out, which are drawn by type.
        """
        labelled = self.plan.config.holdout > 0
        return self._key("train.py", wildcards, self.pipeline(wildcards), labelled=labelled)

    def search_key(self, wildcards: Any) -> str:
        """Return what a job of a search is made of, which judges what it has trained."""
        own = (self.search(wildcards), self.part(wildcards))
        parts = (*own, self.search_correction, self.plan.search_evaluation)
        return self._key("search_job.py", wildcards, *parts, labelled=True)

    def run_key(self, wildcards: Any) -> str:
        """Return what every run of a search is made of, besides its seed and hyperparameters."""
        parts = (self.search_correction, self.plan.search_evaluation)
        return self._key("search_job.py", wildcards, *parts, labelled=True)

    def best_key(self, wildcards: Any) -> str:
        """Return what the best run is made of, besides the tables that say which it is."""
        parts = (self.best(wildcards), self.correction, self.plan.config.best_by)
        return self._key("best.py", wildcards, *parts, labelled=True)

    def baseline_key(self, wildcards: Any) -> str:
        """Return what a correction by another method is made of."""
        parts = (self.baseline_ids(wildcards), self.baseline(wildcards))
        return self._key("baseline.py", wildcards, *parts, labelled=True)

    def pipeline(self, wildcards: Any) -> dict[str, Any]:
        """Return the job of a training with the variant's own hyperparameters."""
        own = asdict(hyperparameters(self.plan.config, self.plan.variants, wildcards.variant))
        return self._training(wildcards, self.plan.repeats[wildcards.repeat], [own])

    def search(self, wildcards: Any) -> dict[str, Any]:
        """Return the job of a part of a search, whose rows may be known when the rung before has ended."""
        part = self.plan.parts[wildcards.variant][wildcards.part]
        training = self._training(wildcards, int(wildcards.seed), part.models)
        return {**training, "rung": part.rung.number, "share": part.rung.share}

    def part(self, wildcards: Any) -> dict[str, int | None]:
        """Return which part of its rung a job of a search trains, and how many models side by side."""
        part = self.plan.parts[wildcards.variant][wildcards.part]
        side_by_side = min(self.plan.config.rows_per_job, len(part.models or []) or math.inf)
        return {"number": part.number, "side_by_side": side_by_side}

    def rung(self, wildcards: Any) -> dict[str, Any]:
        """Return what is to be known of a variant's search to say which rows go on to a rung."""
        variant = wildcards.variant
        return {
            "models": self.plan.search_trainings[variant],
            "n": self.plan.rungs[variant][int(wildcards.rung)].n_models,
            "models_per_job": self.plan.config.rows_per_job * self.plan.config.stacks_per_job,
            "seeds": [rung.seeds for rung in self.plan.rungs[variant][: int(wildcards.rung)]],
        }

    def rung_seeds(self, search: str) -> Callable[[Any], list[list[int]]]:
        """Return a function for a rule's params: the seeds that each rung of a variant's search adds."""
        return lambda wildcards: self.plan.rung_seeds(wildcards.variant, search)

    def best(self, wildcards: Any) -> dict[str, Any]:
        """Return the job of the best run, whose seed and stack are known when the search has ended."""
        return self._training(wildcards, None, None)

    def run_config(self, wildcards: Any) -> dict[str, Any]:
        """Return the config that makes the pipeline's run one of a search, all but its seed and row."""
        return {
            "datasets": {wildcards.dataset: self.source(wildcards)},
            "variants": [wildcards.variant],
            "baselines": [],
            "correction": {
                key: value for key, value in self.correction.items() if value is not None
            },
            "evaluation": self.plan.search_evaluation,
            "holdout": self.plan.config.holdout,
        }

    def evaluation(self, wildcards: Any) -> dict[str, Any]:
        """Return how a product is judged; without a seed for that, its own is taken."""
        _, seed = self.plan.all_products[wildcards.product]
        return self.plan.evaluation(seed)

    def correction_of(self, wildcards: Any) -> dict[str, Any]:
        """Return how a data set's cells are corrected; pseudo-batches have no batch to correct to."""
        if wildcards.dataset in self.plan.null_datasets:
            return {**self.correction, "target": "mean"}
        return self.correction

    def parent(self, wildcards: Any) -> str:
        """Return the data set whose cells a data set of pseudo-batches has."""
        return self.plan.parent(wildcards.dataset)

    def null_test(self, wildcards: Any) -> dict[str, Any] | None:
        """Return which batch the null test of the config splits, if it has one and splits one."""
        split = {parent for parent, _ in self.plan.null_datasets.values()}
        if self.plan.config.null_test is None or wildcards.dataset not in split:
            return None
        return {"batch": self.null_batch(wildcards)}

    def null_batch(self, wildcards: Any) -> str | None:
        """Return the batch that a null test splits, None for the largest."""
        return self.plan.null_test.batches.get(self.plan.parent(wildcards.dataset))

    def draw(self, wildcards: Any) -> int:
        """Return which split of a batch a data set of pseudo-batches is."""
        return self.plan.null_datasets[wildcards.dataset][1]

    def null_ids(self, wildcards: Any) -> dict[str, Any]:
        """Return the ids of a correction in the null test."""
        method, seed = self.plan.null_products[wildcards.product]
        return self._null_ids(wildcards.dataset, method, seed)

    def _null_ids(self, dataset: str, method: str, seed: int) -> dict[str, Any]:
        parent, draw = self.plan.null_datasets.get(dataset, (dataset, ""))
        batches = "own" if dataset == parent else "pseudo"
        ids = {"dataset": parent, "batches": batches, "draw": draw}
        return ids | {"method": method, "seed": seed}

    def expected_null_runs(self) -> list[dict[str, str]]:
        """Return the ids of all runs that the table of the null test must have."""
        return [
            {name: str(value) for name, value in self._null_ids(dataset, *own).items()}
            for dataset in self.plan.datasets_of_null_test
            for own in self.plan.null_products.values()
        ]

    @property
    def candidates(self) -> dict[str, dict[str, Any] | None]:
        """The hyperparameters of those candidates of `choose` that are trained, None for all others."""
        plan = self.plan
        return {
            name: asdict(hyperparameters(plan.config, plan.variants, name))
            if name in plan.trained_variants and name not in plan.trained_as
            else None
            for name, _ in plan.candidates.values()
        }

    @property
    def candidates_of_packages(self) -> list[str]:
        """The candidates of `choose` that are no variants of AIF, uncorrected cells left out."""
        of_aif = self.plan.of_aif(self.plan.candidates)
        others = (
            name for folder, (name, _) in self.plan.candidates.items() if folder not in of_aif
        )
        return [name for name in dict.fromkeys(others) if name not in CONTROLS]

    def sheet(self, wildcards: Any) -> list[dict[str, Any]]:
        """Return the rows of a variant's sheet."""
        return records(self.plan.sheets[wildcards.variant])

    def expected_products(self, products: dict[str, tuple[str, int]]) -> list[dict[str, str]]:
        """Return the ids of all runs that a table of these products must have."""
        return self._expected(dict.fromkeys(self.plan.datasets, products))

    @property
    def expected_benchmark(self) -> list[dict[str, str]]:
        """The ids of all runs that the table of all corrections must have."""
        plan = self.plan
        return self._expected({name: plan.products_of(name) for name in plan.datasets})

    def _expected(self, products: dict[str, dict[str, tuple[str, int]]]) -> list[dict[str, str]]:
        return [
            {"dataset": dataset, "method": method, "seed": str(seed)}
            for dataset, own in products.items()
            for method, seed in own.values()
        ]

    def expected_searches(self) -> list[dict[str, str]]:
        """Return the ids of all variants that a search's table must have."""
        return [
            {"dataset": dataset, "method": variant}
            for dataset in self.plan.datasets
            for variant in self.plan.config.variants
        ]

    @property
    def mapping(self) -> dict[str, Any]:
        """How new cells are mapped."""
        return self.plan.config.map.model_dump()

    @property
    def correction(self) -> dict[str, Any]:
        """How trained models correct cells."""
        return self.plan.config.correction.model_dump()

    @property
    def search_correction(self) -> dict[str, Any]:
        """How the runs of a search are corrected, which writes nothing."""
        return {key: value for key, value in self.correction.items() if key != "output"}

    def _key(self, script: str, wildcards: Any, *parts: Any, labelled: bool) -> str:
        """Return a hash of a job's script and the modules behind it, its cells and its parts."""
        place = (wildcards.dataset, labelled)
        if place not in self._identities:
            self._identities[place] = identity(self.plan, *place)
        return hashed([code(script), self._identities[place], parts])

    def _training(self, wildcards: Any, seed: int | None, stack: list | None) -> dict[str, Any]:
        """Return what `aif.model.run.Job` is made of: what determines a training besides its cells."""
        traits = variant_of(self.plan.variants["variants"][wildcards.variant])
        return {
            **self.ids(wildcards),
            "seed": seed,
            "variant": asdict(traits),
            "stack": stack,
            "holdout": self.plan.config.holdout,
        }
