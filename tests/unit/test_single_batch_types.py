"""Cell types that one batch has alone are not led into those of the other, on simulated cells."""

from dataclasses import replace

import numpy as np
import pytest
import scanpy as sc
from sklearn.neighbors import NearestNeighbors
from small_workflow import ROOT

from aif.config.hyperparameters import Hyperparameters
from aif.config.schema import Correction, load_yaml
from aif.config.simulation import Simulation
from aif.config.variants import defaults_of, variant_of
from aif.correction.corrected import correct_dataset
from aif.data.preprocessing import standardise, transform
from aif.data.splatter import simulate
from aif.model.run import Job, train_job

NAME = "aif_steady"
CELLS = Simulation(
    batches=(300, 300), types=(0.4, 0.2, 0.2, 0.2), genes=400, library_location=8.0, seed=1,
    missing={"Batch2": ("Group4",)}, batch_location=0.1, batch_scale=0.1, de_location=0.7,
)  # fmt: skip


@pytest.fixture(scope="module")
def trained():
    cells = transform(standardise(simulate(CELLS), "batch", "cell_type"), "norm_log")
    table = load_yaml(ROOT / "config" / "variants.yaml")
    models = [Hyperparameters(**defaults_of(table, NAME))]
    job = Job("cells", NAME, "", 0, variant_of(table["variants"][NAME]), models, holdout=0.0)
    done = train_job(job, cells, lambda *_: None)
    return done.training.networks, done.infos[0], cells


def neighbours(x, cells):
    """Return the purity of the type of one batch, and the share of the other batch around the rest."""
    places = sc.pp.pca(np.asarray(x), n_comps=20, random_state=0)
    nearest = NearestNeighbors(n_neighbors=26).fit(places).kneighbors(places)[1][:, 1:]
    types, batches = (cells.obs[name].astype(str).to_numpy() for name in ("cell_type", "batch"))
    pure = (types[nearest] == types[:, None]).mean(1)
    mixed = (batches[nearest] != batches[:, None]).mean(1)
    alone = types == "Group4"
    return pure[alone].mean(), mixed[~alone].mean()


def test_a_type_of_one_batch_stays_apart_and_the_others_mix(trained):
    networks, info, cells = trained
    options = Correction().model_dump()
    told = replace(info, hyperparameters=info.hyperparameters | {"likeness": None})
    believing = correct_dataset(networks, told, cells, options)
    doubting = correct_dataset(networks, info, cells, options)
    before, apart = neighbours(cells.X.toarray(), cells)
    merged, _ = neighbours(believing.X, cells)
    kept, mixed = neighbours(doubting.X, cells)
    assert apart < 0.25
    assert mixed > 0.4
    assert merged < before - 0.1
    assert kept > merged + 0.1
    assert neighbours(doubting.obsm["X_corrected"], cells)[0] > before - 0.05
