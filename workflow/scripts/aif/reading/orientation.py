"""Whether the rows or the columns of a matrix are cells, told by their names."""

from __future__ import annotations

import re

import pandas as pd

from aif.reading.genes import IDS

BARCODE = re.compile(r"[ACGTN]{8,}")
GENE = re.compile(rf"{IDS.pattern}|mt-\w+|rp[ls]\d+\w*|actb|gapdh|malat1|b2m|eef1a1", re.IGNORECASE)


def where_cells_are(rows: pd.Index, columns: pd.Index) -> str | None:
    """Return `rows` or `columns`, whichever has the more names like barcodes and the fewer like genes.

    None if the names do not tell.
    """

    def like(names: pd.Index, pattern: re.Pattern[str], whole: bool) -> int:
        match = pattern.fullmatch if whole else pattern.search
        return sum(match(str(name)) is not None for name in names)

    in_columns = like(columns, BARCODE, False) + like(rows, GENE, True)
    in_rows = like(rows, BARCODE, False) + like(columns, GENE, True)
    if in_columns == in_rows:
        return None
    return "columns" if in_columns > in_rows else "rows"
