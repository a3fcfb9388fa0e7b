"""The last lines of a run: why jobs failed, and that an interrupted one goes on."""

import atexit
import time
from types import SimpleNamespace

import pytest

from aif.workflow.ending import INTERRUPTED, Ending, cause

SAID = """\
2026-01-01 10:00:00,1 train: warning: x
2026-01-01 10:00:01,2 train: error: RuntimeError: CUDA error: no memory; the traceback is in a.log
RuntimeError: CUDA error: no memory
"""


def job(tmp_path, text=None, name="train"):
    log = tmp_path / f"{name}.log"
    if text is not None:
        log.write_text(text)
    return SimpleNamespace(name=name, log=[str(log)])


def test_the_cause_is_what_the_script_said_last(tmp_path):
    found = cause(job(tmp_path, SAID), start=0)
    assert found == "error: RuntimeError: CUDA error: no memory; the traceback is in a.log"


@pytest.mark.parametrize("text", ["", "2026-01-01 10:00:00,1 train: epoch 1/2\n"])
def test_a_job_that_said_nothing_is_named_with_its_log(tmp_path, text):
    found = cause(job(tmp_path, text), start=0)
    assert found == f"error: train ended without a word; see {tmp_path}/train.log"


@pytest.mark.parametrize("text", [None, SAID])
def test_the_log_of_an_earlier_run_says_nothing_of_this_one(tmp_path, text):
    found = cause(job(tmp_path, text), start=time.time() + 60)
    assert found == "error: train ended without a word; see Snakemake's messages above"


@pytest.fixture
def last_lines(monkeypatch, capsys):
    """Return a function that lets a run end and returns what it writes then."""

    def end(failed=(), running=(), user_kill=None, executor_error=None):
        at_exit = []
        monkeypatch.setattr(atexit, "register", at_exit.append)
        scheduler = SimpleNamespace(
            failed=set(failed),
            running=set(running),
            _user_kill=user_kill,
            _executor_error=executor_error,
        )
        dag = SimpleNamespace(jobs=[])
        ending = Ending(SimpleNamespace(scheduler=scheduler, dag=dag))
        ending.start = 0
        ending.after_error()
        for call in at_exit:
            call()
        return capsys.readouterr().err.splitlines()

    return end


@pytest.fixture
def failing(tmp_path):
    return type("Job", (), vars(job(tmp_path, "2026-01-01 10:00 train: error: no memory\n")))()


def test_failures_are_told_and_an_interruption_last(last_lines, failing):
    assert last_lines(failed=[failing]) == ["error: no memory"]
    assert last_lines(running=["a job"]) == [INTERRUPTED]
    assert last_lines(user_kill="graceful") == [INTERRUPTED]
    assert last_lines(failed=[failing], running=["a job"]) == ["error: no memory", INTERRUPTED]


def test_ctrl_c_between_two_jobs_is_an_interruption_too(last_lines):
    assert last_lines() == [INTERRUPTED]
    assert last_lines(executor_error=RuntimeError("the executor broke")) == []
