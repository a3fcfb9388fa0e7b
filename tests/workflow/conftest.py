"""Small runs of the workflow that tests share."""

import pytest
from small_workflow import Workflow


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
