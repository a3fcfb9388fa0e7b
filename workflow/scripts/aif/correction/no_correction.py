"""What stands for the correction of a method that made none."""

from __future__ import annotations

from typing import Any

import anndata as ad


def no_correction(adata: ad.AnnData, info: dict[str, Any]) -> ad.AnnData:
    """Return a data set without X that says why.

    Parameters
    ----------
    adata
        What the method was given.
    info
        For uns["aif"]: dataset, method, row, seed, transform and output, the status and the reason.
    """
    result = adata.copy()
    result.X = None
    result.uns["aif"] = info
    return result
