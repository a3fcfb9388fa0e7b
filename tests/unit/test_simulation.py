"""Simulated counts: their distributions by closed forms, and beside published simulations."""

from dataclasses import asdict, replace
from pathlib import Path

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
from scipy import stats

from aif.config.schema import load_yaml
from aif.config.simulation import Simulation
from aif.data.splatter import simulate

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT.parent / "shared" / "data"
PRESETS = load_yaml(ROOT / "config/simulations.yaml")
TRAN1 = Simulation(**PRESETS["tran1"])
PLAIN = replace(TRAN1, batches=(300, 300), genes=3000, dropout_midpoint=None, seed=3)


@pytest.fixture(scope="module")
def tran1():
    return simulate(TRAN1)


def test_the_seed_repeats_and_another_differs():
    small = replace(TRAN1, genes=200)
    first, again, other = (simulate(replace(small, seed=seed)) for seed in (0, 0, 1))
    assert (first.X != again.X).nnz == 0
    assert (first.X != other.X).nnz > 0


def test_batches_and_types_have_their_sizes(tran1):
    assert tran1.obs["batch"].value_counts().to_dict() == {"Batch1": 500, "Batch2": 900}
    n_first = (tran1.obs["cell_type"] == "Group1").sum()
    assert stats.binomtest(int(n_first), 1400, 0.3).pvalue > 1e-3


def test_a_type_may_be_missing_from_a_batch():
    parameters = replace(TRAN1, genes=50, missing={"Batch1": ("Group2",)})
    obs = simulate(parameters).obs
    assert set(obs.loc[obs["batch"] == "Batch1", "cell_type"]) == {"Group1"}
    assert set(obs.loc[obs["batch"] == "Batch2", "cell_type"]) == {"Group1", "Group2"}


@pytest.mark.parametrize("shares", [0.3, {"Batch1": 0.8, "Batch2": 0.1}])
def test_treatment_has_its_shares_and_factors_and_changes_no_other_draw(tran1, shares):
    found = simulate(replace(TRAN1, condition=shares))
    each = shares if isinstance(shares, dict) else dict.fromkeys(("Batch1", "Batch2"), shares)
    treated = found.obs["condition"] == "treated"
    for batch, share in each.items():
        cells = treated[found.obs["batch"] == batch]
        assert stats.binomtest(int(cells.sum()), len(cells), share).pvalue > 1e-3
    assert found.obs["cell_type"].equals(tran1.obs["cell_type"])
    assert found.var["GeneMean"].equals(tran1.var["GeneMean"])
    logs = np.log(found.var["ConditionFac"])
    changed = logs[logs != 0]
    assert abs(len(changed) / len(logs) - 0.1) < 0.02
    assert abs((changed < 0).mean() - 0.5) < 0.1
    batch = (found.obs["batch"] == "Batch2") & (found.obs["cell_type"] == "Group2")
    counts = sc.pp.normalize_total(found, inplace=False)["X"]
    ratio = np.log(counts[(batch & treated).to_numpy()].mean(0).A1 + 1e-9)
    ratio -= np.log(counts[(batch & ~treated).to_numpy()].mean(0).A1 + 1e-9)
    strong = (found.var["GeneMean"] > found.var["GeneMean"].quantile(0.8)).to_numpy()
    assert np.corrcoef(ratio[strong], logs[strong])[0, 1] > 0.8


def test_a_condition_names_all_batches_or_none():
    with pytest.raises(
        ValueError, match=r"condition: give a share for each of \['Batch1', 'Batch2'\]"
    ):
        replace(TRAN1, condition={"Batch1": 0.5})


def test_gene_means_are_gamma_and_outliers_log_normal(tran1):
    gamma = stats.gamma(TRAN1.mean_shape, scale=1 / TRAN1.mean_rate)
    assert stats.kstest(tran1.var["BaseGeneMean"], gamma.cdf).pvalue > 1e-3
    factors = tran1.var["OutlierFactor"]
    outliers = factors[factors != 1]
    assert abs(len(outliers) / len(factors) - 0.05) < 0.01
    assert stats.kstest(np.log(outliers), stats.norm(4, 0.5).cdf).pvalue > 1e-3
    assert (tran1.var["GeneMean"] == tran1.var["BaseGeneMean"])[factors == 1].all()


def test_factors_have_their_shares_and_sizes(tran1):
    for name, share, down in (("Group1", 0.2, 0.3), ("Group2", 0.1, 0.4)):
        logs = np.log(tran1.var[f"DEFac{name}"])
        changed = logs[logs != 0]
        assert len(changed) / len(logs) == pytest.approx(share, abs=0.02)
        assert (changed < 0).mean() == pytest.approx(down, abs=0.06)
        assert np.abs(changed).mean() == pytest.approx(0.5, abs=0.03)
    batch = np.log(tran1.var["BatchFacBatch1"])
    assert (batch < 0).mean() == pytest.approx(0.5, abs=0.03)
    assert stats.kstest(np.abs(batch), stats.foldnorm(1, scale=0.1).cdf).pvalue > 1e-3


