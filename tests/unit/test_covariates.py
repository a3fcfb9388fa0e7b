"""What is to be kept is told to models and methods, and stays."""

import re
from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aif.config.hyperparameters import Hyperparameters
from aif.config.simulation import Simulation
from aif.config.variants import Variant
from aif.correction.corrected import correct_dataset
from aif.data.covariates import add_covariates, covariates_of, design, separable
from aif.data.keep_checks import check_covariates
from aif.data.preprocessing import standardise, transform
from aif.data.splatter import simulate
from aif.errors import InputError
from aif.methods.baselines import BASELINES, corrected_or_reason
from aif.methods.known_effects import known_effects
from aif.model.model_file import load_model, save_model
from aif.model.run import Job, train_job

SIMULATION = Simulation(
    batches=(240, 240), types=(0.5, 0.5), genes=300, condition={"Batch1": 0.75, "Batch2": 0.25},
    library_location=8.0, batch_location=0.3, condition_share=0.2, condition_scale=0.0, seed=1,
)  # fmt: skip
MODEL = Hyperparameters(
    alpha=1, rho=0.3, beta=0, delta=3, gamma=10,
    epochs=1, min_steps=1500, latent=10, hidden=64, label_hidden=32,
)  # fmt: skip
VARIANT = Variant(
    input="norm_log", weighting="likelihood", adversary="log_aux", anneal=True, shift=True
)
OBS = pd.DataFrame(
    {
        "lane": ["a", "a", "b", "b"] * 10,
        "state": ["ill", "well", "ill", "well"] * 10,
        "day": ["1", "1", "2", "2"] * 10,
        "age": [20.0, 40.0, 30.0, 70.0] * 10,
    },
    index=[f"c{i}" for i in range(40)],
)


def logs_of(keep, parameters=SIMULATION):
    counts = simulate(parameters)
    return transform(standardise(counts, "batch", "cell_type", keep), "norm_log")


def effect(adata):
    """Return what treatment changes per gene, as a difference of means over all cells (G,)."""
    treated = (adata.obs["condition"] == "treated").to_numpy()
    x = adata.X.toarray() if sparse.issparse(adata.X) else adata.X
    return x[treated].mean(0) - x[~treated].mean(0)


def true_effect(adata):
    """Return it as it is within batches, where no batch effect hides it (G,)."""
    parts = [
        effect(adata[(adata.obs["batch"] == name).to_numpy()]) for name in ("Batch1", "Batch2")
    ]
    return np.mean(parts, axis=0)


def kept_share(corrected, logs):
    """Return the slope of the effect after correction on the true one, over genes that change."""
    changed = (logs.var["ConditionFac"] != 1).to_numpy()
    found, true = effect(corrected)[changed], true_effect(logs)[changed]
    return found @ true / (true @ true)


def false_effect(corrected, logs):
    """Return the root mean square of the effect over genes that do not change."""
    unchanged = (logs.var["ConditionFac"] == 1).to_numpy()
    return np.sqrt(np.mean(effect(corrected)[unchanged] ** 2))


def test_groups_become_columns_and_numbers_have_mean_0_and_variance_1():
    numbers = design(OBS, ["state", "age"])
    assert list(numbers) == ["state=well", "age"]
    assert numbers["state=well"].tolist() == [0, 1, 0, 1] * 10
    assert numbers["age"].to_numpy() == pytest.approx((OBS["age"] - 40) / np.sqrt(350))
    assert design(OBS, []).shape == (40, 0)


def test_what_is_kept_goes_along_with_the_cells():
    counts = simulate(replace(SIMULATION, genes=40))
    standard = standardise(counts, "batch", "cell_type", ["condition"])
    assert list(covariates_of(standard)) == ["condition=treated"]
    assert covariates_of(standard).index.equals(standard.obs_names)
    assert covariates_of(standardise(counts, "batch", None)).shape == (480, 0)


def test_names_and_values_come_through_a_file_whatever_the_groups_are_called(tmp_path):
    obs = OBS.assign(state=["ill/old", "well = fine", "ill", "a"] * 10)
    cells = ad.AnnData(np.zeros((40, 2), "f4"), obs)
    add_covariates(cells, obs, ["state", "age"])
    cells.write_h5ad(tmp_path / "cells.h5ad")
    pd.testing.assert_frame_equal(
        covariates_of(ad.read_h5ad(tmp_path / "cells.h5ad")), design(obs, ["state", "age"])
    )


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("dose", None, "obs has no column 'dose'; it has"),
        ("state", [None, "ill", "well", "well"] * 10, "'state' has no value for 10 cells"),
        ("age", [1.0, np.inf, 2.0, 3.0] * 10, "'age' has infinite values"),
        ("state", "ill", "'state' is ill for all cells"),
        ("state", [f"s{i}" for i in range(40)], "'state' has 40 values for 40 cells, too many"),
    ],
)
def test_a_column_that_cannot_be_kept_is_refused_in_one_line(column, values, message):
    obs = OBS if values is None else OBS.assign(**{column: values})
    with pytest.raises(InputError, match=rf"^datasets\.d\.keep: .*{re.escape(message)}") as error:
        check_covariates(obs, obs["lane"], [column], "datasets.d.keep")
    assert "\n" not in str(error.value)


