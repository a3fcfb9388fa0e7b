"""The training loop on small simulated cells."""

import math
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
import torch
from cells import simulated
from scipy import sparse

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.model.cells import Cells, model_cells, unit_scale
from aif.model.losses import TERMS
from aif.model.minibatch import draw_minibatch
from aif.model.selection import Selection
from aif.model.training import train

VARIANT = Variant(input="norm_log", weighting="relative", projection=True, weighted_ce=True)
SMALL = Hyperparameters(
    alpha=0.05,
    rho=0.5,
    beta=0.05,
    delta=0.01,
    gamma=0.3,
    mu=0.05,
    epochs=4,
    min_steps=0,
    minibatch_size=16,
    latent=4,
    dropout=0.2,
    hidden=16,
    label_hidden=8,
)


def cells(n=50, genes=20, n_batches=3, seed=0):
    rng = np.random.default_rng(seed)
    batch = np.arange(n) % n_batches
    x = rng.gamma(2, 1, size=(n, genes)) + batch[:, None]
    x = (x / unit_scale(sparse.csr_matrix(x), "norm_log")).astype(np.float32)
    return Cells.without_covariates(torch.from_numpy(x), torch.from_numpy(batch), n_batches)


def state(training, model=0):
    return {name: value.clone() for name, value in training.networks.model_state(model).items()}


def largest_difference(one, other):
    return max((one[name] - other[name]).abs().max().item() for name in one)


def test_a_stack_gives_each_model_what_it_gets_alone():
    one_epoch = replace(SMALL, epochs=1)
    stack = [one_epoch, replace(one_epoch, gamma=1.0, alpha=0.5), replace(one_epoch, mu=0.0)]
    together = train(cells(), VARIANT, stack, seed=3)
    for model, hyperparameters in enumerate(stack):
        alone = train(cells(), VARIANT, [hyperparameters], seed=3)
        assert largest_difference(state(together, model), state(alone)) < 1e-5
        for column in (*TERMS, "dis"):
            np.testing.assert_allclose(
                together.losses[model][column], alone.losses[0][column], atol=1e-5
            )


def test_bfloat16_is_of_the_products_alone():
    exact, rough = (
        train(cells(), VARIANT, [replace(SMALL, epochs=1, bfloat16=choice)], seed=3)
        for choice in (False, True)
    )
    assert {value.dtype for value in state(rough).values()} == {torch.float32}
    assert largest_difference(state(exact), state(rough)) > 0
    for column in (*TERMS, "dis"):
        np.testing.assert_allclose(rough.losses[0][column], exact.losses[0][column], rtol=0.02)


def test_models_of_a_stack_differ_by_their_coefficients():
    together = train(cells(), VARIANT, [SMALL, replace(SMALL, alpha=0.5)], seed=3)
    assert largest_difference(state(together, 0), state(together, 1)) > 1e-3


def test_a_training_hides_the_share_of_genes_that_it_is_told():
    with_holes, whole = (
        train(cells(), VARIANT, [replace(SMALL, epochs=1, dropout=share)], seed=0)
        for share in (0.2, 0.0)
    )
    assert largest_difference(state(with_holes), state(whole)) > 1e-3


def test_one_seed_repeats_bitwise_and_two_differ():
    first, again, other = (train(cells(), VARIANT, [SMALL], seed) for seed in (0, 0, 1))
    assert largest_difference(state(first), state(again)) == 0
    assert first.losses[0].equals(again.losses[0])
    assert largest_difference(state(first), state(other)) > 1e-3


def test_training_lowers_the_reconstruction_error_below_that_of_the_gene_means():
    training = train(cells(200), VARIANT, [replace(SMALL, epochs=60, hidden=64)], seed=0)
    assert training.losses[0]["rec"].iloc[-1] < 0.9
    assert training.losses[0]["rec"].iloc[-1] < training.losses[0]["rec"].iloc[0] / 2


