"""Which cells and genes are kept, and what is said of those that are not."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.data.filters import Limits, filtered
from aif.errors import InputError

COUNTS = np.array([[1, 1, 1, 0], [1, 2, 0, 0], [0, 0, 0, 9], [0, 3, 1, 0]], dtype="f4")


def cells(names=("g1", "g2", "g3", "g4")):
    return ad.AnnData(sparse.csr_matrix(COUNTS), var=pd.DataFrame(index=list(names)))


def test_cells_are_kept_by_their_genes_and_then_genes_by_the_cells_kept():
    adata = cells()
    kept, notes = filtered(adata, Limits(min_genes=2, min_cells=2), "d")
    assert list(kept.obs_names) == ["0", "1", "3"]
    assert list(kept.var_names) == ["g1", "g2", "g3"]
    assert adata.shape == (4, 4)
    assert [note.message for note in notes] == [
        "1 of 4 cells are left out by min_genes: 2",
        "1 of 4 genes are left out by min_cells: 2",
    ]
    assert filtered(adata, Limits(min_cells=1), "d")[0].shape == (4, 4)
    assert filtered(adata, Limits(), "d") == (adata, [])


def test_cells_of_many_genes_and_of_dying_cells_go():
    kept, _ = filtered(cells(), Limits(max_genes=2), "d")
    assert list(kept.obs_names) == ["1", "2", "3"]
    # Shares of mt-Nd1: 0, 0, 1 and 0; of MT-CO1: 1/3, 0, 0 and 1/4.
    for name, limit, left in (
        ("mt-Nd1", 0.5, "013"),
        ("MT-CO1", 0.25, "123"),
        ("MT-CO1", 0.2, "12"),
    ):
        names = ["g1", "g2", name, "g4"] if name == "MT-CO1" else ["g1", "g2", "g3", name]
        kept, _ = filtered(cells(names), Limits(max_mito=limit), "d")
        assert "".join(kept.obs_names) == left


def test_genes_that_are_named_are_looked_up_before_any_is_left_out():
    kept, _ = filtered(cells(), Limits(min_cells=3, drop_genes=["g4"], keep_genes=["g1"]), "d")
    assert list(kept.var_names) == ["g2"]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            Limits(keep_genes=["g5"]),
            r"^d\.keep_genes: there is no gene 'g5'; names are like g1, g2",
        ),
        (Limits(drop_genes=["g5"]), r"^d\.drop_genes: 'g5' is no gene of the data and no set"),
        (Limits(min_genes=4), r"^d\.min_genes: no cell is left with 4; change it"),
        (Limits(min_cells=4), r"^d\.min_cells: no gene is left with 4; change it"),
        (Limits(max_mito=0.1), r"^d\.max_mito: no gene's name begins with MT-; leave max_mito out"),
    ],
)
def test_limits_that_leave_nothing_are_one_line(limits, message):
    with pytest.raises(InputError, match=message):
        filtered(cells(), limits, "d")
