"""What was done to the workflow is counted, and told at the end."""

from collections import Counter

import pytest

TALLY = Counter()
TOLD = {
    "faults": "faults injected",
    "inputs": "broken, odd and random inputs tried",
    "accepted": "random inputs that went all the way",
    "attacks": "attacks tried",
    "compared": "results compared after them",
    "lost": "results lost or changed",
}


@pytest.fixture(scope="session")
def tally():
    """Counts by the keys of TOLD."""
    return TALLY


def pytest_sessionfinish(session):
    """Where tests run side by side, send what a worker has counted to who tells of it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tally"] = dict(TALLY)


def pytest_testnodedown(node, error):
    TALLY.update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("reliability")
    for name, told in TOLD.items():
        terminalreporter.write_line(f"{TALLY[name]:5d} {told}")
