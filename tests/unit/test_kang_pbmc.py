"""The embedded data set: its form, and that its labels are what their markers say."""

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

FILE = Path(__file__).parents[2] / "resources" / "kang_pbmc.h5ad"
MAIN_MARKERS = {
    "B": "CD79A",
    "CD14 monocyte": "CD14",
    "CD4 T": "IL7R",
    "CD8 T": "CD8A",
    "FCGR3A monocyte": "FCGR3A",
    "NK": "GNLY",
}
CONDITIONS = ["control", "stimulated"]


@pytest.fixture(scope="module")
def counts():
    return ad.read_h5ad(FILE)


@pytest.fixture(scope="module")
def means(counts):
    """Mean log expression per condition and cell type."""
    logs = counts.copy()
    logs.X = logs.X.astype(np.float32)
    sc.pp.normalize_total(logs)
    sc.pp.log1p(logs)
    groups = [logs.obs["condition"].astype(str), logs.obs["cell_type"].astype(str)]
    return pd.DataFrame(logs.X.toarray(), logs.obs_names, logs.var_names).groupby(groups).mean()


def test_it_is_small_and_holds_raw_counts(counts):
    assert FILE.stat().st_size <= 2_000_000
    assert counts.shape == (2000, 2000)
    assert counts.obs["condition"].value_counts().to_dict() == {"control": 1000, "stimulated": 1000}
    assert np.issubdtype(counts.X.dtype, np.integer)
    assert counts.X.data.min() > 0
    assert counts.obs_names.is_unique
    assert counts.var_names.is_unique
    assert counts.X.sum(axis=0).A1.min() > 0
    assert counts.X.sum(axis=1).A1.min() > 100


def test_every_type_is_in_both_conditions(counts):
    sizes = pd.crosstab(counts.obs["cell_type"], counts.obs["condition"])
    assert set(sizes.index) == set(MAIN_MARKERS)
    assert sizes.to_numpy().min() >= 30


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("cell_type", MAIN_MARKERS)
def test_a_types_marker_is_highest_in_that_type(means, condition, cell_type):
    assert means.loc[condition, MAIN_MARKERS[cell_type]].idxmax() == cell_type


def test_every_type_responds_to_interferon(means):
    response = means.loc["stimulated", "ISG15"] - means.loc["control", "ISG15"]
    assert response.min() > 1.5
