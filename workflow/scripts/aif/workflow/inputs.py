"""The input files of the rules, as Snakemake asks for them by wildcards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake.io import ancient, local

from aif.config.mapping import REFERENCE, made_here
from aif.workflow.beside import beside
from aif.workflow.jobs import Jobs
from aif.workflow.plan import Plan
from aif.workflow.targets import RUNS, Targets

# Where the cells of a data set lie, by the key in its entry.
MADE = {
    "path": "cells",
    "url": "cells",
    "samples": "samples",
    "tables": "tables",
    "simulate": "simulated",
}
NORM_LOG = "results/{dataset}/data/norm_log.h5ad"


@dataclass(frozen=True)
class Inputs:
    """The inputs that a plan's jobs have. Files of the user are local: no prefix changes them.

    Attributes
    ----------
    plan, targets, jobs
        What there is to make, and what the jobs are told.
    recorded
        The params with which Snakemake has made a file, none if it has no record.
    made_here
        Whether a rule makes a file of the user.
    """

    plan: Plan
    targets: Targets
    jobs: Jobs
    recorded: Callable[[str], Iterable[str]]
    made_here: Callable[[str], bool]
    _made_here: dict[str, bool] = field(default_factory=dict)

    def file(self, wildcards: Any) -> str:
        """Return the file of a data set of one file: the user's own, or where it is downloaded."""
        path = self.plan.config.datasets[wildcards.dataset].path
        return f"results/{wildcards.dataset}/data/download.h5ad" if path is None else local(path)

    def beside(self, wildcards: Any) -> list[str]:
        """Return the files that are read with the files of a data set, as the tables of a matrix are."""
        return [
            local(other) for path in self.plan.files(wildcards.dataset) for other in beside(path)
        ]

    def cells(self, wildcards: Any) -> str:
        """Return the cells of a data set, read or made."""
        dataset = self.plan.config.datasets[wildcards.dataset]
        name = next(name for key, name in MADE.items() if getattr(dataset, key) is not None)
        return f"results/{wildcards.dataset}/data/{name}.h5ad"

    def samples(self, wildcards: Any) -> list[str]:
        """Return the files of a data set's samples."""
        return [local(sample.path) for sample in self.plan.samples[wildcards.dataset]]

    def tables(self, kind: str) -> Callable[[Any], list[str]]:
        """Return an input function: a data set's tables of a kind, the user's or where they are put."""

        def files(wildcards: Any) -> list[str]:
            entries = getattr(self.plan.config.datasets[wildcards.dataset].tables, kind)
            folder = f"results/{wildcards.dataset}/data/tables"
            return [
                local(entry.path) if entry.path is not None else f"{folder}/{kind}.{number}"
                for number, entry in enumerate(entries)
            ]

        return files

    def split_cells(self, wildcards: Any) -> str:
        """Return the cells of which a data set of pseudo-batches has some."""
        return f"results/{self.plan.parent(wildcards.dataset)}/data/raw.h5ad"

    def variant_cells(self, wildcards: Any) -> str:
        """Return the preprocessed file that a variant is trained on and corrects."""
        transform = self.plan.variants["variants"][wildcards.variant]["input"]
        return f"results/{wildcards.dataset}/data/{transform}.h5ad"

    def train_cells(self, wildcards: Any) -> str:
        """Return the cells of a training of the pipeline."""
        made = f"{wildcards.variant}/pipeline{wildcards.repeat}/model.pt"
        key = self.jobs.train_key(wildcards)
        return self._unless_made(self.variant_cells(wildcards), wildcards, made, key)

    def shared_training(self, wildcards: Any) -> dict[str, str]:
        """Return the model and the losses of the variant that a variant is trained as."""
        variant = self.plan.trained_as[wildcards.variant]
        folder = f"results/{wildcards.dataset}/{variant}/pipeline{wildcards.repeat}"
        return {"model": f"{folder}/model.pt", "losses": f"{folder}/losses.tsv"}

    def model(self, wildcards: Any) -> dict[str, str]:
        """Return the model that a data set is mapped on, and what lies beside it, its own cells if any."""
        path = self.plan.mapped[wildcards.dataset].map_to
        made = made_here(self.plan.config, path)
        files = {"model": path, "reference": str(Path(path).with_name(REFERENCE))}
        cells = Path(path).with_name("corrected.h5ad")
        if made or cells.exists():
            files["corrected"] = str(cells)
        return files if made else {name: local(file) for name, file in files.items()}

    def reference_cells(self, wildcards: Any) -> dict[str, str]:
        """Return the cells that a data set is drawn over, none if only their model is there."""
        return {name: path for name, path in self.model(wildcards).items() if name == "corrected"}

    def search_cells(self, wildcards: Any) -> str:
        """Return the cells of a job of a search."""
        return self._of_search_job(self.variant_cells(wildcards), wildcards)

    def search_reference(self, wildcards: Any) -> str:
        """Return what the runs of a search are compared with."""
        return self._of_search_job(NORM_LOG.format(dataset=wildcards.dataset), wildcards)

    def best_cells(self, wildcards: Any) -> str:
        """Return the cells of the best run of a search."""
        made, key = f"{wildcards.variant}/best/model.pt", self.jobs.best_key(wildcards)
        return self._unless_made(self.variant_cells(wildcards), wildcards, made, key)

    def baseline_cells(self, wildcards: Any) -> str:
        """Return the cells that another method corrects."""
        made = f"baselines/{wildcards.baseline}{wildcards.repeat}/corrected.h5ad"
        cells = NORM_LOG.format(dataset=wildcards.dataset)
        return self._unless_made(cells, wildcards, made, self.jobs.baseline_key(wildcards))

    def own_correction(self, wildcards: Any) -> str:
        """Return the file of a correction that the user has made."""
        dataset = self.plan.config.datasets[wildcards.dataset]
        return local(dataset.corrections[wildcards.correction].path)

    def _of_search_job(self, cells: str, wildcards: Any) -> str:
        made = f"{wildcards.variant}/runs/{wildcards.part}/seed_{wildcards.seed}.tsv"
        return self._unless_made(cells, wildcards, made, self.jobs.search_key(wildcards))

    def _unless_made(self, cells: str, wildcards: Any, made: str, key: str) -> str:
        """Return an input whose age does not matter if a file was made of just what the key says.

        Cells that are preprocessed again for another reason, such as a file that was moved, do then
        not bring the job to run again. It must have no other reason to run either: Snakemake 9.27
        looks for none in jobs behind one that runs. And the user's files must be there already: what
        they will hold when a rule has made them is not known.
        """
        known = self.recorded(f"results/{wildcards.dataset}/{made}")
        if any(key in param for param in known) and not self._will_be_made(wildcards.dataset):
            return ancient(cells)
        return cells

    def _will_be_made(self, dataset: str) -> bool:
        if dataset not in self._made_here:
            files = self.plan.files(dataset)
            self._made_here[dataset] = any(self.made_here(path) for path in files)
        return self._made_here[dataset]

    def search_rows(self, wildcards: Any) -> list[str]:
        """Return the table with the rows of a job of a search, where these have to be found out first."""
        rung = self.plan.parts[wildcards.variant][wildcards.part].rung.number
        folder = f"results/{wildcards.dataset}/{wildcards.variant}"
        return [f"{folder}/runs/rung_{rung}.tsv"] if rung else []

    def runs_before(self, wildcards: Any) -> list[str]:
        """Return the runs that say which rows go on to a rung."""
        place = (wildcards.dataset, wildcards.variant)
        return self.targets.runs(*place, "robust_grid_search", below=int(wildcards.rung))

    def runs(self, wildcards: Any) -> list[str]:
        """Return the runs of a variant's search over all seeds."""
        return self.targets.runs(wildcards.dataset, wildcards.variant, "robust_grid_search")

    def runs_of_one_seed(self, wildcards: Any) -> list[str]:
        """Return the runs of a variant's search with one seed."""
        return self.targets.runs(wildcards.dataset, wildcards.variant, "grid_search")

    def runs_table(self, wildcards: Any) -> str:
        """Return the table of the runs of one variant's search."""
        folder = f"results/{wildcards.dataset}/{wildcards.variant}"
        return f"{folder}/{RUNS[wildcards.search]}.tsv"

    def all_runs_table(self, wildcards: Any) -> str:
        """Return the table of all runs of a search."""
        return f"results/{RUNS[wildcards.search]}.tsv"

    def search_figures(self, wildcards: Any) -> list[str]:
        """Return the pictures of a search's page."""
        return [figure["path"] for figure in self.targets.search_figures(wildcards.search)]

    def of_products(self, file: str) -> Callable[[Any], list[str]]:
        """Return an input function: a file of all products of a data set."""

        def files(wildcards: Any) -> list[str]:
            folder = f"results/{wildcards.dataset}"
            products = self.plan.products_of(wildcards.dataset)
            return [f"{folder}/{product}/{file}" for product in products]

        return files
