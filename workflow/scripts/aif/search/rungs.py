"""The rungs of a search, and the jobs of each: a whole search has one, halving a ladder of them.

How many rows go on from a rung is known before the search, and which is not. So are then the jobs: each
trains those rows that have its part of the rung in a table.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from aif.config.hyperparameters import key_of
from aif.search.stacks import Row, stacks

SHARE = 0.25  # of the epochs, that the first rung trains
LAST = 2  # trainings that are not halved: the best is taken among them, over all seeds


@dataclass(frozen=True)
class Rung:
    """A step of a search, after which the better half goes on.

    Attributes
    ----------
    number
        From 0.
    n_models
        How many trainings it has with each seed.
    seeds
        Those that it adds.
    share
        The share of the epochs.
    """

    number: int
    n_models: int
    seeds: list[int]
    share: float = 1.0


@dataclass(frozen=True)
class Part:
    """What one job of a rung trains with each seed.

    Attributes
    ----------
    name
        Of the folder of its runs.
    rung
        Which one.
    number
        Of the part, from 0; None where its models are known, since other rows of the sheet move it.
    models
        The hyperparameters of its rows, None where those that go on are not known yet.
    """

    name: str
    rung: Rung
    number: int | None
    models: list[dict[str, Any]] | None


def whole(n_models: int, seeds: list[int]) -> list[Rung]:
    """Return the only rung of a search that trains all with all seeds."""
    return [Rung(0, n_models, seeds)]


def halving(n_models: int, seeds: list[int]) -> list[Rung]:
    """Return the rungs of successive halving.

    All are trained for SHARE of their epochs with the first seed; the better half of them whole; the
    better half of these with as many seeds again as they have, and so on, until LAST have all seeds or
    all seeds are run. Few trainings are a whole search. More seeds leave all rungs as they are whose
    seeds were run, but may add to them.
    """
    if n_models <= LAST:
        return whole(n_models, seeds)
    rungs = [Rung(0, n_models, seeds[:1], SHARE)]
    n, done = n_models, 0
    while done < len(seeds):
        n = max(LAST, math.ceil(n / 2))
        end = len(seeds) if n == LAST else max(1, 2 * done)
        rungs.append(Rung(len(rungs), n, seeds[done:end]))
        done = end
    return rungs


def parts(rungs: list[Rung], rows: list[Row], rows_per_job: int, stacks_per_job: int) -> list[Part]:
    """Return the jobs of all rungs.

    Those of the first are named after what is trained, so that a sheet with more rows, or others, finds
    what is there already; those of the later after the rung and their number. Of short trainings a job
    makes so many more that it takes no less than one of whole ones.

    Parameters
    ----------
    rungs
        Of this sheet.
    rows
        The sheet.
    rows_per_job
        Models that are trained side by side.
    stacks_per_job
        Such stacks that a job trains one after the other.
    """
    first, *later = rungs
    short = "short_" if first.share < 1 else ""
    together = batched(stacks(rows, rows_per_job), round(stacks_per_job / first.share))
    models = [[row.hyperparameters for stack in part for row in stack] for part in together]
    return [
        *(
            Part(f"{short}{key_of(part)}", first, None, [asdict(model) for model in part])
            for part in models
        ),
        *(
            Part(f"rung_{rung.number}_{number}", rung, number, None)
            for rung in later
            for number in range(math.ceil(rung.n_models / (rows_per_job * stacks_per_job)))
        ),
    ]


def batched(items: list[Any], n: int) -> list[list[Any]]:
    """Return a list in pieces of n."""
    return [items[start : start + n] for start in range(0, len(items), n)]
