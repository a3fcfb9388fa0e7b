"""How a training shows where it is: a live bar in a terminal, plain lines in the log."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from tqdm import tqdm

LINES = 10  # plain lines per training


class ProgressLog:
    """Shows epoch, losses and time left; called after every epoch by `aif.model.training.train`."""

    def __init__(self, log: logging.Logger) -> None:
        self.log = log
        self.bar = tqdm(unit="epoch", disable=not sys.stderr.isatty(), leave=False)
        self.start, self.done_before, self.last = time.monotonic(), 0, 0

    def __enter__(self) -> ProgressLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.close()

    def __call__(self, epoch: int, epochs: int, losses: dict[str, float]) -> None:
        if epoch != self.last + 1:  # goes on from a checkpoint, or is the next part of a stack
            self.start, self.done_before, self.bar.n = time.monotonic(), epoch, epoch - 1
        self.last = epoch
        shown = " ".join(f"{name} {value:.3g}" for name, value in losses.items())
        self.bar.total = epochs
        self.bar.set_postfix_str(shown, refresh=False)
        self.bar.update()
        if epoch % max(1, epochs // LINES) == 0 or epoch == epochs:
            done = max(1, epoch - self.done_before)
            left = (time.monotonic() - self.start) / done * (epochs - epoch)
            self.log.info("epoch %d/%d, %.0f s left: %s", epoch, epochs, left, shown)
