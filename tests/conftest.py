"""What all tests share."""

import signal

import pytest
import torch

torch.set_num_threads(1)
# What a shell runs in the background ignores interrupts, and so would the workflows that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Fixtures that run a whole workflow once, for many tests.
RUNS = (
    *("finished", "searched", "other", "documented"),
    *("read", "corrected", "refused", "peaceful"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep tests of one run together where tests run side by side; all others go where there is room."""
    for item in items:
        used = [name for name in RUNS if name in item.fixturenames]
        if used:
            item.add_marker(pytest.mark.xdist_group(used[0]))
