"""The workflow as its users run it, on a small data set in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cells import simulated

from aif.job.files import read_table

ROOT = Path(__file__).parents[1]
SHORT = {"epochs": 2, "min_steps": 0, "hidden": 16, "latent": 4, "label_hidden": 8}


class Workflow:
    """Runs snakemake in a folder with a small data set called `cells`."""

    python = sys.executable

    def __init__(self, folder):
        self.folder = folder
        simulated().write_h5ad(folder / "cells.h5ad")
        self.config = {
            "datasets": {
                "cells": {"path": "cells.h5ad", "batch_key": "batch", "label_key": "cell_type"}
            },
            "variants": ["aif_norm_log_rel_dyn"],
            "baselines": [],
            "hyperparameters": dict(SHORT),
            "evaluation": {"embedding": "pca", "repetitions": 2, "n_pcs": 10},
        }

    def copied_to(self, folder):
        """Return this workflow in another folder, with all that it has made."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copy = Workflow.__new__(Workflow)
        copy.folder, copy.config = folder, json.loads(json.dumps(self.config))
        return copy

    def dataset(self, **changes):
        """Change the entry of the data set in the config; None removes a key."""
        entry = {**self.config["datasets"]["cells"], **changes}
        kept = {key: value for key, value in entry.items() if value is not None}
        self.config["datasets"]["cells"] = kept

    def run(self, *arguments, root=ROOT):
        """Return the finished process of `snakemake ARGUMENTS --cores 2` with the workflow in root."""
        process = self.start(*arguments, "--cores", "2", root=root)
        output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def start(self, *arguments, root=ROOT, **environment):
        """Return the process of `snakemake ARGUMENTS`, which goes on."""
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config))
        return subprocess.Popen(
            [
                *(self.python, "-m", "snakemake", "--snakefile", root / "Snakefile"),
                *(*arguments, "--directory", self.folder, "--configfile", path),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
        )

    def results(self, *parts):
        return self.folder.joinpath("results", "cells", *parts)


def metrics_of(folder, space="expression"):
    """Return the rows of metrics.tsv about one output, by metric."""
    table = read_table(folder / "metrics.tsv")
    return table[table["space"] == space].set_index("metric")


def causes(process):
    """Return what went wrong, without repetition: jobs say it, and the run says it again at its end."""
    lines = [line for line in process.stderr.splitlines() if "error: " in line]
    messages = list(dict.fromkeys(line.partition("error: ")[2] for line in lines))
    assert process.stderr.splitlines()[-1] in {f"error: {message}" for message in messages}
    return messages


def planned(workflow, *targets, **changes):
    """Return how many jobs of each rule a dry run plans with a changed config."""
    kept = dict(workflow.config)
    workflow.config |= changes
    process = workflow.run(*targets, "--dry-run")
    workflow.config = kept
    assert process.returncode == 0, process.stderr[-2000:]
    return jobs_of(process.stdout)


def jobs_of(plan):
    """Return how many jobs of each rule an output of Snakemake tells of."""
    starts = ("rule ", "localrule ")
    return dict(
        Counter(
            line.split()[1].rstrip(":") for line in plan.splitlines() if line.startswith(starts)
        )
    )


def copied(folder):
    """Return a copy of the workflow, in which a test can change files."""
    root = folder / "copy"
    root.mkdir()
    for name in ("Snakefile", "workflow", "config", "envs", "profiles"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    return root
