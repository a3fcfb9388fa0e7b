"""A card that is too small for a stack trains it in parts, with the same results."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import torch
from cells import simulated
from test_training import SMALL, VARIANT, cells, largest_difference, state

from aif.errors import TrainingError
from aif.model import device
from aif.model.device import Device, out_of_memory, refused_memory, train_in_parts
from aif.model.run import Job, train_job
from aif.model.training import train

STACK = [dataclasses.replace(SMALL, epochs=1, alpha=alpha) for alpha in (0.05, 0.1, 0.2, 0.4, 0.8)]


def on_a_card_for(monkeypatch, n_models):
    """Let trainings of more models run out of memory; return the sizes of the stacks tried."""
    tried = []

    def trained(cells, variant, stack, *arguments):
        tried.append(len(stack))
        if len(stack) > n_models:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return train(cells, variant, stack, *arguments)

    monkeypatch.setattr(device, "train", trained)
    return tried


def in_parts():
    return train_in_parts(cells(), VARIANT, STACK, 3, lambda *_: None, Device("cpu", "cpu"))


def test_a_stack_that_is_too_large_is_halved_until_it_fits(monkeypatch):
    whole = in_parts()
    tried = on_a_card_for(monkeypatch, 2)
    parts = in_parts()
    assert tried == [5, 2, 3, 1, 2]
    assert parts.networks.n_models == len(STACK)
    assert not parts.networks.training
    for model in range(len(STACK)):
        assert largest_difference(state(parts, model), state(whole, model)) < 1e-5
        pd.testing.assert_frame_equal(parts.losses[model], whole.losses[model], atol=1e-5)
    assert parts.diverged == whole.diverged
    torch.testing.assert_close(parts.criterion, whole.criterion)


def test_a_model_that_is_too_large_alone_is_an_error_that_says_what_to_do(monkeypatch):
    on_a_card_for(monkeypatch, 0)
    with (
        pytest.raises(TrainingError, match=r"cpu has too little memory.*lower hidden"),
        refused_memory(Device("cpu", "cpu")),
    ):
        in_parts()


def test_another_error_of_torch_stays_what_it_is():
    with (
        pytest.raises(RuntimeError, match="must match"),
        refused_memory(Device("cpu", "cpu")),
    ):
        torch.ones(2) + torch.ones(3)


@pytest.mark.parametrize(
    "allocate", [lambda: torch.empty(2**60), lambda: np.empty(2**50), lambda: bytearray(2**60)]
)
def test_memory_that_is_refused_on_the_cpu_is_known_as_such(allocate):
    with pytest.raises((RuntimeError, MemoryError)) as refused:
        allocate()
    assert out_of_memory(refused.value)
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_without_a_gpu_the_cpu_is_chosen_and_takes_no_memory_of_a_card(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for wanted in ("auto", "cpu"):
        chosen = Device.chosen(wanted)
        assert chosen == Device("cpu", "cpu")
        assert math.isnan(chosen.peak_memory_mb())
    with pytest.raises(TrainingError, match="no GPU"):
        Device.chosen("cuda")


def test_a_gpu_is_left_alone_where_the_cpu_is_wanted(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Device.chosen("cpu") == Device("cpu", "cpu")


@pytest.mark.parametrize(
    ("kind", "capability", "emulates"),
    [("cpu", "AVX2", True), ("cpu", "AVX512", False), ("cuda", "AVX2", False)],
)
def test_bfloat16_is_emulated_on_processors_without_avx512(monkeypatch, kind, capability, emulates):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert Device(kind, "any").emulates_bfloat16() == emulates


@pytest.mark.parametrize("emulates", [True, False])
@pytest.mark.parametrize("bfloat16", [True, False])
def test_emulated_bfloat16_is_warned_of(monkeypatch, caplog, bfloat16, emulates):
    monkeypatch.setattr(Device, "emulates_bfloat16", lambda self: emulates)
    model = dataclasses.replace(SMALL, epochs=1, bfloat16=bfloat16)
    train_job(
        Job("any", "any", "", 0, VARIANT, [model], 0.0), simulated(30, 10, 2), lambda *_: None
    )
    assert ("set bfloat16: false" in caplog.text) == (bfloat16 and emulates)
