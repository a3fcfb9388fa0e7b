"""The workflow as its users run it, on small data sets in folders of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cells import simulated

ROOT = Path(__file__).parents[2]
SHORT = {"epochs": 2, "min_steps": 0, "hidden": 16, "latent": 4, "label_hidden": 8}


class Workflow:
    """Runs snakemake in a folder with a small data set called `cells`."""

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

    def dataset(self, **changes):
        """Change the entry of the data set in the config; None removes a key."""
        entry = {**self.config["datasets"]["cells"], **changes}
        kept = {key: value for key, value in entry.items() if value is not None}
        self.config["datasets"]["cells"] = kept

    def run(self, *arguments, root=ROOT):
        """Return the finished process of `snakemake ARGUMENTS --cores 2` with the workflow in root."""
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config))
        command = [sys.executable, "-m", "snakemake", "--snakefile", root / "Snakefile"]
        command += [*arguments, "--directory", self.folder, "--cores", "2", "--configfile", path]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    def results(self, *parts):
        return self.folder.joinpath("results", "cells", *parts)


@pytest.fixture
def workflow(tmp_path):
    return Workflow(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A workflow whose default target has run, with baselines and controls."""
    workflow = Workflow(tmp_path_factory.mktemp("finished"))
    workflow.config["baselines"] = ["uncorrected", "combat", "harmony", "perfect_types"]
    process = workflow.run()
    assert process.returncode == 0, process.stderr[-2000:]
    workflow.output = process.stderr
    return workflow
