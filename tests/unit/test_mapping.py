"""New cells on a trained model: what is known of it in closed form."""

from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import torch
from cells import simulated
from scipy import sparse

from aif.config.hyperparameters import Hyperparameters
from aif.config.variants import Variant
from aif.correction.corrected import correct_dataset, write_corrected
from aif.data.preprocessing import transform
from aif.errors import InputError
from aif.mapping.extension import extended
from aif.mapping.genes import matched
from aif.mapping.mapped import latent_means, mapped_parts, write_mapped
from aif.mapping.naming import UNKNOWN, confusion, names_of
from aif.mapping.new_cells import check_batches, check_counts, new_cells, placed
from aif.mapping.reference import (
    Reference,
    load_reference,
    load_with_reference,
    save_reference,
)
from aif.model.model_file import save_model
from aif.model.run import Job, train_job

MODEL = Hyperparameters(
    alpha=0.05, rho=0.5, beta=0.0, delta=0.01, gamma=0.3, residual=1.0, local=1.0,
    epochs=3, min_steps=0, latent=4, hidden=16, label_hidden=8,
)  # fmt: skip
OPTIONS = {"target": "mean", "n_samplings": 2}
KEY = "datasets.new"


@pytest.fixture(
    scope="module",
    params=[
        Variant("raw", "intrinsic"),
        Variant("norm", "fixed"),
        Variant("norm_log", "likelihood"),
        Variant("norm_log", "likelihood", shift=True, nonnegative=True, embedding="components"),
    ],
    ids=["raw", "norm", "norm_log", "shift"],
)
def atlas(request, tmp_path_factory):
    """A model, what goes with it, its own cells, and its folder with the correction of these."""
    folder = tmp_path_factory.mktemp("atlas")
    counts = simulated(n=700, genes=30)
    counts.var["gene_ids"] = [f"ENSG{i:011d}.1" for i in range(30)]
    adata = transform(counts, request.param.input)
    done = train_job(Job("d", "v", "", 3, request.param, [MODEL], 0.0), adata, lambda *_: None)
    networks, info = done.training.networks, done.infos[0]
    learned = write_corrected(folder / "corrected.h5ad", networks, info, adata, OPTIONS)
    save_model(folder / "model.pt", networks, info)
    save_reference(
        folder / "reference.pt",
        Reference.of(networks, adata, adata.layers["counts"], OPTIONS, learned),
    )
    return folder, networks, info, counts


def mapped_on(folder, counts, path, wider=None):
    networks, info, reference = load_with_reference(folder / "model.pt")
    match, _ = matched(counts.var, info, reference, KEY)
    own = placed(counts, match, info)
    cells = new_cells(own, info, reference)
    write_mapped(path, networks, info, reference, own, cells, wider)
    return ad.read_h5ad(path)


def test_a_models_own_cells_come_out_as_they_were_corrected(atlas, tmp_path):
    folder, _, info, counts = atlas
    expected = ad.read_h5ad(folder / "corrected.h5ad")
    found = mapped_on(folder, counts, tmp_path / "mapped.h5ad")
    assert np.array_equal(found.obsm["X_aif"], expected.obsm["X_aif"])
    assert (found.layers["counts"] != expected.layers["counts"]).nnz == 0
    assert list(found.var_names) == list(expected.var_names)
    if not info.variant["shift"]:  # whose cells of known batches are shifted from their own label
        assert np.array_equal(found.X, expected.X)
        assert np.array_equal(found.obsm["X_corrected"], expected.obsm["X_corrected"])
    else:
        assert np.corrcoef(found.X.ravel(), expected.X.ravel())[0, 1] > 0.9


