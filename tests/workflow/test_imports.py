"""The workflow imported by a git address, and deployed: as others use it without a clone.

An import by a path is in test_reuse.py, one by github() is what snakedeploy writes.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import anndata as ad
import pytest
import yaml
from small_workflow import ROOT, Workflow

VARIANT = "aif_norm_log_rel_dyn"
CORRECTED = f"results/cells/{VARIANT}/pipeline/corrected.h5ad"
IMPORT = """
configfile: "config.json"


module aif:
    snakefile: {snakefile}
    config: config


use rule * from aif as aif_*
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A folder that stands for GitHub: it has this workflow as aif/workflow, tagged v1."""
    hub = tmp_path_factory.mktemp("hub")
    repository = hub / "aif" / "workflow"
    repository.mkdir(parents=True)
    for name in ("Snakefile", "workflow", "config", "envs", "profiles", "resources", "LICENSE"):
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, repository / name, ignore=ignored)
        else:
            shutil.copy(source, repository / name)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "The workflow")
    git(repository, "tag", "v1")
    settings = f'[url "file://{hub}/"]\n  insteadOf = https://github.com/\n'
    (hub / "gitconfig").write_text(settings + "[safe]\n  directory = *\n")
    return hub


@pytest.fixture
def environment(hub, tmp_path):
    """Where git takes the folder for GitHub, and nothing is cached yet."""
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "GITHUB_TOKEN": ""}
    return {**os.environ, "GIT_CONFIG_GLOBAL": str(hub / "gitconfig"), **cache}


def git(repository, *arguments):
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    subprocess.run(["git", "-C", repository, *who, *arguments], check=True, capture_output=True)


def snakemake(folder, environment, *arguments):
    """Return the finished process of snakemake, called in a folder."""
    process = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process


def test_an_import_corrects_cells_and_has_nothing_to_do_then(hub, environment, tmp_path):
    snakefile = f'"git+file://{hub}/aif/workflow/workflow/Snakefile@v1"'
    workflow = Workflow(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(workflow.config))
    (tmp_path / "Snakefile").write_text(IMPORT.format(snakefile=snakefile))
    snakemake(tmp_path, environment, CORRECTED)
    assert ad.read_h5ad(tmp_path / CORRECTED).obsm["X_corrected"].shape == (120, 4)
    assert "Nothing to be done" in snakemake(tmp_path, environment, CORRECTED).stderr


def test_what_snakedeploy_writes_runs(hub, environment, tmp_path):
    project = tmp_path / "project"
    deploy = Path(sys.executable).with_name("snakedeploy")
    address = ("https://github.com/aif/workflow", project, "--tag", "v1")
    process = subprocess.run(
        [deploy, "deploy-workflow", *address], env=environment, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    assert 'github("aif/workflow"' in (project / "workflow/Snakefile").read_text()
    # As it was written: the default run, whose cells come with the workflow.
    assert "rule train:" in snakemake(project, environment, "--dry-run").stdout
    workflow = Workflow(project)
    (project / "config/config.yaml").write_text(yaml.safe_dump(workflow.config))
    snakemake(project, environment, CORRECTED)
    assert ad.read_h5ad(project / CORRECTED).n_obs == 120
