"""Marker genes of each cell type, in uncorrected and in corrected expression."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

PER_TYPE = 3
HIGHEST = 0.99  # quantile of a gene's uncorrected values that counts as its highest
MARKER_COLUMNS = (
    *("gene", "marker_of", "cell_type"),
    *("mean_before", "mean_after", "share_before", "share_after"),
)


def marker_table(
    expression: np.ndarray | sparse.spmatrix | None, reference: ad.AnnData
) -> pd.DataFrame:
    """Return MARKER_COLUMNS: a row for each marker and type.

    Markers are the PER_TYPE genes that a t-test of uncorrected cells puts first for a type (scanpy); a gene
    stands for one type. `mean` is in units of the gene's HIGHEST uncorrected value, `share` that of cells
    above half of it.

    Parameters
    ----------
    expression
        (n, G), corrected logarithms, None where there are none.
    reference
        The same cells and genes, uncorrected.
    """
    empty = pd.DataFrame(columns=list(MARKER_COLUMNS))
    if expression is None or "cell_type" not in reference.obs:
        return empty
    sizes = reference.obs["cell_type"].value_counts()
    types = [name for name in reference.obs["cell_type"].cat.categories if sizes[name] > 1]
    if len(types) < 2:
        return empty
    marker_of = _markers(reference, types)
    places = reference.var_names.get_indexer(list(marker_of))
    before, after = (_dense(values[:, places]) for values in (reference.X, expression))
    highest = np.quantile(before, HIGHEST, axis=0)
    highest[highest <= 0] = np.maximum(before.max(axis=0), 1e-9)[highest <= 0]
    rows = []
    for name in types:
        own = (reference.obs["cell_type"] == name).to_numpy()
        found = {"gene": list(marker_of), "marker_of": list(marker_of.values()), "cell_type": name}
        for when, values in (("before", before), ("after", after)):
            scaled = values[own] / highest
            found |= {f"mean_{when}": scaled.mean(axis=0)}
            found |= {f"share_{when}": (scaled > 0.5).mean(axis=0)}
        rows.append(pd.DataFrame(found))
    return pd.concat(rows, ignore_index=True)[list(MARKER_COLUMNS)]


def _markers(reference: ad.AnnData, types: list[str]) -> dict[str, str]:
    """Return the type that each marker is of, in the order of the types."""
    cells = ad.AnnData(reference.X, reference.obs[["cell_type"]], reference.var[[]])
    cells.uns["log1p"] = {"base": None}
    sc.tl.rank_genes_groups(cells, "cell_type", groups=types, method="t-test")
    ranked = cells.uns["rank_genes_groups"]["names"]
    markers: dict[str, str] = {}
    for name in types:
        free = [gene for gene in ranked[name] if gene not in markers]
        markers |= dict.fromkeys(free[:PER_TYPE], name)
    return markers


def _dense(values: np.ndarray | sparse.spmatrix) -> np.ndarray:
    return values.toarray() if sparse.issparse(values) else np.asarray(values)
