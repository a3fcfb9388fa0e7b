"""The threads of a job that computes with scanpy, scib or scikit-learn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numba
from threadpoolctl import threadpool_limits


@contextlib.contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Let numba too have no more than a job's threads.

    Snakemake tells BLAS and OpenMP by environment variables how many threads a job has, but not numba,
    which starts one per core and leaves OpenMP with as many. Two evaluations on two cores then wait
    for one another, five times as long as they compute.
    """
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    with threadpool_limits(threads):
        yield