def test_shifted_new_cells_are_their_decode_and_what_it_misses_of_them(atlas):
    folder, networks, info, counts = atlas
    if not info.variant["shift"]:
        pytest.skip("decoded")
    _, _, reference = load_with_reference(folder / "model.pt")
    exact = replace(reference, options={"target": "b1", "n_samplings": 0})
    own = placed(counts, matched(counts.var, info, exact, KEY)[0], info)
    cells = new_cells(own, info, exact)
    batch = own.obs["batch"].cat.codes.to_numpy()
    found = np.concatenate(
        [p.expression for p in mapped_parts(networks, info, exact, cells, batch)]
    )
    x = transform(counts, "norm_log").X.toarray() / np.array(info.scale, "f4")
    with torch.no_grad():
        z = networks.encoder(torch.from_numpy(x)[None])[0]
        label = torch.tensor([0.0, 1.0]).expand(1, len(x), 2)
        decoded = networks.decoder(label, torch.zeros(1, len(x), 0), z)[0].numpy()
    slope, offset, mean, spread = (
        reference.learned[n].numpy() for n in ("slope", "offset", "target_mean", "target_spread")
    )
    fitted = offset + slope * decoded
    left = x - fitted
    for code in range(2):
        cells_of = left[batch == code]
        factor = np.clip(spread / cells_of.std(0), 0.5, 2)
        left[batch == code] = (cells_of - cells_of.mean(0)) * factor + mean
    expected = (fitted + left) * np.array(info.scale, "f4")
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    # So every new batch has the target's mean residual, whatever it was multiplied with.
    np.testing.assert_allclose(left[batch == 0].mean(0), left[batch == 1].mean(0), atol=1e-4)


def test_genes_in_another_order_or_called_by_their_ids_are_the_same_genes(atlas, tmp_path):
    folder, _, _, counts = atlas
    expected = mapped_on(folder, counts, tmp_path / "a.h5ad")
    turned = counts[:, ::-1].copy()
    more = ad.AnnData(sparse.csr_matrix(np.ones((counts.n_obs, 2), "f4")), obs=counts.obs)
    by_ids = ad.concat([turned, more], axis=1, merge="first")
    by_ids.obs = counts.obs
    by_ids.var_names = [f"ENSG{i:011d}.7" for i in range(29, -1, -1)] + ["x", "y"]
    for changed in (turned, by_ids):
        found = mapped_on(folder, changed, tmp_path / "b.h5ad")
        assert np.array_equal(found.X, expected.X)


def test_missing_genes_are_the_mean_of_the_models_cells_and_the_library_is_of_the_others(atlas):
    folder, _, info, counts = atlas
    _, _, reference = load_with_reference(folder / "model.pt")
    match, (note,) = matched(counts.var.iloc[10:], info, reference, KEY)
    assert note.status == "warning"
    assert note.message.startswith("10 of 30 genes of the model are missing")
    own = placed(counts[:, 10:], match, info)
    cells = new_cells(own, info, reference)
    x = torch.cat([x for x, _ in cells.chunks(64)]).numpy() * np.array(info.scale, "f4")
    there = counts.X.toarray()[:, 10:]
    share = (counts.X.toarray() / counts.X.toarray().sum(1, keepdims=True)).mean(0)[10:].sum()
    np.testing.assert_allclose(reference.share[10:].sum(), share, rtol=1e-5)
    expected = {"raw": there, "norm": there / there.sum(1, keepdims=True) * share}
    library = np.median(np.asarray(counts.X.sum(1)))
    expected["norm_log"] = np.log1p(expected["norm"] * library)
    np.testing.assert_allclose(x[:, 10:], expected[info.transform], rtol=1e-4)
    mean = transform(counts, info.transform).X.toarray().mean(0)[:10]
    np.testing.assert_allclose(x[:, :10], np.tile(mean, (len(x), 1)), rtol=1e-4)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([f"Gene{i}" for i in range(30)], "may be of another species"),
        ([f"x{i}" for i in range(30)], "0 of 30 genes of the model .* gene_names"),
        ([f"gene{i + 16}" for i in range(30)], "14 of 30 genes of the model"),
    ],
)
def test_too_few_genes_of_the_model_are_an_error(atlas, names, said):
    folder, *_ = atlas
    _, info, reference = load_with_reference(folder / "model.pt")
    with pytest.raises(InputError, match=rf"^{KEY}: .*{said}"):
        matched(pd.DataFrame(index=names), info, reference, KEY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (np.log1p, "logarithms"),
        (lambda x: x - 2, "negative"),
        (lambda x: x * np.nan, "NaN"),
    ],
)
def test_values_that_are_no_counts_are_refused(change, said):
    cells = simulated(n=50)
    cells.X.data = change(cells.X.data)
    with pytest.raises(InputError, match=rf"^{KEY}: .*{said}"):
        check_counts(cells, KEY)


