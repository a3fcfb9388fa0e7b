"""Whatever is killed, and when: a rerun finishes, and ends as a run that was left in peace."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from result_files import different, half_written
from small_workflow import Workflow

VARIANT = "aif_norm_log_rel_dyn"
EPOCHS = 150
# Tables of a pipeline and a search, and the best run's correction; what draws them is not interrupted.
TARGETS = tuple(
    f"results/cells/{VARIANT}/{name}"
    for name in ("pipeline/metrics.tsv", "robust_grid_search.tsv", "best/corrected.h5ad")
)


def small(folder):
    """Return a workflow of one pipeline and a search of two runs, whose trainings take some seconds."""
    workflow = Workflow(folder)
    workflow.config |= {"seeds": 2, "grid": {"gamma": [0.1]}, "checkpoint_seconds": 0}
    workflow.config["hyperparameters"]["epochs"] = EPOCHS
    return workflow


@pytest.fixture(scope="module")
def peaceful(tmp_path_factory):
    workflow = small(tmp_path_factory.mktemp("peaceful"))
    process = workflow.run(*TARGETS)
    assert process.returncode == 0, process.stderr[-3000:]
    return workflow


@pytest.fixture
def workflow(tmp_path):
    return small(tmp_path)


def scripts(folder):
    """Return the processes of scripts that a Snakemake runs in a folder."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline") as file:
                command = file.read()
        except OSError:
            continue
        if f"{folder}/.snakemake/scripts/" in command:
            found[int(entry)] = command
    return found


def kill_training(workflow, process, epoch):
    """Kill the running trainings, when one has told of an epoch; return how many they were."""
    logs = [
        workflow.results(VARIANT, "pipeline", "train.log"),
        *workflow.results(VARIANT).glob("runs/*/*.log"),
    ]
    for _ in range(6000):
        for log in logs:
            if log.exists() and f"epoch {epoch}/{EPOCHS}" in log.read_text():
                trainings = [
                    pid
                    for pid, command in scripts(workflow.folder).items()
                    if ".train.py" in command or ".search_job.py" in command
                ]
                for pid in trainings:
                    os.kill(pid, signal.SIGKILL)
                process.communicate(timeout=120)
                return len(trainings)
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.02)
    raise TimeoutError


def wait_for_a_moment(workflow, peaceful, rng):
    """Wait until a file is there that a peaceful run has made on its way, and a while longer."""
    folder = peaceful.folder / "results"
    made = sorted(folder.rglob("*.log"), key=lambda path: path.stat().st_mtime)
    awaited = rng.choice(made[: len(made) * 4 // 5]).relative_to(folder)
    for _ in range(6000):
        if (workflow.folder / "results" / awaited).exists():
            time.sleep(rng.uniform(0, 1))
            return
        time.sleep(0.02)
    raise TimeoutError(awaited)


def finish(workflow, peaceful, tally, faults):
    """Run again and compare: nothing may be missing, half written or different."""
    process = workflow.run(*TARGETS)
    assert process.returncode == 0, process.stderr[-3000:]
    names, n = different(workflow.folder / "results", peaceful.folder / "results")
    tally.update(faults=faults, compared=n, lost=len(names))
    assert not names
    assert not half_written(workflow.folder)
    assert not list(workflow.folder.rglob("*.checkpoint"))
    return process


@pytest.mark.parametrize("seed", range(2))
def test_a_training_killed_at_any_epoch_goes_on(workflow, peaceful, tally, seed):
    # Epochs that are told: a tenth of all.
    epoch = random.Random(seed).choice(range(EPOCHS // 10, EPOCHS, EPOCHS // 10))
    process = workflow.start(*TARGETS, "--cores", "2")
    killed = kill_training(workflow, process, epoch)
    assert process.returncode != 0
    assert list(workflow.folder.rglob("*.checkpoint"))
    rerun = finish(workflow, peaceful, tally, faults=killed)
    assert "going on after epoch" in rerun.stderr


@pytest.mark.parametrize("seed", range(3))
def test_snakemake_killed_with_all_it_runs_goes_on(workflow, peaceful, tally, seed):
    process = workflow.start(*TARGETS, "--cores", "2")
    wait_for_a_moment(workflow, peaceful, random.Random(seed))
    assert process.poll() is None
    process.kill()
    for pid in scripts(workflow.folder):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    unlocked = workflow.run("--unlock")
    assert unlocked.returncode == 0, unlocked.stderr[-2000:]
    finish(workflow, peaceful, tally, faults=1)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_an_interrupted_run_says_that_the_same_command_goes_on(workflow, peaceful, tally, stop):
    process = workflow.start(*TARGETS, "--cores", "2")
    log = workflow.results(VARIANT, "pipeline", "train.log")
    while not (log.exists() and "epoch" in log.read_text()):
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.02)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=300)
    assert process.returncode != 0
    assert errors.splitlines()[-1] == "interrupted; the same command goes on from here"
    finish(workflow, peaceful, tally, faults=1)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB, and a function that makes it larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount).returncode:
        pytest.skip("a small file system needs root, and to be allowed to mount one")
    yield (
        folder,
        lambda: subprocess.run(["mount", "-o", "remount,size=500m", str(folder)], check=True),
    )
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_ends_with_an_error_and_goes_on_when_there_is_room(small_disk, peaceful, tally):
    folder, enlarge = small_disk
    workflow = small(folder)
    process = workflow.run(*TARGETS)
    assert process.returncode != 0
    assert "No space left on device" in process.stderr
    assert not half_written(folder)
    enlarge()
    if (folder / ".snakemake" / "locks").exists():
        workflow.run("--unlock")
    finish(workflow, peaceful, tally, faults=1)