@pytest.mark.parametrize("adversary", [{"aux": -0.3}, {"log_aux": 0.3}])
def test_the_chosen_epoch_has_the_lowest_frozen_objective_of_the_last_tenth(adversary):
    """The objective has the term through which A drives E, and not the other."""
    variant = replace(VARIANT, adversary=next(iter(adversary)))
    table = train(cells(), variant, [replace(SMALL, epochs=20)], seed=0).losses[0]
    late = table[table.epoch > 18]
    frozen = late.iloc[0]
    signed = {"rec": 1, "kl": 0.05, "class": 0.5, "class_rec": 0.05, "gan": 0.01, "proj": -0.05}
    signed |= adversary
    expected = sum(c * frozen[f"weight_{k}"] * late[k] for k, c in signed.items())
    np.testing.assert_allclose(late["selection_loss"], expected, rtol=1e-5)
    assert table["selection_loss"].isna().sum() == 18
    assert table.loc[table["selected"], "epoch"].tolist() == [late.epoch[expected.idxmin()]]


def test_selection_keeps_the_parameters_of_each_models_best_epoch():
    networks = train(cells(), VARIANT, [SMALL, SMALL], seed=0).networks
    selection = Selection(networks, torch.ones(2, 1))
    parameter = networks.encoder.latent.bias
    for epoch, losses in enumerate([(3.0, 1.0), (2.0, 2.0), (2.5, math.nan)]):
        parameter.data.fill_(epoch)
        selection.offer(epoch, torch.tensor(losses)[:, None], torch.ones(2, 1))
    assert selection.epoch.tolist() == [1, 0]
    kept = selection.state["encoder.latent.bias"]
    assert (kept[0] == 1).all()
    assert (kept[1] == 0).all()


def test_delayed_critics_step_every_second_epoch_only():
    start = train(cells(), VARIANT, [replace(SMALL, epochs=1)], seed=0)
    delayed = replace(VARIANT, delayed=True)
    one, two, three = (
        state(train(cells(), delayed, [replace(SMALL, epochs=n, selection_start=0.99)], seed=0))
        for n in (1, 2, 3)
    )
    critics = [n for n in one if n.startswith(("auxiliary", "discriminator"))]
    assert all((one[n] == state(start)[n]).all() for n in critics)
    assert all((one[n] == two[n]).all() for n in critics)
    assert any((two[n] != three[n]).any() for n in critics)
    assert (one["decoder.out.weight"] != two["decoder.out.weight"]).any()


def test_learning_rate_decays_from_a_fifth_of_the_epochs():
    decaying = replace(VARIANT, decay=True)
    table = train(cells(), decaying, [replace(SMALL, epochs=10)], seed=0).losses[0]
    expected = [1e-3 * 0.999 ** max(0, epoch - 2) for epoch in range(10)]
    np.testing.assert_allclose(table["learning_rate"], expected, rtol=1e-12)


def test_an_annealed_learning_rate_falls_along_a_line():
    annealed = replace(VARIANT, anneal=True)
    table = train(cells(), annealed, [replace(SMALL, epochs=8)], seed=0).losses[0]
    expected = np.array([1, 1, 1, 1, 1, 3 / 4, 2 / 4, 1 / 4]) * 1e-3
    np.testing.assert_allclose(table["learning_rate"], expected, rtol=1e-12)


def test_divergence_is_told_and_harms_no_other_model_of_the_stack():
    broken = replace(SMALL, rho=math.inf)
    training = train(cells(), VARIANT, [SMALL, broken], seed=0)
    alone = train(cells(), VARIANT, [SMALL], seed=0)
    assert training.diverged[0] == ""
    assert "not finite in epoch" in training.diverged[1]
    assert largest_difference(state(training, 0), state(alone)) < 1e-4


