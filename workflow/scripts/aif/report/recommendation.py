"""The recommendation that the report begins with: what to take, how sure that is, what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aif.evaluation.ranks import CONTROLS, OUTPUT, WORST, ordered, told_types, unranked
from aif.report.null_test import null_remarks

# By which score is recommended: the first that there is. Others may contradict it.
DECIDING = ("robust_overall", "unlabelled")
SECOND_OPINIONS = ("robust_overall", "overall", "unlabelled")
LOST = 0.1  # purity, or share of foreign neighbours, whose change is told
FALLING = 0.02  # share of the reconstruction error that the last tenth of the epochs takes away
Output = tuple[str, str]  # method and space


@dataclass(frozen=True)
class Recommendation:
    """What to take for a data set, how sure that is, and what speaks against it, in sentences."""

    output: Output
    choice: str
    certainty: list[str]
    for_what: list[str]
    against: list[str]


def recommendation(
    benchmark: pd.DataFrame,
    types: pd.DataFrame,
    losses: pd.DataFrame,
    checks: pd.DataFrame,
    null_test: pd.DataFrame,
    by: Sequence[str] = DECIDING,
) -> Recommendation | None:
    """Return what to take; None where no output has a score.

    Parameters
    ----------
    benchmark, types, losses, checks, null_test
        The rows of benchmark.tsv, of all types.tsv and losses.tsv, of checks.tsv and of null_test.tsv,
        of one data set.
    by
        The scores of which the first that there is decides.
    """
    names = dict.fromkeys((*by, *DECIDING, *SECOND_OPINIONS))
    competing = benchmark[~benchmark["method"].isin(unranked(benchmark))]
    scores = {score: _by_seed(competing, score) for score in names}
    by = next((score for score in by if not scores[score].empty), None)
    if by is None:
        return None
    medians = scores[by].median()
    medians = medians[ordered(medians)]
    best = medians.index[0]
    return Recommendation(
        best,
        _choice(medians, by),
        _certainty(scores[by], medians),
        _for_what(medians),
        [
            *_missing_seeds(scores[by][best], benchmark),
            *_shared_types(checks),
            *_contradictions(best, scores, by),
            *_told(benchmark, by, medians.iloc[0]),
            *([] if best == WORST else _changed_types(best, types)),
            *_unfinished(best, losses),
            *null_remarks(null_test, best),
        ],
    )


def _by_seed(benchmark: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return a score (seeds × outputs)."""
    own = benchmark[(benchmark["metric"] == score) & (benchmark["cells"] == "all")]
    return (
        own[own["value"].notna()].pivot(index="seed", columns=OUTPUT, values="value").astype(float)
    )


def _for_what(medians: pd.Series) -> list[str]:
    """Return the best output for genes, and the best for neighbours and clusters."""
    uses = {"expression": "To look at genes", "embedding": "For neighbours, clusters and a UMAP"}
    said = []
    for space, use in uses.items():
        own = medians[medians.index.get_level_values("space") == space]
        if len(own):
            said.append(f"{use} the best {space} is that of {own.index[0][0]} ({own.iloc[0]:.3f}).")
    return said if len(said) == len(uses) else []


def _missing_seeds(values: pd.Series, benchmark: pd.DataFrame) -> list[str]:
    """Return whether the output has no score with some of the seeds that its method was run with."""
    n_seeds = benchmark.loc[benchmark["method"] == values.name[0], "seed"].nunique()
    missing = n_seeds - values.notna().sum()
    return [f"It has no score with {missing} of {n_seeds} seeds."] if missing else []


def _shared_types(checks: pd.DataFrame) -> list[str]:
    """Return the warning that batches share few cell types or none."""
    own = checks[(checks["check"] == "shared types") & (checks["status"] == "warning")]
    return [f"{message[0].upper()}{message[1:]}." for message in own["message"]]


def _choice(medians: pd.Series, by: str) -> str:
    best, value = medians.index[0], medians.iloc[0]
    if best == WORST:
        return (
            f"Take the cells as they are: no correction scores higher ({_words(by)} {value:.3f})."
        )
    before = f"; uncorrected cells have {medians[WORST]:.3f}" if WORST in medians else ""
    return f"Take {_named(best)}: its score {_words(by)} is {value:.3f}{before}."


