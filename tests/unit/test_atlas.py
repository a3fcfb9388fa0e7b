"""The cells that whole runs are measured on, and what is read of those runs."""

import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks/speed"))

import atlas


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    path = tmp_path_factory.mktemp("atlas") / "cells.h5ad"
    atlas.simulate(2 * atlas.BLOCK + 100, path)
    return ad.read_h5ad(path)


def test_simulated_cells_are_those_that_are_asked_for(cells):
    assert cells.shape == (2 * atlas.BLOCK + 100, atlas.GENES)
    assert cells.obs["batch"].nunique() == atlas.BATCHES
    assert cells.obs["cell_type"].nunique() == atlas.TYPES
    assert cells.X.nnz / np.prod(cells.shape) == pytest.approx(atlas.NOT_ZERO, rel=0.1)
    assert (cells.X.data == np.rint(cells.X.data)).all()


def test_counts_are_poisson_draws_of_what_is_expected():
    rng = np.random.default_rng(0)
    expected = np.array([[0.0, 0.5, 2.0], [3.0, 0.0, 0.1]])
    found = atlas.counts(expected, np.repeat([0, 1], 20_000), np.full(40_000, 2.0), rng).toarray()
    for kind, own in enumerate(np.split(found, 2)):
        assert own.mean(0) == pytest.approx(2 * expected[kind], abs=0.05)
        assert own.var(0) == pytest.approx(2 * expected[kind], abs=0.2)
        assert np.abs(np.corrcoef(own[:, expected[kind] > 0].T)[0, 1]) < 0.03


def test_costs_are_read_from_the_ends_of_logs(tmp_path):
    folder = tmp_path / "atlas/aif_steady/pipeline"
    folder.mkdir(parents=True)
    (folder / "train.log").write_text(
        "2026-01-01 10:00:00,000 train: epoch 1\n"
        "2026-01-01 10:00:09,000 train: took 9.25 s and 512 MB of memory at most\n"
    )
    (folder / "correct.log").write_text("2026-01-01 10:00:00,000 correct: error: no\n")
    expected = {"rule": "train", "of": "atlas/aif_steady/pipeline"}
    assert list(atlas.costs(tmp_path)) == [expected | {"seconds": 9.25, "peak_memory_mb": 512}]
