"""Which of a file's matrices are the counts, told by what they hold."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from aif.errors import InputError
from aif.reading.cells import read_cells
from aif.reading.content import Wanted, canonical, some_of
from aif.reading.counts import COUNTS, LOGARITHMS, OTHER, SCALED, kind_of
from aif.reading.joining import Part, joined

X = np.array([[1, 0, 4], [0, 7, 2]], np.float32)


def written(folder, x, raw=None, **layers):
    adata = ad.AnnData(
        x, layers={name: np.asarray(values, np.float32) for name, values in layers.items()}
    )
    adata.obs_names, adata.var_names = ["c1", "c2"], ["g1", "g2", "g3"]
    if raw is not None:
        adata.raw = ad.AnnData(np.asarray(raw, np.float32), var=adata.var)
    adata.write_h5ad(folder / "cells.h5ad")
    return folder / "cells.h5ad"


def read(path, layer=None):
    adata, notes = read_cells(path, Wanted(layer=layer), "k")
    return adata.X.toarray(), [note.message for note in notes]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, 2.0, 700.0], COUNTS),
        ([], COUNTS),
        ([0.7, 1.1, 3.9], LOGARITHMS),
        ([1.0, 1.58, 0.6], LOGARITHMS),
        ([-0.5, 2.0, 3.0], SCALED),
        ([-1.0, 2.0], SCALED),
        ([0.5, 12.5, 1000.1], OTHER),
        ([1.0, 2.0, 3.0, 4.5], OTHER),
        ([np.nan, np.inf], OTHER),
    ],
)
def test_values_are_told_apart(values, kind):
    assert kind_of(np.array(values)) == kind


@pytest.mark.parametrize("mean", [0.05, 0.3, 3])
def test_logarithms_to_base_2_of_few_counts_are_told_from_other_values(mean):
    counts = np.random.default_rng(0).poisson(mean, 2000)
    counts = counts[counts > 0]
    for digits in (3, 7):
        assert kind_of(np.log2(counts + 1).round(digits)) == LOGARITHMS
    assert kind_of(np.log2(counts + 1).astype(np.float32)) == LOGARITHMS
    assert kind_of(counts * 37.3) == OTHER
    # Counts of which some are shared between genes, as of RSEM, are mostly whole too.
    shared = np.where(np.arange(len(counts)) % 10, counts, counts + 0.4)
    assert kind_of(shared) == OTHER


def test_logarithms_are_not_joined_with_normalised_values():
    counts = np.random.default_rng(0).poisson(0.3, (50, 40))
    values = {"s0": np.log2(counts + 1), "s1": counts * 37.3, "s2": np.log2(counts + 1)}
    parts = {}
    for name, x in values.items():
        var = pd.DataFrame(index=[f"g{i}" for i in range(40)])
        cells = ad.AnnData(sparse.csr_matrix(x.astype(np.float32)), var=var)
        parts[name] = Part(name, cells, {"sample": name}, [])
    with pytest.raises(
        InputError, match=r"kinds \(s0 logarithms, s1 normalised values\); give counts"
    ):
        joined([parts["s0"], parts["s1"]], "inner", "k")
    assert joined([parts["s0"], parts["s2"]], "inner", "k")[0].n_obs == 100


def test_counts_in_x_are_taken_whatever_else_is_there(tmp_path):
    found, notes = read(written(tmp_path, X, raw=X * 2, spliced=X * 3))
    assert (found == X).all()
    assert notes == []


@pytest.mark.parametrize("where", ["raw", "umis"])
def test_the_only_counts_are_taken_and_told(tmp_path, where):
    found, notes = read(written(tmp_path, np.log1p(X), **{where: X}, smoothed=X / 3))
    assert (found == X).all()
    assert notes == [
        f"X holds logarithms, but {where} whole numbers: these are used; set layer: {where} to say so, or "
        "layer: X to take X as it is"
    ]
    assert np.allclose(read(tmp_path / "cells.h5ad", "X")[0], np.log1p(X))
    assert read(tmp_path / "cells.h5ad", where)[1] == []


def test_without_x_the_only_counts_are_taken(tmp_path):
    found, notes = read(written(tmp_path, None, umis=X))
    assert (found == X).all()
    assert notes == [
        "there is no X, but umis whole numbers: these are used; set layer: umis to say so"
    ]
    with pytest.raises(InputError, match="has no X; name the layer with the counts in layer"):
        read(written(tmp_path, None, smoothed=X / 3))


def test_several_that_may_be_the_counts_are_named(tmp_path):
    path = written(tmp_path, np.log1p(X), spliced=X, unspliced=X * 2)
    with pytest.raises(
        InputError, match=r"may hold its counts in spliced or unspliced, as X holds log"
    ):
        read(path)
    assert (read(path, "unspliced")[0] == X * 2).all()


def test_without_counts_x_is_taken(tmp_path):
    found, notes = read(written(tmp_path, X * 1.5, raw=np.log1p(X)))
    assert (found == X * 1.5).all()
    assert notes == []


def test_a_layer_called_raw_comes_before_the_raw_part(tmp_path):
    assert (read(written(tmp_path, np.log1p(X), raw=X, **{}), "raw")[0] == X).all()
    with pytest.raises(InputError, match=r"has no layer 'umi'; it has \['raw'\]"):
        read(tmp_path / "cells.h5ad", "umi")


@given(st.integers(1, 3000), st.integers(1, 40))
def test_some_values_are_of_the_matrix_and_all_of_a_small_one(n, genes):
    dense = np.random.default_rng(n).poisson(1, (n, genes)).astype(np.float32)
    for matrix in (dense, sparse.csr_matrix(dense)):
        assert sorted(some_of(matrix)) == sorted(dense[dense != 0])


def test_matrices_are_brought_to_one_form():
    x = sparse.csr_matrix(
        (np.array([2, 0, 1, 3], "i8"), np.array([2, 1, 0, 0]), np.array([0, 3, 4])), shape=(2, 3)
    )
    found = canonical(x, "X")
    assert found.dtype == np.float32
    assert found.has_canonical_format
    assert found.toarray().tolist() == [[1, 0, 2], [3, 0, 0]]
    assert found.nnz == 3
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.toarray()), pd.DataFrame(x.toarray(), dtype="f4")
    )
