"""The scripts that read, check, preprocess, train, correct and judge, run in the process of the tests.

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


def run_script(name, folder, inputs, outputs, wildcards, **params):
    """Run a script on files of a folder, in which its outputs will lie."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    snakemake = SimpleNamespace(
        input=Files(inputs),
        output=Files({key: str(folder / file) for key, file in outputs.items()}),
        params=SimpleNamespace(**params),
        wildcards=wildcards,
        log=[str(folder / f"{name}.log")],
        rule=name,
        threads=1,
        config={"device": "cpu", "checkpoint_seconds": 60},
    )
    runpy.run_path(str(SCRIPTS / f"{name}.py"), {"snakemake": snakemake})


def prepare(config):
    """Read, check and preprocess all data sets of a config; return the error of each that ended with one.

    Raises
    ------
    InputError
        If the config is refused.
    """
    return _errors(config, _prepare)


def pipeline(config):
    """Prepare all data sets of a config, then train each variant on them, correct and judge.

    Returns and raises as `prepare`.
    """
    return _errors(config, _prepare, _correct)


def _errors(config, *steps):
    plan = Plan.of(config, ROOT)
    errors = {}
    for dataset in plan.config.datasets:
        try:
            for step in steps:
                step(plan, dataset)
        except SystemExit:
            logs = Path("results", dataset).rglob("*.log")
            lines = {
                line.partition("error: ")[2]
                for log in logs
                for line in log.read_text().splitlines()
                if "error: " in line
            }
            (errors[dataset],) = lines
    return errors


def _prepare(plan, dataset):
    targets, jobs = Targets(plan), Jobs(plan)
    inputs = Inputs(plan, targets, jobs, lambda path: [], lambda path: False)
    of, folder = SimpleNamespace(dataset=dataset), DATA.format(dataset)
    entry, source = plan.config.datasets[dataset], jobs.source(of)
    place = inputs.cells(of)
    name = next(made for key, made in MADE.items() if getattr(entry, key) is not None)
    cells = {"cells": f"{name}.h5ad"}
    if entry.simulate is not None:
        run_script("simulate", folder, {}, cells, of, simulation=jobs.simulation(of))
    elif entry.path is not None:
        run_script(
            "read_cells", folder, {"file": inputs.file(of)}, cells, of, source=jobs.reading(of)
        )
    elif entry.samples is not None:
        files = {"samples": inputs.samples(of)}
        params = {"source": jobs.reading(of), "samples": jobs.samples(of)}
        run_script("join_samples", folder, files, cells, of, **params)
    elif entry.tables is not None:
        files = {kind: inputs.tables(kind)(of) for kind in ("expression", "cells", "genes")}
        run_script("read_tables", folder, files, cells, of, source=jobs.reading(of))
    outputs = {key: f"{key}.tsv" for key in ("checks", "composition", "genes")}
    run_script(
        "check_dataset", folder, {"cells": place}, outputs, of, source=source, null_test=None
    )
    made = {"cells": place, **{key: f"{folder}/{key}.tsv" for key in ("checks", "genes")}}
    forms = {key: f"{key}.h5ad" for key in ("raw", "norm", "norm_log")}
    run_script("preprocess", folder, made, forms, of, source=source)


def _correct(plan, dataset):
    jobs = Jobs(plan)
    for variant in plan.config.variants:
        product = f"{variant}/pipeline"
        of = SimpleNamespace(dataset=dataset, variant=variant, repeat="", product=product)
        folder, data = f"results/{dataset}/{product}", DATA.format(dataset)
        cells = f"{data}/{plan.variants['variants'][variant]['input']}.h5ad"
        made = {"model": "model.pt", "losses": "losses.tsv"}
        run_script("train", folder, {"cells": cells}, made, of, job=jobs.pipeline(of), code="")
        run_script(
            "correct",
            folder,
            {"cells": cells, "model": f"{folder}/model.pt"},
            {"corrected": "corrected.h5ad", "reference": "reference.pt"},
            of,
            correction=jobs.correction_of(of),
        )
        tables = ("metrics", "embedding", "expression", "types", "type_batches", "markers")
        tables += ("provenance",)
        run_script(
            "evaluate",
            folder,
            {"corrected": f"{folder}/corrected.h5ad", "reference": f"{data}/norm_log.h5ad"},
            {name: f"{name}.tsv" for name in tables},
            of,
            evaluation=jobs.evaluation(of),
        )
