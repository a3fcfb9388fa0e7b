"""How long judging takes, before it begins."""

from __future__ import annotations

# Seconds of each output on one core, and AIF has two: their start, and those per cell, so that 1,200 and
# 20,000 cells take what docs/speed.md says.
START, PER_CELL, OUTPUTS = 8, 0.006, 2


def judging_seconds(n_cells: int) -> float:
    """Return about how long a method of two outputs takes on one core."""
    return OUTPUTS * (START + PER_CELL * n_cells)
