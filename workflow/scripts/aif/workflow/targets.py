"""Which files there are to make: those of the products, of the searches and of the pages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from aif.workflow.plan import Plan

# The table with the runs of each search, and the figures of each variant's.
RUNS = {"grid_search": "grid_search", "robust_grid_search": "runs"}
SEARCH_FIGURES = ("heatmaps", "spread", "loss_against_metrics")

Figure = dict[str, str]  # kind, dataset and method ("" for all) and path


@dataclass(frozen=True)
class Targets:
    """The files that a plan asks for."""

    plan: Plan

    def of_datasets(self, pattern: str) -> list[str]:
        """Return the pattern's file for every data set."""
        return [pattern.format(dataset=dataset) for dataset in self.plan.datasets]

    def of_products(self, pattern: str, products: Iterable[str]) -> list[str]:
        """Return the pattern's files for every data set and every one of the products."""
        return [
            pattern.format(dataset=dataset, product=product)
            for dataset in self.plan.datasets
            for product in products
        ]

    def of_benchmark(self, pattern: str) -> list[str]:
        """Return the pattern's files for every data set and all its products."""
        return [
            pattern.format(dataset=dataset, product=product)
            for dataset in self.plan.datasets
            for product in self.plan.products_of(dataset)
        ]

    def of_variants(self, pattern: str) -> list[str]:
        """Return the pattern's files for every data set and variant."""
        return [
            pattern.format(dataset=dataset, variant=variant)
            for dataset in self.plan.datasets
            for variant in self.plan.config.variants
        ]

    def runs(self, dataset: str, variant: str, search: str, below: float = math.inf) -> list[str]:
        """Return the files of the runs of one variant's search, of all rungs or of those below one."""
        own = self.plan.seeds[search]
        return [
            f"results/{dataset}/{variant}/runs/{part.name}/seed_{seed}.tsv"
            for part in self.plan.parts[variant].values()
            if part.rung.number < below
            for seed in part.rung.seeds
            if seed in own
        ]

    @cached_property
    def figures(self) -> list[Figure]:
        """The report's figures: of every product's first repeat, and of each data set."""
        return [
            *self.figures_of(self.plan.products),
            *(
                _figure("embedding", dataset, name, f"{dataset}/{product}/embedding")
                for dataset, own in self.plan.own_corrections.items()
                for product, (name, _) in own.items()
            ),
            *(
                _figure(kind, dataset, "", f"{dataset}/{kind}")
                for kind, datasets in (
                    ("summary", self.plan.datasets),
                    ("halves", self.plan.datasets),
                    ("types", self.plan.datasets),
                    ("expression", self.plan.datasets),
                    (
                        "null_test",
                        self.plan.measured_datasets if self.plan.config.null_test else [],
                    ),
                )
                for dataset in datasets
            ),
            *(
                _figure(kind, "", "", kind)
                for kind in ("summary", "halves")
                if len(self.plan.datasets) > 1
            ),
        ]

    def figures_of(self, products: dict[str, tuple[str, int]]) -> list[Figure]:
        """Return the pictures of the cells of products, and of losses and markers of those of AIF."""
        return [
            *self._figures("embedding", products),
            *self._figures("losses", self.plan.of_aif(products)),
            *self._figures("markers", self.plan.of_aif(products)),
        ]

    def embeddings_of(self, figures: list[Figure]) -> list[str]:
        """Return the coordinates behind those of the figures that are pictures of the cells."""
        paths = [figure["path"] for figure in figures if figure["kind"] == "embedding"]
        return [f"{path.removesuffix('.png')}.tsv" for path in paths]

    @cached_property
    def search_references(self) -> list[str]:
        """The metrics that the rows of searches are held against: of no correction and of the defaults."""
        return self._search_references("metrics.tsv")

    def _search_references(self, file: str) -> list[str]:
        return [
            *self.of_datasets(f"results/{{dataset}}/baselines/uncorrected/{file}"),
            *self.of_variants(f"results/{{dataset}}/{{variant}}/pipeline/{file}"),
        ]

    def search_figures(self, search: str) -> list[Figure]:
        """Return the figures of a search: of every variant, and of all of them together."""
        config = self.plan.config
        return [
            *(
                _figure(kind, dataset, variant, f"{dataset}/{variant}/{search}/{kind}")
                for dataset in self.plan.datasets
                for variant in config.variants
                for kind in SEARCH_FIGURES
            ),
            *(
                _figure("variants", dataset, "", f"{dataset}/{search}/variants")
                for dataset in self.plan.datasets
            ),
        ]

    @cached_property
    def null_measures(self) -> list[str]:
        """The measures of every correction of the null test."""
        return self._null_files("null_measures.tsv")

    @cached_property
    def of_null_test(self) -> list[str]:
        """The table of the null test, its pictures, and its corrections (see `of_mode`)."""
        return [
            "results/null_test.tsv",
            *(f"results/{dataset}/null_test.png" for dataset in self.plan.measured_datasets),
            *self._null_files("corrected.h5ad"),
        ]

    @cached_property
    def of_choice(self) -> list[str]:
        """What `choose` makes: its page, and for every data set what was chosen and what it cost."""
        files = ("cost.tsv", "why.tsv", "corrected.h5ad")
        return [
            "results/choose.html",
            *(
                path
                for file in files
                for path in self.of_datasets(f"results/{{dataset}}/chosen/{file}")
            ),
            *self.of_products("results/{dataset}/{product}/corrected.h5ad", self.plan.candidates),
        ]

    @cached_property
    def of_map(self) -> list[str]:
        """What `map` makes of every data set that has a model to be mapped on."""
        files = ("corrected.h5ad", "map.html")
        return [f"results/{name}/mapped/{file}" for name in self.plan.mapped for file in files]

    def _null_files(self, name: str) -> list[str]:
        return [
            f"results/{dataset}/{product}/{name}"
            for dataset in self.plan.datasets_of_null_test
            for product in self.plan.null_products
        ]

    @cached_property
    def of_mode(self) -> dict[str, list[str]]:
        """What the default target makes in each mode; the targets of the searches make the same.

        Corrections and runs stand here beside the tables made of them, as those that failed are gone
        and nothing else would ask for them again.
        """
        return {
            "pipeline": [
                *("results/report.html", "results/ranks.tsv"),
                *self.of_benchmark("results/{dataset}/{product}/corrected.h5ad"),
                *(self.of_null_test if self.plan.config.null_test else []),
            ],
            "grid_search": [
                *("results/grid_search.tsv", "results/grid_search.html"),
                *self._all_runs("grid_search"),
                *self._search_references("corrected.h5ad"),
            ],
            "robust_grid_search": [
                "results/runs.tsv",
                "results/robust_grid_search.tsv",
                "results/robust_grid_search.html",
                *self._all_runs("robust_grid_search"),
                *self._search_references("corrected.h5ad"),
                *self.of_variants("results/{dataset}/{variant}/best/corrected.h5ad"),
                *self.of_variants("results/{dataset}/{variant}/best/run.yaml"),
            ],
        }

    def _all_runs(self, search: str) -> list[str]:
        return [
            file
            for dataset in self.plan.datasets
            for variant in self.plan.config.variants
            for file in self.runs(dataset, variant, search)
        ]

    def _figures(self, kind: str, products: dict[str, tuple[str, int]]) -> list[Figure]:
        return [
            _figure(kind, dataset, method, f"{dataset}/{product}/{kind}")
            for dataset in self.plan.datasets
            for product, (method, seed) in products.items()
            if seed == self.plan.config.seed
        ]


def _figure(kind: str, dataset: str, method: str, place: str) -> Figure:
    return {"kind": kind, "dataset": dataset, "method": method, "path": f"results/{place}.png"}
