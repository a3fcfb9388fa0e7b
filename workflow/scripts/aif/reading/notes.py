"""What users should know of how their files were read, on its way from the reading to the checks."""

from __future__ import annotations

from typing import NamedTuple

import anndata as ad
import pandas as pd

NOTES = "notes"  # in uns
LACKING = "sample columns"  # the check that says which samples lack a column of obs


class Note(NamedTuple):
    """What users should know of how their file was read: a row of checks.tsv."""

    check: str
    status: str
    message: str


def with_notes(adata: ad.AnnData, notes: list[Note]) -> ad.AnnData:
    """Return cells that carry notes in uns, as they are written."""
    adata.uns[NOTES] = pd.DataFrame(notes, columns=Note._fields).astype(str)
    return adata


def notes_of(adata: ad.AnnData) -> list[Note]:
    """Return the notes that cells carry, none if they carry none."""
    table = adata.uns.get(NOTES)
    return [] if table is None else [Note(*row) for row in table.itertuples(index=False)]
