"""A job of a search: its rows say what training, correction and evaluation gave."""

import math
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch
from cells import simulated

from aif.config.hyperparameters import Hyperparameters, key_of
from aif.config.variants import Variant
from aif.correction.corrected import correct_dataset
from aif.data.holdout import held_out
from aif.data.preprocessing import transform
from aif.evaluation.evaluate import evaluate, evaluate_apart
from aif.model.batch_weights import BatchWeights
from aif.model.final_losses import final_losses
from aif.model.losses import TERMS, reconstruction
from aif.model.run import Job, train_job
from aif.search.kept_runs import KeptRuns
from aif.search.run_table import COLUMNS, FINAL, LOSSES, failed_table, run_table

VARIANT = Variant(input="norm_log", weighting="relative", projection=True)
MODEL = Hyperparameters(
    alpha=0.05, rho=0.5, beta=0.0, delta=0.01, gamma=0.3, mu=0.05,
    epochs=10, min_steps=0, minibatch_size=16, latent=4, hidden=16, label_hidden=8,
)  # fmt: skip
CORRECTION = {"target": "mean", "n_samplings": 2}
EVALUATION = {"n_pcs": 10, "embedding": "pca", "repetitions": 1, "subsample": 1.0}
EVALUATION |= {"max_cells": 20_000, "seed": 0}
IDENTICAL = [name for name in COLUMNS if name not in ("seconds", "peak_memory_mb")]


@pytest.fixture(scope="module")
def adata():
    return transform(simulated(n=150, genes=40), "norm_log")


def job(*stack, holdout=0.0):
    return Job("cells", "v", "", 3, VARIANT, list(stack), holdout)


def run(adata, task):
    trained = train_job(task, adata, lambda *_: None)
    return trained, run_table(task, trained, adata, adata, CORRECTION, EVALUATION)


@pytest.fixture(scope="module")
def single(adata):
    return run(adata, job(MODEL))


def test_a_row_has_the_losses_and_weights_of_the_chosen_epoch(single):
    trained, table = single
    losses = trained.training.losses[0]
    kept = losses[losses["selected"]].iloc[0]
    (row,) = table.to_dict("records")
    assert list(table.columns) == list(COLUMNS)
    assert row["status"] == "ok"
    assert row["chosen_epoch"] == kept["epoch"]
    for name in ("selection_loss", *LOSSES, *(f"weight_{term}" for term in TERMS)):
        assert row[name] == pytest.approx(kept[name], rel=0, abs=0, nan_ok=True)
    assert row["key"] == key_of([MODEL])
    assert row["gamma"] == 0.3
    assert row["seconds"] > 0


def test_metrics_are_those_of_the_evaluation(single, adata):
    from aif.correction.corrected import correct_dataset

    trained, table = single
    corrected = correct_dataset(
        trained.training.networks.single(0), trained.infos[0], adata, CORRECTION
    )
    metrics = evaluate(corrected, adata, EVALUATION, spaces=["expression"]).metrics
    expected = metrics[metrics["suite"] != "cost"].set_index("metric")["value"]
    for name, value in expected.items():
        assert table[name].iloc[0] == pytest.approx(value, nan_ok=True)


def test_final_losses_are_means_over_the_cells_with_population_statistics(single):
    trained, table = single
    networks, cells = trained.training.networks, trained.cells
    with torch.no_grad():
        x = cells.x.dense()[None]
        mean, log_var = networks.encoder(x)
        expected = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).mean().item()
    assert table["final_kl"].iloc[0] == pytest.approx(expected, rel=1e-5)
    signs = {"rec": 1, "kl": 0.05, "class": 0.5, "class_rec": 0, "gan": 0.01, "aux": -0.3}
    signs["proj"] = -0.05
    weights = trained.training.losses[0].iloc[9]
    total = sum(
        sign * weights[f"weight_{term}"] * table[f"final_{term}"].iloc[0]
        for term, sign in signs.items()
    )
    assert table["final_selection_loss"].iloc[0] == pytest.approx(total, rel=1e-4)


def test_final_losses_of_a_subset_are_those_of_its_cells_only(single):
    trained, _ = single
    networks, cells = trained.training.networks, trained.cells
    networks.encoder.latent.bias.data[..., 4:] -= 50  # no noise: z is its mean
    half = np.arange(150) < 75
    found = final_losses(networks, cells.subset(half), VARIANT, seed=0)
    with torch.no_grad():
        x = cells.x[:75][None]
        label = networks.encoder.batch_logits(x).softmax(-1)
        x_hat = networks.decoder(label, cells.covariates[:75][None], networks.encoder(x)[0])
    assert found[0, 0].item() == pytest.approx(reconstruction(x, x_hat).item(), rel=1e-4)
    networks.encoder.latent.bias.data[..., 4:] += 50


def test_the_final_log_aux_is_that_of_all_cells_and_not_of_parts_of_them(single, monkeypatch):
    trained, _ = single
    monkeypatch.setattr("aif.model.final_losses.CHUNK", 40)
    found = final_losses(trained.training.networks, trained.cells, VARIANT, seed=0)
    aux, log_aux = (found[0, TERMS.index(name)].item() for name in ("aux", "log_aux"))
    entropy = BatchWeights.of(trained.cells.batch, 2, weighted_ce=False).entropy.item()
    assert log_aux == pytest.approx(-entropy * math.log(aux / entropy), rel=1e-4)


def test_cells_of_one_batch_have_final_losses_that_are_numbers(single):
    trained, _ = single
    first = (trained.cells.batch == 0).numpy()
    found = final_losses(trained.training.networks, trained.cells.subset(first), VARIANT, seed=0)
    assert found.isfinite().all()
    assert found[0, TERMS.index("log_aux")] == 0