def test_library_sizes_are_log_normal(tran1):
    sizes = np.log(tran1.obs["ExpLibSize"])
    assert stats.kstest(sizes, stats.norm(11, 0.2).cdf).pvalue > 1e-3


def test_counts_expect_mean_times_batch_times_type_scaled_to_the_library():
    adata = simulate(PLAIN)
    chosen = ((adata.obs["batch"] == "Batch2") & (adata.obs["cell_type"] == "Group1")).to_numpy()
    rates = adata.var["GeneMean"] * adata.var["BatchFacBatch2"] * adata.var["DEFacGroup1"]
    expected = (rates / rates.sum()).to_numpy() * adata.obs.loc[chosen, "ExpLibSize"].mean()
    found = adata.X[chosen].toarray().mean(axis=0)
    high = expected > 20
    assert found.sum() / expected.sum() == pytest.approx(1, abs=0.01)
    assert np.corrcoef(np.log(found[high]), np.log(expected[high]))[0, 1] > 0.99


def test_variance_is_that_of_poisson_and_biological_variation():
    parameters = replace(PLAIN, library_scale=0.0, bcv_freedom=1e6, types=(1.0,), de_share=(0.0,))
    adata = simulate(replace(parameters, batches=(2000, 1), genes=300))
    counts = adata.X.toarray()[:2000]
    rates = adata.var["GeneMean"] * adata.var["BatchFacBatch1"]
    mean = (rates / rates.sum()).to_numpy() * np.exp(11)
    expected = mean + (mean * (0.1 + 1 / np.sqrt(mean))) ** 2
    high = mean > 5
    assert np.median(counts.var(axis=0)[high] / expected[high]) == pytest.approx(1, abs=0.05)


def test_dropout_loses_half_at_its_midpoint():
    parameters = replace(PLAIN, bcv=1e-6, dropout_midpoint=np.log(20.0), seed=5)
    kept, lost = simulate(replace(parameters, dropout_midpoint=None)), simulate(parameters)
    kept_counts, lost_counts = kept.X.toarray(), lost.X.toarray()
    assert (lost_counts[lost_counts > 0] == kept_counts[lost_counts > 0]).all()
    near = (kept_counts >= 18) & (kept_counts <= 22)
    assert (lost_counts[near] == 0).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("file", "preset"), [("sim1", "tran1"), ("sim3", "tran3")])
def test_counts_are_like_the_published_ones(file, preset):
    path = PUBLISHED / f"tran_dataset3_{file}.h5ad"
    if not path.exists():
        pytest.skip(f"the published simulation {path.name} is not beside the project")
    published, ours = ad.read_h5ad(path), simulate(Simulation(**PRESETS[preset], seed=2))
    sizes = [np.log(adata.obs["ExpLibSize"]) for adata in (published, ours)]
    assert stats.ks_2samp(*sizes).pvalue > 1e-3
    batch = [np.log(adata.var["BatchFacBatch1"]).abs() for adata in (published, ours)]
    assert batch[0].mean() == pytest.approx(batch[1].mean(), rel=0.1)
    changed = [np.log(adata.var["DEFacGroup1"]).abs() for adata in (published, ours)]
    means = [logs[logs > 0].mean() for logs in changed]
    assert means[0] == pytest.approx(means[1], rel=0.12)
    curves = [_curves(adata) for adata in (published, ours)]
    np.testing.assert_allclose(curves[0]["zeros"], curves[1]["zeros"], atol=0.02)
    np.testing.assert_allclose(curves[0]["dispersion"], curves[1]["dispersion"], rtol=0.2)


def _curves(adata):
    """Return medians of zeros and of the squared variation beyond Poisson, by mean count."""
    chosen = ((adata.obs["batch"] == "Batch1") & (adata.obs["cell_type"] == "Group2")).to_numpy()
    counts = adata.X[chosen].toarray()
    counts = counts[:, counts.any(axis=0)]
    mean, variance = counts.mean(0), counts.var(0)
    zeros, dispersion = (counts == 0).mean(0), (variance - mean) / mean**2
    place = np.digitize(mean, [8, 10, 12, 15, 20, 30])
    groups = [place == i for i in range(1, 6)]
    return {
        "zeros": [np.median(zeros[group]) for group in groups],
        "dispersion": [np.median(dispersion[group]) for group in groups],
    }


def test_parameters_come_back_from_plain_types():
    assert Simulation(**asdict(TRAN1)) == TRAN1