def _certainty(by_seed: pd.DataFrame, medians: pd.Series) -> list[str]:
    """Return how far the next is behind, and whether that is more than seeds differ by."""
    if len(by_seed) == 1:
        said = ["There is one seed, so no interval: set repeats: 3 to see what chance decides."]
    elif by_seed[medians.index[0]].count() == 1:
        said = ["It has a score with one seed, so no interval."]
    else:
        first = (by_seed.rank(axis=1, ascending=False, method="min") == 1)[medians.index[0]]
        said = [f"It is first with {int(first.sum())} of {len(by_seed)} seeds."]
    if len(medians) == 1:
        return [*said, "Nothing else has this score to compare with."]
    best, following = medians.index[:2]
    gap = medians.iloc[0] - medians.iloc[1]
    next_one = f"The next is {_named(following)}, {gap:.3f} behind"
    if len(by_seed) == 1:
        return [*said, f"{next_one}."]
    pair = by_seed[[best, following]].dropna()
    if len(pair) < 2:
        return [*said, f"{next_one}; too few seeds have both scores to say how much that is."]
    spread = (pair.max() - pair.min()).max()
    if gap > spread:
        return [*said, f"{next_one}, more than seeds differ by ({spread:.3f})."]
    return [*said, f"{next_one}, no more than seeds differ by ({spread:.3f}): take either."]


def _contradictions(best: Output, scores: dict[str, pd.DataFrame], by: str) -> list[str]:
    """Return which other scores put another output first, or uncorrected cells above this one."""
    said = []
    for score in SECOND_OPINIONS:
        medians = scores[score].median()
        if score == by or best not in medians:
            continue
        first = medians.idxmax()
        if medians[first] > medians[best]:
            said.append(
                f"By {_words(score)} {_named(first)} is first, with {medians[first]:.3f} against "
                f"{medians[best]:.3f}."
            )
        if first != WORST and WORST in medians and medians[WORST] > medians[best]:
            said.append(f"By {_words(score)} uncorrected cells score higher than it.")
    return said


def _told(benchmark: pd.DataFrame, by: str, value: float) -> list[str]:
    """Return which outputs score higher that were told the cell types."""
    names = [name for name in told_types(benchmark) if name not in CONTROLS]
    medians = _by_seed(benchmark[benchmark["method"].isin(names)], by).median()
    return [
        f"{_named(output)} scores higher ({own:.3f}), but was told the cell types by which it is judged."
        for output, own in medians[medians > value].items()
    ]


def _changed_types(best: Output, types: pd.DataFrame) -> list[str]:
    """Return which cell types are less pure than before, and which of single batches were moved."""
    after, before = _types_of(best, types), _types_of(WORST, types)
    said = []
    for row in after.join(before, rsuffix="_before", how="inner").itertuples():
        lost = row.purity_before - row.purity
        if row.n_batches == 1 and row.foreign_share - row.foreign_share_before > LOST:
            said.append(
                f"{row.Index} is in one batch only, and now lies among other types of other batches: "
                f"{row.foreign_share:.0%} of its neighbours, {row.foreign_share_before:.0%} before. "
                f"Most are {row.other_type}."
            )
        elif lost > LOST:
            said.append(
                f"{row.Index} ({row.n_cells} cells) is less pure: {row.purity:.0%} of its neighbours "
                f"have its type, {row.purity_before:.0%} before. Most others are {row.other_type}."
            )
    return said


def _types_of(output: Output, types: pd.DataFrame) -> pd.DataFrame:
    """Return medians over the seeds by cell type, and the other type of the first seed."""
    own = types[(types["method"] == output[0]) & (types["space"] == output[1])]
    by_type = own.groupby("cell_type")
    numbers = by_type[["purity", "foreign_share"]].median()
    return numbers.join(by_type[["n_cells", "n_batches", "other_type"]].first())


def _unfinished(best: Output, losses: pd.DataFrame) -> list[str]:
    """Return whether the reconstruction error was still falling when the training ended."""
    falls = []
    for _, course in losses[losses["method"] == best[0]].groupby("seed"):
        rec = course.sort_values("epoch")["rec"].to_numpy(dtype=float)
        tenth = len(rec) // 10
        if tenth and np.isfinite(rec).all() and (rec > 0).all():
            falls.append(1 - rec[-tenth:].mean() / rec[-2 * tenth : -tenth].mean())
    if not falls or np.median(falls) <= FALLING:
        return []
    return [
        f"Its reconstruction error was still falling at the end, by {np.median(falls):.0%} in the last "
        "tenth of the epochs: more epochs may do better."
    ]


def _named(output: Output) -> str:
    return "uncorrected cells" if output == WORST else f"{output[0]} ({output[1]})"


def _words(score: str) -> str:
    return score.replace("_", " ")
