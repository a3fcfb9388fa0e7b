"""model.pt: what is saved comes back, without executing anything."""

import pytest
import torch

from aif.errors import InputError
from aif.model.model_file import ModelInfo, failure_of, load_model, save_failure, save_model
from aif.model.networks import Networks, Shape

SHAPE = Shape(genes=3, batches=2, latent=4, hidden=8, label_hidden=8)
INFO = ModelInfo(
    dataset="d",
    method="aif",
    row="",
    seed=1,
    transform="raw",
    scale=[2.0, 1.0, 3.0],
    genes=["g1", "g2", "g3"],
    batches=["a", "b"],
    variant={"input": "raw"},
    hyperparameters={"alpha": 0.1, "betas": (0.9, 0.99)},
    holdout=0.0,
    seconds=1.0,
    peak_memory_mb=2.0,
    peak_gpu_memory_mb=3.0,
    device="cpu",
    versions={"torch": "2"},
)


def test_one_model_of_a_stack_comes_back(tmp_path):
    networks = Networks(SHAPE, n_models=2, seed=0)
    networks.encoder.latent.weight.data[1] += 1
    save_model(tmp_path / "model.pt", networks.single(1), INFO)
    loaded, info = load_model(tmp_path / "model.pt")
    assert info == INFO
    assert loaded.n_models == 1
    assert not loaded.training
    assert torch.equal(loaded.encoder.latent.weight[0], networks.encoder.latent.weight[1])


def test_why_there_is_no_model_comes_back(tmp_path):
    save_model(tmp_path / "model.pt", Networks(SHAPE, seed=0), INFO)
    assert failure_of(tmp_path / "model.pt") is None
    failure = {**INFO.ids(), "status": "failed", "reason": "zu wenig für «µ»\t{}"}
    save_failure(tmp_path / "model.pt", failure)
    assert failure_of(tmp_path / "model.pt") == failure
    with pytest.raises(InputError, match="is no model of this workflow"):
        load_model(tmp_path / "model.pt")


def test_a_malicious_pickle_is_refused(tmp_path):
    class Malicious:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    torch.save({"shape": Malicious()}, tmp_path / "model.pt")
    assert failure_of(tmp_path / "model.pt") is None
    with pytest.raises(InputError, match="is no model of this workflow"):
        load_model(tmp_path / "model.pt")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("content", [{}, {"shape": {"genes": 3}}, [1, 2], torch.ones(2)])
def test_another_file_of_torch_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(InputError, match="is no model of this workflow"):
        load_model(tmp_path / "model.pt")