LINKED = OBS.assign(
    dose=np.where(OBS["lane"] == "a", 17.3, 29.1),  # a number that is the same within a batch
    same=OBS["state"].map({"ill": "x", "well": "y"}),  # says what state says
    part=["p", "q", "r", "s"] * 10,  # p and q in one batch, r and s in the other
)


@pytest.mark.parametrize(
    ("keep", "status", "named"),
    [
        (["state"], "ok", "state (2 groups): can"),
        (["state", "age"], "ok", "state (2 groups) and age (numbers): can"),
        (["state", "same"], "ok", "state (2 groups) and same (2 groups): can"),
        (["state", "day"], "warning", "day (2 groups) changes"),
        (["dose", "state"], "warning", "dose ("),
        (["part"], "warning", "part (4 groups) changes"),
    ],
)
def test_whether_effects_can_be_told_from_the_batches_is_said(keep, status, named):
    (found,) = check_covariates(LINKED, LINKED["lane"], keep, "datasets.d.keep")
    assert (found.check, found.status) == ("keep", status)
    assert named in found.message


def test_columns_that_are_confounded_together_only_are_all_named():
    """Each varies within batches, their difference does not."""
    obs = OBS.assign(other=OBS["age"] + np.where(OBS["lane"] == "a", 0, 25))
    (found,) = check_covariates(obs, obs["lane"], ["age", "other"], "datasets.d.keep")
    assert (found.status, "age (numbers) and other (numbers) changes" in found.message) == (
        "warning",
        True,
    )


@pytest.mark.parametrize("sizes", [(120, 188, 69), (7, 5, 11), (1000, 3, 50)])
def test_a_number_of_each_batch_is_never_told_apart_by_rounding_errors(sizes):
    batches = pd.Series(np.repeat(["a", "b", "c"], sizes))
    for ages in np.random.default_rng(0).uniform(1, 99, size=(20, 3)):
        obs = pd.DataFrame({"age": np.repeat(ages, sizes), "b": batches})
        assert not separable(design(obs, ["age"]), batches)


def test_columns_that_say_the_same_are_told_to_linear_methods_once():
    logs = logs_of(["condition"], replace(SIMULATION, genes=30))
    add_covariates(
        logs, logs.obs.assign(again=logs.obs["condition"].astype(str)), ["condition", "again"]
    )
    assert list(known_effects(logs)) == ["kept_0"]


def test_a_kept_number_may_have_the_name_of_the_batches():
    logs = logs_of(["condition"], replace(SIMULATION, genes=30))
    add_covariates(logs, logs.obs.assign(batch=np.arange(480.0)), ["batch"])
    ids = {"dataset": "d", "method": "combat", "row": "", "seed": 0}
    assert "reason" not in corrected_or_reason(BASELINES["combat"], logs, ids, {}).uns["aif"]


@pytest.mark.parametrize("method", ["combat", "limma"])
def test_linear_methods_keep_an_effect_that_they_are_told(method):
    results = {}
    for keep in ((), ("condition",)):
        logs = logs_of(keep)
        ids = {"dataset": "d", "method": method, "row": "", "seed": 0}
        corrected = corrected_or_reason(BASELINES[method], logs, ids, {})
        if corrected.uns["aif"].get("status") == "not_run":
            pytest.skip(corrected.uns["aif"]["reason"])
        results[keep] = kept_share(corrected, logs)
    assert results["condition",] == pytest.approx(1, abs=0.05)
    assert results[()] < 0.85


def test_methods_that_cannot_keep_it_say_so():
    obs = replace(SIMULATION, genes=30, condition={"Batch1": 1.0, "Batch2": 0.0})
    ids = {"dataset": "d", "method": "combat", "row": "", "seed": 0}
    info = corrected_or_reason(BASELINES["combat"], logs_of(["condition"], obs), ids, {}).uns["aif"]
    assert info["status"] == "not_run"
    assert info["reason"] == "what keep names cannot be told from the batches"


@pytest.fixture(scope="module")
def told():
    """Models that were told the condition and not, with the cells and what they make of them."""
    made = {}
    for keep in ((), ("condition",)):
        logs = logs_of(keep)
        trained = train_job(
            Job("d", "v", "", 0, VARIANT, [MODEL], holdout=0.0), logs, lambda *_: None
        )
        networks, info = trained.training.networks, trained.infos[0]
        options = {"target": "mean", "n_samplings": 2}
        made[bool(keep)] = networks, info, logs, correct_dataset(networks, info, logs, options)
    return made


def test_aif_keeps_an_effect_that_it_is_told_and_removes_the_batches(told):
    kept = {known: kept_share(corrected, logs) for known, (*_, logs, corrected) in told.items()}
    false = {known: false_effect(corrected, logs) for known, (*_, logs, corrected) in told.items()}
    logs = told[True][2]
    assert kept[True] == pytest.approx(1, abs=0.15)
    assert kept[True] > kept[False] + 0.1
    assert false[True] < 0.6 * false_effect(logs, logs)


def test_a_model_knows_what_it_was_told_and_refuses_other_cells(told, tmp_path):
    networks, info, *_ = told[True]
    save_model(tmp_path / "model.pt", networks, info)
    again, same = load_model(tmp_path / "model.pt")
    assert same.covariates == ["condition=treated"]
    assert again.shape.covariates == 1
    with pytest.raises(InputError, match=r"other covariates \(keep\)"):
        correct_dataset(networks, info, told[False][2], {"target": "mean", "n_samplings": 0})
