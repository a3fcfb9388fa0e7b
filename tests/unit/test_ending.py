"""The last lines of a run: why jobs failed, and that an interrupted one goes on."""

import atexit
from types import SimpleNamespace

import pytest

from aif.workflow.ending import INTERRUPTED, Ending, cause


def job(tmp_path, text=None, name="train"):
    log = tmp_path / f"{name}.log"
    if text is not None:
        log.write_text(text)
    return SimpleNamespace(rule=SimpleNamespace(name=name), log=[str(log)])


def test_the_cause_is_what_the_script_said_last(tmp_path):
    said = "10:00:00 train: warning: x\n10:00:01 train: error: config: seed: too large\n"
    assert cause(job(tmp_path, said)) == "error: config: seed: too large"


@pytest.mark.parametrize("text", [None, "", "10:00:00 train: epoch 1/2\n"])
def test_a_job_that_said_nothing_is_named_with_its_log(tmp_path, text):
    found = cause(job(tmp_path, text))
    assert found == f"error: train ended without a word; see {tmp_path}/train.log"


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
        Ending(SimpleNamespace(scheduler=scheduler, dag=dag)).after_error()
        for call in at_exit:
            call()
        return capsys.readouterr().err.splitlines()

    return end


@pytest.fixture
def failing(tmp_path):
    return type("Job", (), vars(job(tmp_path, "train: error: no memory\n")))()


def test_failures_are_told_and_an_interruption_last(last_lines, failing):
    assert last_lines(failed=[failing]) == ["error: no memory"]
    assert last_lines(running=["a job"]) == [INTERRUPTED]
    assert last_lines(user_kill="graceful") == [INTERRUPTED]
    assert last_lines(failed=[failing], running=["a job"]) == ["error: no memory", INTERRUPTED]


def test_ctrl_c_between_two_jobs_is_an_interruption_too(last_lines):
    assert last_lines() == [INTERRUPTED]
    assert last_lines(executor_error=RuntimeError("the executor broke")) == []