@pytest.mark.parametrize("n", [2, 3, 16, 17, 33, 50])
def test_no_minibatch_has_one_cell(n):
    sizes = [len(part) for part in torch.arange(n).tensor_split(SMALL.steps_per_epoch(n))]
    assert min(sizes) >= 2
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= max(SMALL.minibatch_size, 3)
    training = train(cells(n, n_batches=2), VARIANT, [SMALL], seed=0)
    assert np.isfinite(training.losses[0]["rec"]).all()


def test_steps_reach_their_minimum():
    assert replace(SMALL, epochs=3, min_steps=100).n_epochs(32) == 50
    assert replace(SMALL, epochs=60, min_steps=100).n_epochs(32) == 60


LIMITED = replace(SMALL, epochs=40, min_steps=1500, max_steps=5120, minibatch_size=32)


@pytest.mark.parametrize(
    ("n", "minibatch", "seen"),
    [
        (1000, 32, 1000),
        (4096, 32, 4096),
        (8192, 64, 8192),
        (65_536, 512, 65_536),
        (10**6, 512, 65_536),
    ],
)
def test_steps_stay_within_their_limit(n, minibatch, seen):
    fitted = LIMITED.fitted(n)
    assert (fitted.minibatch_size, fitted.cells_per_epoch(n)) == (minibatch, seen)
    assert 1500 <= fitted.n_epochs(n) * fitted.steps_per_epoch(n) <= 5120
    assert fitted.learning_rate == pytest.approx(0.001 * (minibatch / 32) ** 0.5)
    assert fitted.learning_rate_aux is None


def test_the_limit_of_steps_is_above_their_least_number():
    short = replace(LIMITED, epochs=2, max_steps=100)
    assert short.n_epochs(64) * short.steps_per_epoch(64) == 100


def test_an_epoch_sees_other_cells_than_the_one_before():
    some = replace(SMALL, epochs=20, max_steps=20, minibatch_size=512)
    seen = []
    with mock.patch("aif.model.training.draw_minibatch", side_effect=draw_minibatch) as drawn:
        train(cells(1200, n_batches=2), VARIANT, [some], seed=0)
        seen = [call.args[1] for call in drawn.call_args_list]
    assert [len(rows) for rows in seen] == [512] * 20
    assert len(torch.cat(seen).unique()) == 1200
    assert all(len(rows.unique()) == 512 for rows in seen)


def test_progress_is_told_of_every_epoch():
    seen = []
    train(cells(), VARIANT, [SMALL], 0, lambda *step: seen.append(step))
    assert [(epoch, epochs) for epoch, epochs, _ in seen] == [(k, 4) for k in (1, 2, 3, 4)]
    assert set(seen[0][2]) == {*TERMS, "dis"}


@pytest.mark.parametrize("transform", ["raw", "norm", "norm_log"])
def test_in_units_of_the_model_the_mean_gene_variance_is_one(transform):
    x = np.random.default_rng(0).gamma(1, 50, size=(100, 7)).astype(np.float32)
    x[:, 3] = 0
    scale = unit_scale(sparse.csr_matrix(x), transform)
    assert (x / scale).var(axis=0).mean() == pytest.approx(1, rel=1e-5)
    assert np.isfinite(unit_scale(sparse.csr_matrix((5, 3)), transform)).all()


def test_in_units_of_the_model_counts_of_all_abundances_have_the_same_noise():
    x = np.random.default_rng(0).poisson([1, 10, 1000], size=(4000, 3)).astype(np.float32)
    scale = unit_scale(sparse.csr_matrix(x), "raw")
    np.testing.assert_allclose((x / scale).var(axis=0), 1, rtol=0.1)


def test_cells_of_the_model_are_the_data_in_its_units():
    adata = simulated(n=30, genes=10, n_batches=3)
    found, scale = model_cells(adata, "raw")
    np.testing.assert_allclose(found.x.dense().numpy() * scale, adata.X.toarray(), rtol=1e-5)
    names = adata.obs["batch"].cat.categories[found.batch.numpy()]
    assert names.tolist() == adata.obs["batch"].tolist()
    assert found.n_batches == 3
