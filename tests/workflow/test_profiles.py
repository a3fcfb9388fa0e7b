"""The profiles, which Snakemake merges with the one it loads by itself."""

import pytest
import yaml
from small_workflow import ROOT

PROFILES = ROOT / "profiles"
TRAININGS = {"train", "search_job", "best"}


def keys(profile):
    return set(yaml.safe_load((PROFILES / profile / "config.yaml").read_text()))


@pytest.mark.parametrize("profile", ["gpu", "slurm"])
def test_the_profile_loaded_by_itself_overrides_no_key_of_another(profile):
    assert not keys("default") & keys(profile)


def test_with_a_gpu_trainings_take_the_card_and_a_seed_is_one_stack(workflow):
    workflow.config |= {"seeds": 3, "grid": {"gamma": [0.1, 0.3]}}
    targets = ("pipeline", "robust_grid_search")
    process = workflow.run(*targets, "--dry-run", "--profile", PROFILES / "gpu")
    assert process.returncode == 0, process.stderr[-2000:]
    jobs = [job for job in process.stdout.split("rule ")[1:] if "resources:" in job]
    on_the_card = [job.split(":")[0] for job in jobs if "gpu=1" in job]
    assert set(on_the_card) == TRAININGS
    assert on_the_card.count("search_job") == 3