def test_counts_are_accepted_and_a_batch_called_as_an_old_one_is_told(atlas):
    *_, info, counts = atlas
    assert check_counts(counts, KEY) == []
    batches = pd.Series(["b1", "new", "new"])
    first, second = check_batches(batches, info)
    assert (first.message, first.status) == ("b1 (1), new (2)", "ok")
    assert second.status == "warning"
    assert second.message.startswith("b1: the model has")
    assert len(check_batches(batches[1:], info)) == 1


def test_a_reference_holds_no_cells_and_comes_back(atlas, tmp_path):
    folder, _, _, counts = atlas
    reference = load_reference(folder / "reference.pt")
    save_reference(tmp_path / "reference.pt", reference)
    again = load_reference(tmp_path / "reference.pt")
    assert again.model == reference.model
    assert torch.equal(again.share, reference.share)
    content = torch.load(folder / "reference.pt", weights_only=True)
    sizes = {
        n
        for v in [content["share"], content["mean"], *content["learned"].values()]
        for n in v.shape
    }
    assert sizes <= {30, MODEL.latent}  # genes and axes; no number of cells
    for name in ("reference.pt", "model.pt"):
        bytes_of = (folder / name).read_bytes()
        assert not any(cell.encode() in bytes_of for cell in counts.obs_names)


def test_files_that_are_not_of_each_other_or_of_another_format_are_refused(atlas, tmp_path):
    folder, networks, info, _ = atlas
    with pytest.raises(InputError, match="there is no model"):
        load_with_reference(tmp_path / "model.pt")
    save_model(tmp_path / "model.pt", networks, info)
    with pytest.raises(InputError, match=r"there is no .*reference\.pt beside the model"):
        load_with_reference(tmp_path / "model.pt")
    reference = load_reference(folder / "reference.pt")
    save_reference(tmp_path / "reference.pt", replace(reference, model="other"))
    with pytest.raises(InputError, match="is of another model"):
        load_with_reference(tmp_path / "model.pt")
    content = torch.load(folder / "reference.pt", weights_only=True)
    torch.save(content | {"format": 2, "version": "9.0"}, tmp_path / "reference.pt")
    with pytest.raises(InputError, match=r"written by version 9\.0"):
        load_with_reference(tmp_path / "model.pt")
    (tmp_path / "reference.pt").write_bytes(b"no")
    with pytest.raises(InputError, match="is no reference of this workflow"):
        load_with_reference(tmp_path / "model.pt")


def test_training_labels_of_new_batches_moves_nothing_of_the_old_and_fits_the_new_better(atlas):
    folder, networks, info, counts = atlas
    _, _, reference = load_with_reference(folder / "model.pt")
    other = simulated(n=200, genes=30, seed=1)  # types and batches of its own
    own = placed(other, matched(other.var, info, reference, KEY)[0], info)
    cells, batch = new_cells(own, info, reference), own.obs["batch"].cat.codes.to_numpy()
    before = {name: value.clone() for name, value in networks.state_dict().items()}
    corrected = correct_dataset(networks, info, transform(counts, info.transform), OPTIONS)
    wider = extended(networks, cells, batch, steps=60, seed=0)
    assert all(torch.equal(value, before[name]) for name, value in networks.state_dict().items())
    again = correct_dataset(networks, info, transform(counts, info.transform), OPTIONS)
    assert np.array_equal(again.X, corrected.X)
    # All but the rows of the new labels is bitwise what it was.
    for name, value in wider.state_dict().items():
        if value.shape == before[name].shape:
            assert torch.equal(value, before[name])
    weight, old = wider.decoder.trunk.linears[0].weight, networks.decoder.trunk.linears[0].weight
    assert torch.equal(weight[:, :2], old[:, :2])
    assert torch.equal(weight[:, 4:], old[:, 2:])
    errors = [error_of(extended(networks, cells, batch, n, seed=0), cells, batch) for n in (0, 60)]
    assert errors[1] < errors[0]


