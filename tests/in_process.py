"""The scripts that read, check and preprocess a data set, run in the process of the tests.

What the rules say of input, output and parameters stands here once more; a workflow with Snakemake would
take seconds for each script to start, and there are many forms of files.
"""

import runpy
from pathlib import Path
from types import SimpleNamespace

from aif.workflow.inputs import MADE, Inputs
from aif.workflow.jobs import Jobs
from aif.workflow.plan import Plan
from aif.workflow.targets import Targets

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow/scripts"
DATA = "results/{}/data"


class Files(dict):
    """Files of a job, by name and by number."""

    def __getitem__(self, key):
        return [*self.values()][key] if isinstance(key, int) else super().__getitem__(key)

    __getattr__ = dict.__getitem__

    def __iter__(self):
        return iter(self.values())


def run_script(name, dataset, inputs, outputs, **params):
    folder = Path(DATA.format(dataset))
    folder.mkdir(parents=True, exist_ok=True)
    snakemake = SimpleNamespace(
        input=Files(inputs),
        output=Files({key: str(folder / file) for key, file in outputs.items()}),
        params=SimpleNamespace(**params),
        wildcards=SimpleNamespace(dataset=dataset),
        log=[str(folder / f"{name}.log")],
        rule=name,
        config={},
    )
    runpy.run_path(str(SCRIPTS / f"{name}.py"), {"snakemake": snakemake})


def prepare(config):
    """Read, check and preprocess all data sets of a config; return the error of each that ended with one.

    Raises
    ------
    InputError
        If the config is refused.
    """
    plan = Plan.of(config, ROOT)
    errors = {}
    for dataset in plan.config.datasets:
        try:
            _prepare(plan, dataset)
        except SystemExit:
            logs = Path(DATA.format(dataset)).glob("*.log")
            lines = [
                line for log in logs for line in log.read_text().splitlines() if "error: " in line
            ]
            errors[dataset] = lines[0].partition("error: ")[2]
    return errors


def _prepare(plan, dataset):
    targets, jobs = Targets(plan), Jobs(plan)
    inputs = Inputs(plan, targets, jobs, lambda path: [], lambda path: False)
    of = SimpleNamespace(dataset=dataset)
    entry, source = plan.config.datasets[dataset], jobs.source(of)
    place = inputs.cells(of)
    name = next(made for key, made in MADE.items() if getattr(entry, key) is not None)
    cells = {"cells": f"{name}.h5ad"}
    if entry.path is not None:
        run_script("read_cells", dataset, {"file": inputs.file(of)}, cells, source=jobs.reading(of))
    elif entry.samples is not None:
        files = {"samples": inputs.samples(of)}
        params = {"source": jobs.reading(of), "samples": jobs.samples(of)}
        run_script("join_samples", dataset, files, cells, **params)
    elif entry.tables is not None:
        files = {kind: inputs.tables(kind)(of) for kind in ("expression", "cells", "genes")}
        run_script("read_tables", dataset, files, cells, source=jobs.reading(of))
    outputs = {key: f"{key}.tsv" for key in ("checks", "composition", "genes")}
    run_script("check_dataset", dataset, {"cells": place}, outputs, source=source, null_test=None)
    made = {"cells": place, **{k: f"{DATA.format(dataset)}/{k}.tsv" for k in ("checks", "genes")}}
    forms = {key: f"{key}.h5ad" for key in ("raw", "norm", "norm_log")}
    run_script("preprocess", dataset, made, forms, source=source)
