"""Which of a file's matrices are the counts."""

from __future__ import annotations

import numpy as np

from aif.reading.content import Content, Matrix, Unread, are_whole
from aif.reading.notes import Note

LARGEST_LOGARITHM = 20  # of a million transcripts, to base 2
MOSTLY = 0.5  # of logarithms are no whole numbers, as those of 1 and 3 to base 2 are
# Logarithms of so small counts tell what they are of, if they were written with three digits or more.
TELLING, DIGITS = 8, 4e-4
COUNTS, LOGARITHMS, SCALED, OTHER = "counts", "logarithms", "scaled values", "normalised values"
NOTHING = "nothing"


def kind_of(values: np.ndarray) -> str:
    """Return what values (k,), none of them 0, look like.

    Whole numbers are counts, numbers that are negative in part are scaled, and others are logarithms
    if none is larger than logarithms of counts get, and if most are no whole numbers or all are
    logarithms of counts to base 2, of which most are 1 where counts are few.
    """
    if values.dtype.kind not in "biuf":
        return OTHER
    finite = values[np.isfinite(values)]
    if not len(finite):
        return COUNTS if not len(values) else OTHER
    if finite.min() < 0:
        return SCALED
    if are_whole(finite):
        return COUNTS
    if finite.max() > LARGEST_LOGARITHM:
        return OTHER
    whole = np.mean(finite == np.rint(finite))
    return LOGARITHMS if whole < MOSTLY or _are_of_counts(finite) else OTHER


def _are_of_counts(values: np.ndarray) -> bool:
    """Return whether values (k,), none below 0, are logarithms to base 2 of whole numbers, and 1 more."""
    telling = values[(values <= TELLING) & (values != np.rint(values))].astype(float)
    more = np.exp2(telling)
    return len(more) > 0 and bool((np.abs(more - np.rint(more)) <= DIGITS * more).all())


def counts_of(content: Content, layer: str | None) -> Matrix:
    """Return the matrix that holds the counts, and note where it was found if nobody has said.

    Parameters
    ----------
    content
        What the file holds; gets the note.
    layer
        What the config says: the name of a layer, `raw`, `X`, or None. Without it X is taken if it
        holds whole numbers or nothing else does, else the only matrix that does.

    Raises
    ------
    Unread
        If there is no such layer, if it is damaged, or if there are several that may be meant.
    """
    by_name = {matrix.name: matrix for matrix in content.matrices}
    content.check_whole("X" if layer is None else layer)
    if layer is not None:
        if layer not in by_name:
            others = sorted(name for name in by_name if name != "X")
            raise Unread(
                f"has no layer {layer!r}; it has {others} (a sheet of samples may name a layer for each)"
            )
        return by_name[layer]
    first = by_name.get("X")
    kind = _kind(first) if first is not None else None
    if kind == COUNTS:
        return first
    others = [matrix for matrix in content.matrices if matrix.name != "X"]
    candidates = [matrix for matrix in others if _kind(matrix) == COUNTS]
    if first is None and not candidates:
        why = "".join(f" ({reason})" for reason in content.left_out.values())
        raise Unread(f"has no X{why}; name the layer with the counts in layer")
    if not candidates:
        return first
    names = [matrix.name for matrix in candidates]
    found = "there is no X" if first is None else f"X holds {kind}"
    if not _all_equal(candidates):
        raise Unread(
            f"may hold its counts in {' or '.join(names)}, as {found}; name one in layer "
            f"(layer: {names[0]}){'' if first is None else ', or layer: X to take X as it is'}"
        )
    content.notes.append(
        Note(
            "counts found",
            "warning",
            f"{found}, but {names[0]} whole numbers: these are used; set layer: {names[0]} to say "
            f"so{'' if first is None else ', or layer: X to take X as it is'}",
        )
    )
    return candidates[0]


def _kind(matrix: Matrix) -> str:
    """Return what a matrix holds. What cannot be read is no candidate, as nobody has asked for it."""
    try:
        some = matrix.some()
    except Exception:
        if matrix.name == "X":
            raise
        return OTHER
    if not len(some):
        return NOTHING
    kind = kind_of(some)
    # Layers of zeros and ones are marks of which values were found.
    return OTHER if kind == COUNTS and matrix.name != "X" and some.max() <= 1 else kind


def _all_equal(matrices: list[Matrix]) -> bool:
    """Return whether matrices are copies of each other, as far as some of their values tell."""
    first, *others = matrices
    if not others:
        return True
    some = first.some()
    return all(
        first.genes.index.equals(other.genes.index) and np.array_equal(some, other.some())
        for other in others
    )
