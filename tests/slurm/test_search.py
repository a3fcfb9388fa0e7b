"""A search on a real SLURM: it is interrupted, then run to its end while jobs are killed for memory."""

import signal

import anndata as ad
import pandas as pd
import pytest
from one_node import obstacle, started, wait_for
from small_workflow import ROOT, Workflow

from aif.job.files import read_table

VARIANT = "aif_norm_log_rel_dyn"
COSTS = ["seconds", "peak_memory_mb"]
AMPLE_MB = 4000
# Less than a training takes, and more than a third of it.
SCARCE_MB = 400


def filled_in(folder, memory_mb):
    """Return a folder with profiles/slurm as a site fills it in, and trainings with another memory."""
    text = (ROOT / "profiles" / "slurm" / "config.yaml").read_text()
    for given, filled in (
        ("slurm_account: null", "slurm_account: lab"),
        ("slurm_partition: null", "slurm_partition: compute"),
        ("slurm_partition: null", "slurm_partition: gpus"),
        ("mem_mb: 8000 *", f"mem_mb: {memory_mb} *"),
    ):
        assert given in text
        text = text.replace(given, filled, 1)
    folder.mkdir()
    (folder / "config.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    reason = obstacle()
    if reason:
        pytest.skip(reason)
    with started(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def search(cluster, tmp_path_factory):
    """A search of two rows and two seeds, not yet begun."""
    workflow = Workflow(tmp_path_factory.mktemp("search"))
    workflow.config |= {"seeds": 2, "grid": {"gamma": [0.1, 0.3]}}
    # Long enough to be interrupted on any machine.
    workflow.config["hyperparameters"]["epochs"] = 50
    return workflow


def submitted(search, cluster, profile):
    """Return the running process of the search on the cluster, whose short jobs are looked at often."""
    often = ("--slurm-init-seconds-before-status-checks", "2")
    return search.start(
        *("robust_grid_search", "--profile", profile, *often), **cluster.environment()
    )


@pytest.fixture(scope="module")
def interrupted(search, cluster):
    """The files of results, logs left out, after an interruption during the first training."""
    process = submitted(search, cluster, filled_in(search.folder / "ample", AMPLE_MB))
    try:
        wait_for(lambda: list(search.results(VARIANT).glob("runs/*/*.log")), "a training")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=1800)
    cluster.wait_until_empty()
    files = (file for file in search.folder.joinpath("results").rglob("*") if file.is_file())
    return {str(file.relative_to(search.results())) for file in files if file.suffix != ".log"}


@pytest.fixture(scope="module")
def finished(search, cluster, interrupted):
    """SLURM's records of the jobs of the rerun, in which trainings first have too little memory."""
    n_earlier = len(cluster.jobs())
    process = submitted(search, cluster, filled_in(search.folder / "scarce", SCARCE_MB))
    _, errors = process.communicate(timeout=1800)
    assert process.returncode == 0, errors[-3000:]
    return cluster.jobs()[n_earlier:]


@pytest.fixture(scope="module")
def local(search, tmp_path_factory):
    """The same search on this machine, with the profile of a machine with a GPU."""
    workflow = Workflow(tmp_path_factory.mktemp("local"))
    workflow.config = search.config
    process = workflow.run("robust_grid_search", "--profile", ROOT / "profiles" / "gpu")
    assert process.returncode == 0, process.stderr[-3000:]
    return workflow


def is_training(job):
    return job["Comment"].startswith(("rule_search_job_", "rule_best_", "rule_train_"))


def attempts(jobs):
    """Return the records of trainings by what is trained, each in the order of its attempts."""
    by_run = {}
    for job in filter(is_training, jobs):
        by_run.setdefault(job["Comment"], []).append(job)
    return by_run


def test_an_interruption_cancels_the_jobs_and_leaves_nothing_half_written(cluster, interrupted):
    assert "CANCELLED" in {job["JobState"] for job in cluster.jobs() if is_training(job)}
    # What the search is held against may have been made meanwhile.
    references = ("baselines/", f"{VARIANT}/pipeline/")
    assert {file for file in interrupted if not file.startswith(references)} == {
        *("data/checks.tsv", "data/composition.tsv", "data/genes.tsv"),
        "data/cells.h5ad",
        *("data/raw.h5ad", "data/norm.h5ad", "data/norm_log.h5ad"),
        f"{VARIANT}/hyperparameters.tsv",
    }


def test_the_rerun_goes_on_where_the_interrupted_one_was(finished):
    others = {job["Comment"].split("_")[1] for job in finished if not is_training(job)}
    assert others <= {"baseline", "correct", "evaluate"}  # of what the search is held against


def test_trainings_have_the_partition_and_a_gpu(cluster, finished):
    for job in cluster.jobs():
        expected = ("gpus", "gres:gpu:1") if is_training(job) else ("compute", None)
        assert (job["Partition"], job.get("TresPerJob")) == expected
        assert job["Account"] == "lab"
    searched = [what for what in attempts(finished) if not what.startswith("rule_train_")]
    # Two rows and the best run; the defaults may have been trained before the interruption.
    assert len(searched) == 3


def test_trainings_killed_for_memory_come_back_with_more_memory_and_time(search, finished):
    for what, run in attempts(finished).items():
        assert len(run) > 1 or what.startswith(("rule_best_", "rule_train_"))
        assert [job["JobState"] for job in run] == ["FAILED"] * (len(run) - 1) + ["COMPLETED"]
        for attempt, job in enumerate(run, start=1):
            assert job["MinMemoryNode"] == f"{SCARCE_MB * attempt}M"
            assert job["TimeLimit"] == ("08:00:00", "16:00:00", "1-00:00:00")[attempt - 1]
        for killed in run[:-1]:
            assert "exceeded memory limit" in slurm_log(search, killed)


def slurm_log(search, job):
    (log,) = search.folder.glob(f".snakemake/slurm_logs/**/{job['JobId']}.log")
    return log.read_text()


def test_another_attempt_has_the_same_hardware(finished):
    for run in attempts(finished).values():
        hardware = {(job["Partition"], job["NumCPUs"], job["TresPerJob"]) for job in run}
        assert len(hardware) == 1


def test_results_are_those_of_a_local_run(search, finished, local):
    for name in ("runs.tsv", "robust_grid_search.tsv"):
        on_cluster, here = (
            read_table(flow.folder / "results" / name).drop(columns=COSTS, errors="ignore")
            for flow in (search, local)
        )
        pd.testing.assert_frame_equal(on_cluster, here, check_exact=True)
    one, other = (
        ad.read_h5ad(flow.results(VARIANT, "best", "corrected.h5ad")).X for flow in (search, local)
    )
    assert (one == other).all()
