"""How a process computes: what training scripts set before they start."""

from __future__ import annotations

import contextlib
import ctypes

import torch

# Numbers of glibc's malloc.h, and the most that an int holds.
M_TRIM_THRESHOLD, M_MMAP_MAX, LARGE = -1, -4, 2**31 - 1


def prepare_for_training(threads: int) -> None:
    """Use so many threads, count denormal numbers as 0, and keep freed memory for the next step.

    glibc gives large blocks back to the system as soon as they are free. Gradients are freed and
    needed again at every step, and getting them back page by page takes a quarter of a step of
    20,000 genes (benchmarks/README.md, "A training step").
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    with contextlib.suppress(AttributeError):  # other systems have no mallopt, nor need one
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, LARGE)
