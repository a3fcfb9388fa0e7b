"""What became of each cell type, and of its cells in each batch: do they stay apart, do batches mix?"""

from __future__ import annotations

from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd

from aif.evaluation.robust import nearest
from aif.evaluation.space import EMBEDDING
from aif.evaluation.type_changes import MEASURES

TYPE_COLUMNS = (
    *("cell_type", "n_cells", "n_batches", "purity"),
    *("other_type", "other_share", "foreign_share", "mixing"),
)
PART_COLUMNS = ("cell_type", "batch", "n_cells", *MEASURES)


class TypeTables(NamedTuple):
    """TYPE_COLUMNS, a row per cell type, and PART_COLUMNS, a row per type and batch that has it.

    `purity` is the share of the neighbours that have the same type, `foreign_share` that of neighbours of
    another type in another batch. `mixing` is the share of neighbours of the same type that are of another
    batch, over what that share is among all cells of the type: 1 as by chance, 0 apart, NaN in types of one
    batch. `other_type` is the type that most of the other neighbours have and `other_share` its share.
    """

    types: pd.DataFrame
    parts: pd.DataFrame


def type_tables(cells: ad.AnnData) -> TypeTables:
    """Return what became of each cell type; no rows where there are none, or a neighbour graph alone."""
    if "cell_type" not in cells.obs or EMBEDDING not in cells.obsm:
        return TypeTables(pd.DataFrame(columns=TYPE_COLUMNS), pd.DataFrame(columns=PART_COLUMNS))
    around = nearest(cells)
    types, batches = (cells.obs[name].cat for name in ("cell_type", "batch"))
    codes, batch_codes = types.codes.to_numpy(), batches.codes.to_numpy()
    same_type = codes[around] == codes[:, None]
    same_batch = batch_codes[around] == batch_codes[:, None]
    measured = pd.DataFrame(
        {
            "cell_type": cells.obs["cell_type"].to_numpy(),
            "batch": cells.obs["batch"].to_numpy(),
            "purity": same_type.mean(axis=1),
            "foreign_share": (~same_type & ~same_batch).mean(axis=1),
            "of_type": same_type.sum(axis=1),
            "of_others": (same_type & ~same_batch).sum(axis=1),
        }
    )
    measured["by_chance"] = _share_of_other_batches(measured)
    by_type = measured.groupby("cell_type", observed=True)
    table = _means(by_type).assign(n_batches=by_type["batch"].nunique())
    others = [
        _most_of(codes[around[codes == code]], code, types.categories) for code in np.unique(codes)
    ]
    table["other_type"], table["other_share"] = zip(*others, strict=True)
    parts = _means(measured.groupby(["cell_type", "batch"], observed=True))
    return TypeTables(
        table.reset_index()[list(TYPE_COLUMNS)], parts.reset_index()[list(PART_COLUMNS)]
    )


def _share_of_other_batches(cells: pd.DataFrame) -> pd.Series:
    """Return, for each cell, the share of its type's other cells that are of another batch."""
    n = cells.groupby("cell_type", observed=True)["batch"].transform("size")
    own = cells.groupby(["cell_type", "batch"], observed=True)["purity"].transform("size")
    return (n - own) / (n - 1).clip(lower=1)


def _means(groups: pd.core.groupby.DataFrameGroupBy) -> pd.DataFrame:
    """Return n_cells and MEASURES of groups of cells."""
    sums = groups[["of_type", "of_others"]].sum()
    chance = groups["by_chance"].mean()
    mixing = (
        sums["of_others"] / sums["of_type"].where(sums["of_type"] > 0) / chance.where(chance > 0)
    )
    means = groups[["purity", "foreign_share"]].mean()
    return means.assign(n_cells=groups.size(), mixing=mixing)


def _most_of(neighbours: np.ndarray, own: int, names: pd.Index) -> tuple[str, float]:
    """Return the type that most of the neighbours of other types have, and its share of all."""
    shares = np.bincount(neighbours.ravel(), minlength=len(names)) / neighbours.size
    shares[own] = 0
    most = int(shares.argmax())
    return (names[most], shares[most]) if shares[most] > 0 else ("", 0.0)
