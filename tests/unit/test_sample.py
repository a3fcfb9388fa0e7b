"""The sample of many cells that is judged: its shares, its size, and what is said of it."""

import anndata as ad
import numpy as np
import pandas as pd
from corrections import OPTIONS, as_corrected, counts

from aif.data.preprocessing import transform
from aif.evaluation.evaluate import GRAPH_OF_MANY, evaluate, evaluate_apart
from aif.evaluation.sample import sampled


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
    found = obs.iloc[rows].groupby(["batch", "cell_type"], dropna=False).size()
    assert found.to_list() == [400, 40, 100, 60]  # the four cells of c are less than half of one
    assert (rows == sampled(obs, everything, 600, 0)).all()
    assert set(rows) != set(sampled(obs, everything, 600, 1))
    of_x = sampled(obs, (obs["batch"] == "x").to_numpy(), 440, 0)
    assert set(obs["batch"].iloc[of_x]) == {"x"}
    assert len(of_x) == 440


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


def test_a_graph_is_not_judged_by_a_part_of_it():
    reference = transform(counts(n=400), "norm_log")
    graph = as_corrected(reference, "graph")
    everything = {"all": np.ones(400, dtype=bool)}
    found = evaluate_apart(graph, reference, OPTIONS | {"max_cells": 200}, everything).metrics
    assert set(found["status"]) == {"left_out"}
    assert set(found["reason"]) == {GRAPH_OF_MANY}
