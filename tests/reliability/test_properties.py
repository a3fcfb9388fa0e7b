"""Random small data sets: each is refused in one line, or goes all the way with numbers that are numbers."""

import tempfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.correction.corrected import correct_dataset
from aif.data.checks import check_dataset
from aif.data.preprocessing import TRANSFORMS, standardise, transform
from aif.errors import InputError
from aif.evaluation.evaluate import evaluate
from aif.model.run import Job, train_job
from aif.reading.cells import read_cells
from aif.reading.content import Wanted

# The last test looks at what the first has counted.
pytestmark = pytest.mark.xdist_group("properties")
MODEL = Hyperparameters(
    alpha=0.05, rho=0.5, beta=0.05, delta=0.01, gamma=0.3, mu=0.05, epochs=1, min_steps=0,
    minibatch_size=8, latent=3, hidden=8, label_hidden=4,
)  # fmt: skip
OPTIONS = {"n_pcs": 5, "embedding": "pca", "repetitions": 1, "subsample": 0.8, "seed": 0}
KEYS = {"batch_key": "batch", "label_key": "cell_type"}
# Columns of every type that a file can hold, some of them with missing values.
COLUMNS = {
    "numbers": lambda n: np.arange(n) / 7,
    "whole": lambda n: np.arange(n),
    "truth": lambda n: np.arange(n) % 2 == 0,
    "texts": lambda n: [f"ä{i}" for i in range(n)],
    "missing": lambda n: pd.Categorical(["a" if i % 3 else None for i in range(n)]),
    "nullable": lambda n: pd.array([i if i % 3 else None for i in range(n)], dtype="Int64"),
    "nullable_truth": lambda n: pd.array([True if i % 3 else None for i in range(n)], "boolean"),
    "strings": lambda n: pd.array([f"s{i}" for i in range(n)], dtype="string"),
    "numbered": lambda n: pd.Categorical(np.arange(n) % 3),
    "gene_ids": lambda n: [f"ENSG{i:011d}" for i in range(n)],
    "held_out": lambda n: np.arange(n) % 2,
    "batch_input": lambda n: np.full(n, "x"),
    "feature_types": lambda n: np.full(n, "Gene Expression"),
    "lab/run": lambda n: np.full(n, "a"),
}
FORMATS = [sparse.csr_matrix, sparse.csc_matrix, np.asarray]
TYPES = [np.float32, np.float64, np.int32, np.uint16]


@st.composite
def data_sets(draw):
    """Counts with many zeros and few large values, batches and types of any sizes, any format."""
    genes = draw(st.sampled_from([1, 2, *range(3, 13)]))
    letters = st.characters(codec="utf-8", exclude_characters="\0")
    names = st.text(letters, max_size=5).filter(str.strip)  # a blank name is none
    fewest = 2 if draw(st.integers(0, 9)) else 1
    batches = draw(st.lists(names, min_size=fewest, max_size=5, unique_by=str.strip))
    types = draw(st.lists(names, min_size=1, max_size=5, unique_by=str.strip))
    n = draw(st.integers(2 * len(batches), 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = rng.poisson(draw(st.sampled_from([0.1, 1, 100])), (n, genes))
    counts = (counts * rng.choice([1, draw(st.integers(1, 600))], (n, genes))).clip(0, 60_000)
    if draw(st.integers(0, 9)):  # else cells may be empty
        counts[:, 0] += 1
    obs = pd.DataFrame({"batch": np.resize(batches, n), "cell_type": rng.choice(types, n)})
    obs.index = obs.index.astype(str)
    var = pd.DataFrame(index=[f"gene{i}" for i in range(genes)])
    x = draw(st.sampled_from(FORMATS))(counts.astype(draw(st.sampled_from(TYPES))))
    adata = ad.AnnData(x, obs, var)
    for table in (adata.obs, adata.var):
        for name in draw(st.lists(st.sampled_from([*COLUMNS]), max_size=4, unique=True)):
            table[name] = COLUMNS[name](len(table))
        names = [name for name in ("index", "barcode", "batch", "gene_ids") if name not in table]
        table.index.name = draw(st.sampled_from([None, *names]))
    return with_other_parts(draw, adata)


def with_other_parts(draw, adata):
    """Add what nobody asks for, and maybe put logarithms into X and the counts elsewhere."""
    counts = adata.copy()
    for part in draw(st.lists(st.sampled_from(["obsm", "uns", "layer", "raw"]), unique=True)):
        if part == "obsm":
            adata.obsm["X_pca"] = np.full((adata.n_obs, 2), np.nan)
        elif part == "uns":
            adata.uns["neighbors"] = {"params": {"n": 3}, "names": np.array(["a", "ä"])}
        elif part == "layer":
            adata.layers["smoothed"] = np.asarray(adata.to_df()) / 3
        else:
            adata.raw = counts
    if adata.raw is not None and draw(st.booleans()):
        adata.X = np.log1p(np.asarray(adata.to_df()))
    return adata


def refused(path):
    """Return why a file is refused, None if it is not; and its cells."""
    try:
        adata, _ = read_cells(path, Wanted(), "datasets.cells.path")
        standard = standardise(adata, **KEYS, key="datasets.cells")
        check_dataset(standard, "datasets.cells", KEYS)
    except InputError as error:
        return str(error), None
    return None, adata


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    adata=data_sets(),
    name=st.sampled_from(TRANSFORMS),
    weighting=st.sampled_from(["intrinsic", "relative", "likelihood"]),
    traits=st.fixed_dictionaries(
        {trait: st.booleans() for trait in ("projection", "weighted_ce", "shift")}
    ),
)
def test_a_random_data_set_is_refused_or_goes_all_the_way(tally, adata, name, weighting, traits):
    tally["inputs"] += 1
    with tempfile.TemporaryDirectory() as folder:
        with ad.settings.override(allow_write_nullable_strings=True):
            adata.write_h5ad(Path(folder) / "cells.h5ad")
        refusal, read = refused(Path(folder) / "cells.h5ad")
    if refusal is not None:
        assert refusal.startswith("datasets.cells.")
        assert len(refusal.splitlines()) == 1
        return
    tally["accepted"] += 1
    counts = standardise(read, "batch", "cell_type")
    cells, reference = transform(counts, name), transform(counts, "norm_log")
    job = Job("cells", "v", "", 0, Variant(name, weighting, **traits), [MODEL], holdout=0.0)
    trained = train_job(job, cells, lambda *_: None)
    assert trained.training.diverged == [""]
    corrected = correct_dataset(
        trained.training.networks, trained.infos[0], cells, {"target": "mean", "n_samplings": 1}
    )
    assert corrected.shape == adata.shape
    with tempfile.TemporaryDirectory() as folder:
        corrected.write_h5ad(Path(folder) / "corrected.h5ad")
    assert np.isfinite(corrected.X).all()
    metrics = evaluate(corrected, reference, OPTIONS).metrics
    ok = metrics[metrics["status"] == "ok"]
    bounded = ok.dropna(subset=["low", "high"])
    assert bounded["value"].between(bounded["low"] - 1e-6, bounded["high"] + 1e-6).all()
    assert (metrics.loc[metrics["status"] != "ok", "reason"] != "").all()


def test_most_random_data_sets_were_not_refused(tally):
    assert tally["accepted"] > 100
