"""Checkpoints: an interrupted training ends as one that was not, and only its own state is used."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.model.cells import Cells
from aif.model.checkpoint import Checkpoints
from aif.model.training import train

VARIANT = Variant("norm_log", "relative", projection=True, delayed=True, decay=True)
MODEL = Hyperparameters(
    alpha=0.05, rho=0.5, beta=0.05, delta=0.01, gamma=0.3, mu=0.05, epochs=6, min_steps=0, dropout=0.2,
    minibatch_size=16, latent=4, hidden=16, label_hidden=8, selection_start=0.5,
)  # fmt: skip
STACK = [MODEL, replace(MODEL, gamma=1.0)]
SEED = 3


class Killed(Exception):
    """Stands for a process that ends here."""


class Malicious:
    """Opens a file for writing when it is unpickled."""

    def __init__(self, harm):
        self.harm = harm

    def __reduce__(self):
        return (open, (str(self.harm), "w"))


def cells(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.gamma(2, 1, size=(50, 20)).astype(np.float32)
    batch = torch.from_numpy(np.arange(50) % 2)
    return Cells.without_covariates(torch.from_numpy(x), batch, 2)


def killed_after(epoch):
    def progress(done, epochs, losses):
        if done == epoch:
            raise Killed

    return progress


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "model.pt", "code", seconds=0)


def trained(checkpoint=None, progress=lambda *_: None):
    return train(cells(), VARIANT, STACK, SEED, progress, checkpoint)


@pytest.fixture(scope="module")
def uninterrupted():
    return trained()


@pytest.mark.parametrize("epoch", range(1, MODEL.epochs + 1))
def test_an_interrupted_training_ends_the_same_to_the_last_bit(checkpoints, uninterrupted, epoch):
    checkpoint = checkpoints.training(cells(), VARIANT, STACK, SEED, "cpu")
    with pytest.raises(Killed):
        trained(checkpoint, killed_after(epoch))
    epochs = []
    resumed = trained(checkpoint, lambda done, *_: epochs.append(done))
    # The state of an epoch is written once the epoch is told, so the last one told is done again.
    assert epochs == list(range(epoch, MODEL.epochs + 1))
    for one, other in zip(resumed.losses, uninterrupted.losses, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    states = resumed.networks.state_dict(), uninterrupted.networks.state_dict()
    assert all(torch.equal(states[0][name], value) for name, value in states[1].items())
    assert torch.equal(resumed.criterion, uninterrupted.criterion)


def test_the_seconds_before_an_interruption_count(checkpoints):
    checkpoint = checkpoints.training(cells(), VARIANT, STACK, SEED, "cpu")
    with pytest.raises(Killed):
        trained(checkpoint, killed_after(4))
    torch.save({**checkpoint.read(), "seconds": 1000.0}, checkpoint.path)
    assert trained(checkpoint).seconds > 1000


@pytest.mark.parametrize(
    ("x", "variant", "stack", "seed", "device", "code"),
    [
        (cells(1), VARIANT, STACK, SEED, "cpu", "code"),
        (cells(), replace(VARIANT, decay=False), STACK, SEED, "cpu", "code"),
        (cells(), VARIANT, STACK[:1], SEED, "cpu", "code"),
        (cells(), VARIANT, STACK, SEED + 1, "cpu", "code"),
        (cells(), VARIANT, STACK, SEED, "a card", "code"),
        (cells(), VARIANT, STACK, SEED, "cpu", "other code"),
    ],
    ids=["cells", "variant", "stack", "seed", "device", "code"],
)
def test_the_state_of_another_training_is_left_alone(
    checkpoints, x, variant, stack, seed, device, code
):
    with pytest.raises(Killed):
        trained(checkpoints.training(cells(), VARIANT, STACK, SEED, "cpu"), killed_after(3))
    other = replace(checkpoints, code=code).training(x, variant, stack, seed, device)
    assert other.read() is None


def test_the_state_of_cells_of_which_something_else_is_known_is_left_alone(checkpoints):
    paths = {
        checkpoints.training(replace(cells(), covariates=known), VARIANT, STACK, SEED, "cpu").path
        for known in (torch.zeros(50, 0), torch.zeros(50, 1), torch.ones(50, 1))
    }
    assert len(paths) == 3


def test_a_file_that_is_no_state_is_told_and_the_training_begins_anew(
    checkpoints, uninterrupted, caplog
):
    checkpoint = checkpoints.training(cells(), VARIANT, STACK, SEED, "cpu")
    harm = checkpoint.path.with_name("harm")
    for content in (b"", b"nonsense", b"PK\x03\x04", pickle.dumps(Malicious(harm))):
        checkpoint.path.write_bytes(content)
        resumed = trained(checkpoint)
        assert "cannot be read, training anew" in caplog.text
        pd.testing.assert_frame_equal(resumed.losses[0], uninterrupted.losses[0], check_exact=True)
        assert not harm.exists()
        caplog.clear()


def test_a_place_that_cannot_be_written_is_told_and_harms_nothing(tmp_path, uninterrupted, caplog):
    nowhere = Checkpoints(tmp_path / "nowhere" / "model.pt", "code", seconds=0)
    done = trained(nowhere.training(cells(), VARIANT, STACK, SEED, "cpu"))
    assert "no checkpoint is kept" in caplog.text
    pd.testing.assert_frame_equal(done.losses[0], uninterrupted.losses[0], check_exact=True)


def test_a_finished_job_leaves_none_and_those_of_other_outputs(checkpoints):
    trained(checkpoints.training(cells(), VARIANT, STACK, SEED, "cpu"))
    other = replace(checkpoints, output=checkpoints.output.with_name("other.pt"))
    trained(other.training(cells(), VARIANT, STACK, SEED, "cpu"))
    whole = checkpoints.training(cells(), VARIANT, STACK, SEED, "cpu").path
    whole.with_name(f".{whole.name}.123.part.checkpoint").write_text("of a killed process")
    checkpoints.remove()
    assert [path.name[:9] for path in checkpoints.output.parent.iterdir()] == [".other.pt"]


def test_states_are_kept_no_more_often_than_asked(tmp_path):
    rare = Checkpoints(tmp_path / "model.pt", "code", seconds=3600)
    trained(rare.training(cells(), VARIANT, STACK, SEED, "cpu"))
    assert not list(tmp_path.iterdir())
