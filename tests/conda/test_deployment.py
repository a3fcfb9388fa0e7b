"""The workflow with --use-conda, called from an environment that holds Snakemake alone."""

import json
from pathlib import Path

import pytest
from environments import ENVS, package_of, scripted_rules
from result_files import different
from small_workflow import Workflow, copied

CHECKS = "results/cells/data/checks.tsv"
SCANPY_RULE = "workflow/scripts/check_dataset.py"


@pytest.fixture(scope="module")
def runs(deployed):
    """By script, the prefix in which it ran and the files of its modules."""
    lines = map(json.loads, deployed.scripts_run.read_text().splitlines())
    # Snakemake runs a copy, tmp….NAME.
    named = ((Path(script).name.partition(".")[2], *rest) for script, *rest in lines)
    return {script: (prefix, files) for script, prefix, files in named if script.endswith(".py")}


def test_the_pipeline_is_there(deployed):
    for name in ("corrected.h5ad", "metrics.tsv"):
        assert deployed.results("aif_norm_log_rel_dyn", "pipeline", name).exists()


def test_its_results_are_those_of_a_local_run(deployed, tmp_path):
    local = Workflow(tmp_path)
    process = local.run("pipeline")
    assert process.returncode == 0, process.stderr[-3000:]
    names, n = different(deployed.folder / "results", local.folder / "results")
    assert not names
    assert n > 5


def test_every_script_ran_in_the_environment_of_its_rule(runs):
    # The first rule of a script; others read the same files of other forms.
    rules = {rule.script: rule.env for rule in reversed(scripted_rules())}
    # Beside its prefix Snakemake keeps the file an environment was made from.
    made_from = {script: Path(f"{prefix}.yaml").read_text() for script, (prefix, _) in runs.items()}
    assert made_from == {script: (ENVS / rules[script]).read_text() for script in runs}
    assert set(runs) == {
        "read_cells.py",
        "check_dataset.py",
        "preprocess.py",
        "train.py",
        "correct.py",
        "evaluate.py",
    }


def test_what_scripts_import_came_from_their_environment(runs):
    """Snakemake puts its own packages on the path too, behind those of the environment."""
    packages = {rule.script: rule.packages() for rule in scripted_rules()}
    for script, (prefix, files) in runs.items():
        own = {name: file for name, file in files.items() if package_of(name) in packages[script]}
        assert {"anndata", "numpy"} <= set(own)
        assert {file.startswith(f"{prefix}/") for file in own.values()} == {True}, own


def test_without_conda_snakemake_alone_runs_no_script(workflow):
    process = Workflow.start(workflow, CHECKS, "--cores", "1")
    assert "ModuleNotFoundError" in process.communicate()[1]
    assert process.returncode


def test_a_script_that_imports_what_its_environment_lacks_fails(workflow, deployed, tmp_path):
    root = copied(tmp_path)
    script = root / SCANPY_RULE
    script.write_text(script.read_text().replace("import pandas", "import torch, pandas"))
    process = workflow.run(CHECKS, root=root)
    assert process.returncode
    assert "No module named 'torch'" in process.stderr


def test_a_version_that_no_channel_has_fails(workflow, tmp_path):
    root = copied(tmp_path)
    env = root / "envs/scanpy.yaml"
    env.write_text(env.read_text().replace("- pandas =2.3.3", "- pandas =2.3.99"))
    process = workflow.run(CHECKS, root=root)
    assert process.returncode
    assert "Could not create conda environment" in process.stderr
    assert "pandas 2.3.99" in process.stderr
