"""Random small data sets: each is refused in one line, or goes all the way with numbers that are numbers."""

import tempfile
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from aif.config.datasets import Dataset
from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.correction.corrected import correct_dataset
from aif.data.checks import check_chosen, check_dataset
from aif.data.filters import Limits, filtered
from aif.data.gene_choice import Choice, chosen_genes
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
# Parts that no version of anndata has written, or none that is known: nobody asks for them.
LATER = {"encoding-type": "array-of-tomorrow", "encoding-version": "9.9.9"}
ODD = {
    "uns/later": LATER,
    "obsm/later": LATER,
    "layers/later": LATER,
    "obsp/later": LATER,
    "uns/none": h5py.Empty("f4"),
    "layers/none": h5py.Empty("f4"),
    "layers/other": np.ones((1, 99), np.float32),
    "layers/number": 3.0,
    "obsm": np.zeros(7, [("X_pca", "f4", (5,))]),
    "obsp": h5py.Empty("f4"),
    "varm": 3.0,
    "raw/varm": h5py.Empty("f4"),
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
    around = draw(st.tuples(names, names))
    obs.index = [f"{around[0]}{i}{around[1]}" for i in range(n)]
    own = st.lists(names, min_size=genes, max_size=genes, unique=draw(st.integers(0, 9)) > 0)
    known = [f"{draw(st.sampled_from(['gene', 'MT-', 'RPL']))}{i}" for i in range(genes)]
    var = pd.DataFrame(index=draw(st.one_of(st.just(known), own)))
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


@st.composite
def sources(draw):
    """The entry of a data set, with limits that leave most cells and genes and a choice of genes."""
    limits = {"min_genes": [1, 2], "max_genes": [9, 12], "max_mito": [0.9], "min_cells": [1, 2]}
    choice = {"n_top_genes": [3, 5, 100], "drop_genes": [["mito"], ["ribo", "haemoglobin"]]}
    given = draw(st.lists(st.sampled_from([*limits, *choice]), max_size=2, unique=True))
    entry = {name: draw(st.sampled_from((limits | choice)[name])) for name in given}
    return Dataset(path="cells.h5ad", **KEYS, **entry).model_dump()


def put(path, parts):
    """Put odd parts into a file, in place of what is there; a part comes after what is in it."""
    with h5py.File(path, "r+") as file:
        for name in sorted(parts, reverse=True):
            if name in file:
                del file[name]
            if ODD[name] is LATER:
                file.create_group(name).attrs.update(LATER)
            else:
                file[name] = ODD[name]


def refused(path, source):
    """Return why a file is refused, None if it is not; its cells and the genes that are used."""
    try:
        adata, _ = read_cells(path, Wanted(), "datasets.cells.path")
        adata, _ = filtered(adata, Limits.of(source), "datasets.cells")
        standard = standardise(adata, **KEYS, key="datasets.cells")
        check_dataset(standard, "datasets.cells", source)
        logs = transform(standard, "norm_log")
        used, _ = chosen_genes(logs, Choice.of(source), "datasets.cells")
        check_chosen(standard[:, used])
    except InputError as error:
        return str(error), None
    return None, standard[:, used].copy()


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    adata=data_sets(),
    source=sources(),
    odd=st.lists(st.sampled_from([*ODD]), max_size=3, unique=True),
    name=st.sampled_from(TRANSFORMS),
    weighting=st.sampled_from(["intrinsic", "relative", "likelihood"]),
    traits=st.fixed_dictionaries(
        {trait: st.booleans() for trait in ("projection", "weighted_ce", "shift")}
    ),
)
def test_a_random_data_set_is_refused_or_goes_all_the_way(
    tally, adata, source, odd, name, weighting, traits
):
    tally["inputs"] += 1
    with tempfile.TemporaryDirectory() as folder:
        with ad.settings.override(allow_write_nullable_strings=True):
            adata.write_h5ad(Path(folder) / "cells.h5ad")
        without, _ = refused(Path(folder) / "cells.h5ad", source)
        put(Path(folder) / "cells.h5ad", odd)
        refusal, counts = refused(Path(folder) / "cells.h5ad", source)
    assert refusal == without  # whatever is odd stops nothing
    if refusal is not None:
        assert refusal.startswith("datasets.cells.")
        assert len(refusal.splitlines()) == 1
        return
    tally["accepted"] += 1
    cells, reference = transform(counts, name), transform(counts, "norm_log")
    job = Job("cells", "v", "", 0, Variant(name, weighting, **traits), [MODEL], holdout=0.0)
    trained = train_job(job, cells, lambda *_: None)
    assert trained.training.diverged == [""]
    corrected = correct_dataset(
        trained.training.networks, trained.infos[0], cells, {"target": "mean", "n_samplings": 1}
    )
    assert corrected.shape == counts.shape
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
