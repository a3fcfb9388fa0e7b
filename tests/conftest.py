"""What all tests share."""

import os
import signal

# Tests run side by side, a process for each core. numba would start a thread for each core in every one of
# them, and leave torch with as many: tests that train then take six times as long.
os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import pytest
import torch

torch.set_num_threads(1)
# What a shell runs in the background ignores interrupts, and so would the workflows that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Fixtures that run a whole workflow, or train, once for many tests.
RUNS = (
    *("finished", "searched", "other", "documented"),
    *("read", "corrected", "refused", "mixed", "peaceful", "told", "cases"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep tests of one run together where tests run side by side; all others go where there is room."""
    for item in items:
        used = [name for name in RUNS if name in item.fixturenames]
        if used:
            item.add_marker(pytest.mark.xdist_group(used[0]))
