"""A correction made elsewhere, in the form of all others."""

from __future__ import annotations

import anndata as ad
import numpy as np
from scipy import sparse

from aif import __version__
from aif.methods.components import principal_components
from aif.reading.counts import COUNTS, OTHER, kind_of
from aif.reading.own_correction import OwnCorrection

UNITS = {COUNTS: "raw", OTHER: "norm"}  # of what is no logarithms
NEIGHBOURS = {"method": "umap", "use_rep": "X_pca"}  # what scanpy looks for where it draws a graph


def as_corrected(
    own: OwnCorrection, reference: ad.AnnData, ids: dict[str, object], uses_types: bool = False
) -> ad.AnnData:
    """Return a correction as every method returns it.

    Expression that looks like counts or other normalised values is scaled and brought to logarithms where it
    is judged; logarithms and scaled values, some below 0, are taken as they are.

    Parameters
    ----------
    own
        Its parts, for the cells of the reference in their order.
    reference
        norm_log data.
    ids
        dataset, method, row and seed.
    uses_types
        Whether it was made with the cell types in hand.
    """
    result = reference.copy() if own.genes is None else reference[:, own.genes].copy()
    transform = "norm_log"
    if own.expression is not None:
        result.X = own.expression
        transform = UNITS.get(kind_of(_values_of(own.expression)), "norm_log")
    if own.embedding is not None:
        result.obsm["X_corrected"] = own.embedding
    if own.graph is not None:
        result.obsp["connectivities"] = own.graph
        result.obsm["X_pca"] = principal_components(reference, ids["seed"])
        result.uns["neighbors"] = {
            "params": NEIGHBOURS,
            "connectivities_key": "connectivities",
            "distances_key": "distances",
        }
    result.uns["aif"] = {
        **ids,
        "version": __version__,
        "transform": transform,
        "output": _output(own),
        "uses_types": uses_types,
    }
    return result


def _values_of(expression: np.ndarray | sparse.csr_matrix) -> np.ndarray:
    """Return the values that are not 0."""
    values = expression.data if sparse.issparse(expression) else expression.ravel()
    return values[values != 0]


def _output(own: OwnCorrection) -> str:
    if own.graph is not None:
        return "graph"
    if own.expression is None:
        return "embedding"
    return "expression" if own.embedding is None else "both"
