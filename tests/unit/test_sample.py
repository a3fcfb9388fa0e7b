"""The sample of many cells that is judged: its shares, its size, and what is said of it."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from cells import simulated
from corrections import OPTIONS, as_corrected, counts

from aif.data.preprocessing import transform
from aif.evaluation.evaluate import evaluate, evaluate_apart
from aif.evaluation.null_measures import judged_measures
from aif.evaluation.sample import GRAPH_OF_MANY, judged_part, on_disk, sampled


def obs_of(sizes):
    """Return obs of cells whose batches and types have the sizes given, in a mixed order."""
    pairs = [pair for pair, size in sizes.items() for _ in range(size)]
    table = pd.DataFrame(pairs, columns=["batch", "cell_type"])
    return table.sample(frac=1, random_state=0).reset_index(drop=True)


def test_every_type_of_every_batch_gives_the_same_share():
    sizes = {("x", "a"): 4000, ("x", "b"): 400, ("y", "a"): 1000, ("y", None): 600, ("y", "c"): 4}
    obs = obs_of(sizes)
    everything = np.ones(len(obs), dtype=bool)
    rows = sampled(obs, everything, 600, 0)
    assert (np.diff(rows) > 0).all()
    drawn = obs.iloc[rows].fillna("none").value_counts()
    for (batch, cell_type), size in sizes.items():
        share = size * 600 / len(obs)
        assert abs(drawn.get((batch, cell_type or "none"), 0) - share) < 1
    assert (rows == sampled(obs, everything, 600, 0)).all()
    assert set(rows) != set(sampled(obs, everything, 600, 1))
    of_x = sampled(obs, (obs["batch"] == "x").to_numpy(), 440, 0)
    assert set(obs["batch"].iloc[of_x]) == {"x"}
    assert len(of_x) == 440


def test_many_small_groups_lose_no_cells_and_no_type_or_batch_its_share():
    """200 donors with four or five cells of a type each, and a batch with four cells of each of 15 types."""
    sizes = {(f"d{i}", name): n for i in range(200) for name, n in (("rare", 4 + i % 2), ("b", 95))}
    obs = obs_of(sizes | {("small", f"t{i}"): 4 for i in range(15)})
    rows = sampled(obs, np.ones(len(obs), dtype=bool), 2000, 0)
    drawn = obs.iloc[rows]
    assert len(drawn) == 2000
    assert (drawn["cell_type"] == "rare").sum() == pytest.approx(90, abs=20)
    batches = drawn["batch"].value_counts()
    assert batches.drop("small").between(9, 11).all()
    assert batches["small"] == pytest.approx(6, abs=4)


def test_few_cells_are_judged_all():
    obs = obs_of({("x", "a"): 30, ("y", "a"): 30})
    mask = np.arange(60) % 2 == 0
    assert sampled(obs, mask, 30, 0).tolist() == np.flatnonzero(mask).tolist()


def test_a_sample_is_judged_as_these_cells_alone_wherever_they_lie(tmp_path):
    reference = transform(counts(n=400), "norm_log")
    options = OPTIONS | {"max_cells": 200}
    corrected = as_corrected(reference)
    everything = {"all": np.ones(400, dtype=bool)}
    found = evaluate_apart(corrected, reference, options, everything)
    rows = sampled(reference.obs, everything["all"], 200, options["seed"])
    alone = evaluate(corrected[rows].copy(), reference[rows].copy(), options)
    assert found.metrics.equals(alone.metrics)
    assert found.coordinates.equals(alone.coordinates)
    assert set(found.metrics["n_cells"]) == {len(rows)} == {200}
    assert found.provenance["cells"].item() == 400
    for name, cells in (("corrected", corrected), ("reference", reference)):
        cells.write_h5ad(tmp_path / f"{name}.h5ad")
    on_disk = (ad.read_h5ad(tmp_path / f"{name}.h5ad", "r") for name in ("corrected", "reference"))
    assert evaluate_apart(*on_disk, options, everything).metrics.equals(alone.metrics)


@pytest.mark.parametrize("output", ["expression", "embedding", "graph"])
def test_what_lies_on_disk_is_judged_as_in_memory_or_left_out(tmp_path, output):
    reference = transform(counts(n=300), "norm_log")
    corrected = as_corrected(reference, output)
    corrected.obsm["X_corrected"] = np.random.default_rng(0).normal(size=(300, 5))
    if output == "graph":
        corrected.obsm["X_pca"] = corrected.obsm["X_corrected"]
        sc.pp.neighbors(corrected, use_rep="X_pca", transformer="sklearn")
    for name, cells in (("corrected", corrected), ("reference", reference)):
        cells.write_h5ad(tmp_path / f"{name}.h5ad")
    everything, few = {"all": np.ones(300, dtype=bool)}, OPTIONS | {"max_cells": 200}
    whole = OPTIONS | {"max_cells": 300}

    def on_disk():
        return (ad.read_h5ad(tmp_path / f"{name}.h5ad", "r") for name in ("corrected", "reference"))

    found = evaluate_apart(*on_disk(), whole, everything)
    assert found.metrics.equals(evaluate(corrected, reference, OPTIONS).metrics)
    assert set(judged_measures(*on_disk(), whole)["status"]) <= {"ok", "left_out"}
    part, measures = evaluate_apart(*on_disk(), few, everything), judged_measures(*on_disk(), few)
    assert set(part.metrics["n_cells"]) == {0 if output == "graph" else 200}
    assert set(measures["cells"]) == {0 if output == "graph" else 200}
    if output == "graph":
        assert set(part.metrics["reason"]) == set(measures["reason"]) == {GRAPH_OF_MANY}


@pytest.mark.parametrize("with_expression", [True, False])
def test_what_lies_on_disk_is_judged_with_and_without_expression(tmp_path, with_expression):
    cells = simulated(n=60)
    cells.uns["aif"] = {"output": "expression" if with_expression else "embedding"}
    cells.obsm["X_corrected"] = np.arange(120.0).reshape(60, 2)
    whole = cells.copy()
    if not with_expression:
        cells.X = None
    cells.write_h5ad(tmp_path / "corrected.h5ad")
    mask = np.arange(60) % 2 == 0
    part, _ = judged_part(on_disk(tmp_path / "corrected.h5ad"), whole, mask, 100, 0)
    assert np.array_equal(part.obsm["X_corrected"], whole[mask].obsm["X_corrected"])
    assert (part.layers["counts"] != whole[mask].layers["counts"]).nnz == 0
    if with_expression:
        assert (part.X != whole[mask].X).nnz == 0
    else:
        assert part.X is None