def test_a_stack_gives_the_rows_that_its_models_get_alone(single, adata):
    _, table = run(adata, job(MODEL, replace(MODEL, gamma=0.1)))
    _, alone = single
    assert table["gamma"].tolist() == [0.3, 0.1]
    for name in ("selection_loss", "rec", "aux", "final_rec"):
        assert table[name].iloc[0] == pytest.approx(alone[name].iloc[0], rel=1e-3)
        assert table[name].iloc[0] != table[name].iloc[1]


def test_rows_that_differ_in_the_correction_only_are_trained_once(adata):
    shifting = replace(VARIANT, shift=True)
    stack = [replace(MODEL, local=1.0), replace(MODEL, gamma=0.1), replace(MODEL, local=0.0)]
    trained, table = run(adata, replace(job(*stack), variant=shifting))
    assert trained.training.networks.n_models == 2
    assert trained.model_of == [0, 1, 0]
    pair = run(adata, replace(job(stack[0], stack[2]), variant=shifting))[1]
    for name in ("selection_loss", "final_rec"):
        assert table[name].iloc[0] == table[name].iloc[2] != table[name].iloc[1]
        assert table[name].iloc[0] == pytest.approx(pair[name].iloc[0], rel=1e-3)
    assert table["overall"].iloc[0] != table["overall"].iloc[2]
    assert table["key"].tolist() == [key_of([model]) for model in stack]


def test_a_job_repeats_bitwise(single, adata):
    again = run(adata, job(MODEL))[1]
    pd.testing.assert_frame_equal(single[1][IDENTICAL], again[IDENTICAL], check_exact=True)


def test_a_model_that_diverges_is_a_row_with_its_reason_and_harms_no_other(adata):
    _, table = run(adata, job(replace(MODEL, rho=math.inf), MODEL))
    assert table["status"].tolist() == ["diverged", "ok"]
    assert "not finite in epoch 1" in table["reason"].iloc[0]
    assert table.loc[0, ["selection_loss", "overall", *FINAL]].isna().all()
    assert np.isfinite(table["overall"].iloc[1])
    assert table["rho"].iloc[0] == math.inf


def test_held_out_cells_are_not_trained_on_and_scored_apart(adata):
    task = job(MODEL, holdout=0.3)
    trained, table = run(adata, task)
    mask = held_out(adata.obs, 0.3, seed=3)
    assert np.array_equal(trained.held_out, mask)
    assert table["cells"].tolist() == ["train", "heldout"]
    # Other held-out cells, the same model: nothing of them reaches the training.
    changed = adata.copy()
    changed.X = changed.X.toarray()
    changed.X[mask] *= 2
    changed.X = type(adata.X)(changed.X)
    again = train_job(task, changed, lambda *_: None)
    state, other = (t.training.networks.model_state(0) for t in (trained, again))
    assert all(torch.equal(state[name], other[name]) for name in state)
    assert table[["overall", "final_rec"]].notna().all(axis=None)
    assert table["overall"].nunique() == 2
    assert table["selection_loss"].isna().tolist() == [False, True]


def test_a_job_comes_back_from_plain_types():
    task = job(MODEL, holdout=0.2)
    assert Job.of(asdict(task)) == task


def test_of_many_cells_those_that_are_judged_are_corrected_alone(adata, single):
    trained, _ = single
    task, few = job(MODEL), EVALUATION | {"max_cells": 100}
    table = run_table(task, trained, adata, adata, CORRECTION, few)
    options = CORRECTION | {"output": ["expression"]}
    corrected = correct_dataset(trained.training.networks, trained.infos[0], adata, options)
    everything = {"all": np.ones(adata.n_obs, bool)}
    expected = evaluate_apart(corrected, adata, few, everything, ["expression"]).metrics
    assert (expected["n_cells"] == 100).all()
    for row in expected[expected["suite"] != "cost"].itertuples():
        assert table[row.metric].iloc[0] == pytest.approx(row.value, abs=1e-3, nan_ok=True)


def test_a_short_training_is_a_whole_one_of_fewer_epochs(adata):
    short = run(adata, replace(job(replace(MODEL, epochs=10)), share=0.25))[1]
    alone = run(adata, job(replace(MODEL, epochs=2)))[1]
    same = [name for name in IDENTICAL if name not in ("epochs", "key", "share")]
    pd.testing.assert_frame_equal(short[same], alone[same], check_exact=True)
    assert (short["epochs"].item(), short["share"].item()) == (10, 0.25)
    assert short["key"].item() == key_of([replace(MODEL, epochs=10)])


def test_runs_that_are_kept_come_back_for_what_they_are_made_of_and_for_nothing_else(
    single, adata, tmp_path
):
    table = single[1].assign(version="1.0.0")
    kept = KeptRuns(tmp_path / ".kept", "code and cells")
    assert kept.read(job(MODEL)) is None
    kept.write(job(MODEL), table)
    again = kept.read(replace(job(MODEL), rung=3))
    assert again["rung"].tolist() == [3]
    pd.testing.assert_frame_equal(
        again.drop(columns="rung"), table.drop(columns="rung"), check_exact=True, check_dtype=False
    )
    for other in (
        replace(job(MODEL), share=0.25),
        replace(job(MODEL), seed=4),
        job(replace(MODEL, gamma=0.1)),
        job(MODEL, MODEL),
        job(MODEL, holdout=0.1),
        replace(job(MODEL), variant=replace(VARIANT, anneal=True)),
    ):
        assert kept.read(other) is None
    assert KeptRuns(tmp_path / ".kept", "other code").read(job(MODEL)) is None
    failed = replace(job(MODEL), seed=9)
    kept.write(failed, failed_table(failed, adata, "no memory"))
    assert kept.read(failed) is None