@torch.no_grad()
def error_of(networks, cells, batch):
    x = torch.cat([x for x, _ in cells.chunks(64)])
    label = torch.eye(4)[2 + torch.tensor(batch, dtype=torch.int64)]
    z = networks.encoder(x[None])[0]
    return (networks.decoder(label[None], torch.zeros(1, len(x), 0), z)[0] - x).square().mean()


def test_the_same_labels_trained_or_not_leave_decoded_cells_as_they_are(atlas, tmp_path):
    folder, networks, info, counts = atlas
    _, _, reference = load_with_reference(folder / "model.pt")
    own = placed(counts, matched(counts.var, info, reference, KEY)[0], info)
    cells, batch = new_cells(own, info, reference), own.obs["batch"].cat.codes.to_numpy()
    wider = extended(networks, cells, batch, steps=30, seed=0)
    before, after = (
        mapped_on(folder, counts, tmp_path / "mapped.h5ad", model) for model in (None, wider)
    )
    assert np.array_equal(before.obsm["X_aif"], after.obsm["X_aif"])
    assert np.array_equal(before.X, after.X) != info.variant["shift"]


PLACES = np.repeat([[0.0, 0.0], [10.0, 0.0]], 30, axis=0) + np.random.default_rng(0).normal(
    size=(60, 2)
)
TYPES = pd.Series(["a"] * 30 + ["b"] * 30)


def test_copies_of_cells_get_their_types_and_what_is_far_from_all_is_unknown():
    found = names_of(PLACES, PLACES, TYPES, neighbours=5, confidence=0.5)
    assert list(found["cell_type"]) == list(TYPES)
    assert (found["confidence"] == 1).mean() > 0.9
    far = names_of(np.array([[5.0, 80.0]]), PLACES, TYPES, neighbours=5, confidence=0.5)
    assert far["cell_type"].item() == UNKNOWN
    assert far["confidence"].item() < 0.1


def test_the_confidence_is_the_weighted_share_of_the_votes():
    places, types = np.array([[-1.0], [1.0], [2.0]]), pd.Series(["a", "a", "b"])
    found = names_of(np.array([[0.0]]), places, types, neighbours=3, confidence=0)
    weights = np.exp(-((np.array([1, 1, 2]) / (4 / 3)) ** 2))
    np.testing.assert_allclose(found["confidence"], weights[:2].sum() / weights.sum())
    assert names_of(np.array([[0.0]]), places, types, 3, 0.99)["cell_type"].item() == UNKNOWN


def test_a_confusion_counts_names_by_own_types():
    table = confusion(pd.Series(["a", "a", None, "b"]), pd.Series(["a", "b", "a", "b"]), "new")
    assert table[["cell_type", "other_type", "n_cells"]].to_numpy().tolist() == [
        ["a", "a", 1],
        ["a", "b", 1],
        ["b", "b", 1],
    ]


def test_latent_means_do_not_depend_on_the_cells_beside(atlas):
    folder, networks, info, counts = atlas
    _, _, reference = load_with_reference(folder / "model.pt")
    match, _ = matched(counts.var, info, reference, KEY)
    both = [
        latent_means(networks, new_cells(placed(cells, match, info), info, reference))
        for cells in (counts, counts[:7])
    ]
    np.testing.assert_allclose(both[0][:7], both[1], rtol=1e-4, atol=1e-5)
