"""The profiles, which Snakemake merges with the one it loads by itself."""

import importlib.util
import subprocess
import sys

import pytest
import yaml
import yte
from small_workflow import ROOT

PROFILES = ROOT / "profiles"
TRAININGS = {"train", "search_job", "best"}


def keys(profile):
    found = yaml.safe_load((PROFILES / profile / "config.yaml").read_text())
    return {key for key in found if not key.startswith("__")}


@pytest.mark.parametrize("profile", ["gpu", "slurm"])
def test_the_profile_loaded_by_itself_overrides_no_key_of_another(profile):
    assert not keys("default") & keys(profile)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--configfile", "a.yaml", "pipeline"],
            "--configfile: there is no file 'pipeline'; if it is",
        ),
        (
            ["--config", "seed=1", "pipeline"],
            "--config: 'pipeline' is no KEY=VALUE; if it is a target",
        ),
    ],
)
def test_a_target_behind_a_config_is_one_line(tmp_path, words, said):
    (tmp_path / "a.yaml").write_text("seed: 1")
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "1"]
    process = subprocess.run([*command, *words], cwd=tmp_path, capture_output=True, text=True)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert process.stderr.splitlines()[-1].startswith(f"error: {said}")


def test_slurm_without_its_plugin_says_what_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"error: profiles/slurm needs .*; make slurm installs it"):
        yte.process_yaml((PROFILES / "slurm/config.yaml").read_text(), require_use_yte=True)


def test_with_a_gpu_trainings_take_the_card_and_a_seed_is_one_stack(workflow):
    workflow.config |= {"seeds": 3, "grid": {"gamma": [0.1, 0.3]}}
    targets = ("pipeline", "robust_grid_search")
    process = workflow.run(*targets, "--dry-run", "--profile", PROFILES / "gpu")
    assert process.returncode == 0, process.stderr[-2000:]
    jobs = [job for job in process.stdout.split("rule ")[1:] if "resources:" in job]
    on_the_card = [job.split(":")[0] for job in jobs if "gpu=1" in job]
    assert set(on_the_card) == TRAININGS
    assert on_the_card.count("search_job") == 3
