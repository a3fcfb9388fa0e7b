"""The paragraphs of methods are made of what ran, with a reference for all of it."""

import json

import numpy as np
import pandas as pd
import pytest
import report_tables

from aif.evaluation.metrics import DE, METRICS
from aif.methods.baselines import BASELINES
from aif.report.methods_text import KNOWN, methods_text


def text(provenance=None, n_cells=1100, **entry):
    """Return the text, `n_cells` being those that were judged, by row if it is a list."""
    provenance = report_tables.provenance() if provenance is None else provenance
    losses = [report_tables.losses().assign(method=name) for name in provenance["method"].unique()]
    config = report_tables.config(**entry)
    benchmark = report_tables.benchmark()
    benchmark["n_cells"] = n_cells[: len(benchmark)] if isinstance(n_cells, list) else n_cells
    return methods_text(provenance, benchmark, pd.concat(losses), config)


def another(method, traits=None, hyperparameters=None, **columns):
    """Return the provenance of a run with another variant beside the first."""
    known = report_tables.provenance()
    row = known.iloc[[0]].assign(method=method, **columns)
    row["variant"] = json.dumps(report_tables.TRAITS | (traits or {}))
    row["hyperparameters"] = json.dumps(report_tables.HYPERPARAMETERS | (hyperparameters or {}))
    return pd.concat([known, row], ignore_index=True)


def test_it_says_what_ran_and_nothing_else():
    found = text()
    data, how, judged = found.paragraphs
    assert data == (
        "The data set pbmc has 1,100 cells in 2 batches (batch: tech; cell types: type) and was used "
        "with 60 genes."
    )
    assert how == (
        "Counts were scaled to the median library of these genes and transformed to log(1 + x) "
        "(norm_log), or taken as they are (raw). Batches were corrected by Adversarial Information "
        "Factorization [1, 2] as implemented in the AIF workflow 1.0.0: aif on pbmc (raw, 20 epochs, "
        "alpha 0.05, rho 0.5, beta 0, delta 0.01, gamma 0.3, minibatch_size 32, learning_rate 0.001, "
        "latent 100, hidden 400). Of the last 10% of the epochs the one with the lowest selection loss "
        "was kept. Cells were decoded as the mean over all batches, averaged over 20 draws of the "
        "latent variable. For comparison: ComBat (scanpy 1.12) [3]. Where nothing else is said, the "
        "defaults of these packages were taken. All methods were run with the seed 3."
    )
    assert "Harmony" not in " ".join(found.paragraphs)
    assert "torch 2.13.0 [" in judged
    assert "scib 1.1.7" in judged
    assert found.references[0].doi == "10.1371/journal.pcbi.1011880"
    assert found.references[2].text.startswith("Johnson WE")


def test_minibatches_are_those_that_many_cells_were_trained_with():
    many = report_tables.provenance().assign(cells=16_384)
    limited = json.dumps(report_tables.HYPERPARAMETERS | {"max_steps": 5120, "epochs": 40})
    many.loc[many["method"] == "aif", "hyperparameters"] = limited
    assert "minibatch_size 128, learning_rate 0.002, latent" in text(many).paragraphs[1]


def test_a_sample_that_was_judged_is_said_to_be_one():
    words = (
        ", of more than 20,000 cells on a sample of about as many, drawn by batch and cell type."
    )
    assert words in text(n_cells=1000).paragraphs[2]
    assert words not in text(n_cells=1100).paragraphs[2]
    of_graph = report_tables.provenance().assign(
        judged_in=np.nan
    )  # as read of a graph of many cells
    both = pd.concat([report_tables.provenance(), of_graph])
    assert words in text(both, n_cells=[1000, 0] * 1000).paragraphs[2]


def test_what_goes_beyond_the_paper_is_not_told_as_its():
    traits = {"weighting": "likelihood", "adversary": "log_aux", "shift": True}
    how = text(another("mine", traits)).paragraphs[1]
    assert (
        "mine has an encoder that maximises the logarithm of the auxiliary network's cross-entropy"
        in how
    )
    assert "mine has loss terms weighted in nats of a cell's likelihood, which the published" in how
    assert (
        "mine has cells that are shifted and not replaced by a decode, which the published" in how
    )
    assert "Cells of aif were decoded as the mean over all batches, averaged" in how
    assert (
        "Cells of mine were moved by the difference between their decodes as the mean over" in how
    )
    assert "kept a share of 0.5 of what the model does not explain" in how
    assert "falls to 0" not in how
    assert "hidden" not in how.replace("hidden 400", "")
    assert "The farther" not in how
    assert "like a cell" not in how


def test_hyperparameters_beyond_the_paper_are_not_told_as_its():
    mine = another("mine", {"shift": True}, {"dropout": 0.5, "tolerance": 1.7, "likeness": 0.6})
    how = text(mine).paragraphs[1]
    assert "latent 100, hidden 400, dropout 0.5" in how
    assert "mine has an encoder that a share of the genes is hidden from in each training" in how
    assert (
        "The farther a cell would so have been moved from where its batch moves on the mean" in how
    )
    assert (
        "Where no cells of another batch were like a cell, it was moved towards that batch" in how
    )
    both = pd.concat([mine, another("other", {"shift": True}).iloc[[-1]]])
    assert "The farther a cell of mine would so have been moved" in text(both).paragraphs[1]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("lab", "Cells were decoded as cells of the batch lab, averaged"),
        ({"a": 1, "b": 0.5}, "as cells of a label between batches (1 of a, 0.5 of b), averaged"),
    ],
)
def test_what_cells_were_decoded_as_is_told_in_words(target, said):
    correction = json.dumps({"target": target, "n_samplings": 3})
    assert said in text(report_tables.provenance().assign(correction=correction)).paragraphs[1]


def test_cells_that_were_held_out_are_told_of():
    how = text(report_tables.provenance().assign(holdout=0.2)).paragraphs[1]
    assert "20% of the cells, drawn by batch and cell type, were held out of the trainings." in how


def test_versions_are_those_that_ran_all_of_them():
    older = another("aif_norm", versions="aif 0.9.0, torch 2.12.0")
    _, how, judged = text(older).paragraphs
    assert "as implemented in the AIF workflow 1.0.0 and 0.9.0: aif on pbmc" in how
    assert "torch 2.13.0 and 2.12.0 [" in judged


def test_no_correction_has_no_packages_defaults():
    alone = report_tables.provenance().iloc[[1]].assign(method="uncorrected")
    assert text(alone).paragraphs[1] == (
        "Counts were scaled to the median library of these genes and transformed to log(1 + x) "
        "(norm_log). For comparison: no correction. It was run with the seed 3."
    )


def test_choices_of_the_config_are_told():
    assert (
        "and was used with 60 genes." in text(n_top_genes=2000).paragraphs[0]
    )  # of which all are kept
    data = text(n_top_genes=60, min_genes=200, simulate={"preset": "tran1"}).paragraphs[0]
    assert "simulated by the model of Splatter [1], has" in data
    assert "60 genes: the 60 that vary most within batches (scanpy, flavour seurat [2])." in data
    assert "Cells were kept that have at least 200 detected genes." in data
    more = text(
        n_top_genes=50, keep_genes=["CD3E"], drop_genes=["mito"], max_genes=5000, max_mito=0.1,
        samples="s.tsv", join="outer", unlabelled=["Unknown"], batch_key=["donor", "chip"],
    ).paragraphs[0]  # fmt: skip
    for said in (
        "(batch: donor and chip; cell types: type, where Unknown is none)",
        "60 genes: the 50 that vary most within batches (scanpy, flavour seurat [1]), and CD3E.",
        "Cells were kept that have at most 5000 detected genes.",
        "Cells were kept of whose counts at most 0.1 are of mitochondrial genes.",
        "Genes were left out: mito.",
        "Genes that a sample lacks were counted as 0 there.",
    ):
        assert said in more
    told = text(keep=["condition", "age"]).paragraphs[0]
    assert "AIF and ComBat were told condition and age, whose effect was to stay." in told


def test_a_run_in_which_nothing_ran_says_so():
    nothing = report_tables.provenance().assign(status="failed")
    assert text(nothing).paragraphs == ["No method ran to its end."]


def test_numbers_of_references_are_those_of_the_list():
    found = text()
    cited = pd.Series(" ".join(found.paragraphs)).str.extractall(r"\[([\d, ]+)\]")[0]
    numbers = {int(number) for group in cited for number in group.split(", ")}
    assert numbers == set(range(1, len(found.references) + 1))


@pytest.mark.parametrize("metric", [*METRICS, *DE], ids=lambda metric: metric.name)
def test_every_metric_has_words_and_known_sources(metric):
    assert metric.words
    assert set(metric.sources) <= set(KNOWN["references"])


def test_every_method_has_a_name_and_all_but_controls_a_reference():
    assert set(KNOWN["methods"]) == set(BASELINES)
    cited = {name for name, known in KNOWN["methods"].items() if "cite" in known}
    assert set(BASELINES) - cited == {"uncorrected", "shuffled", "perfect_types", "downsampled"}
    for name in cited:
        assert KNOWN["methods"][name]["package"] == BASELINES[name].package


def test_every_reference_has_a_doi_but_those_of_a_journal_without():
    without = {key for key, entry in KNOWN["references"].items() if "doi" not in entry}
    assert without == {"strehl2002", "vandermaaten2008"}
    for entry in KNOWN["references"].values():
        assert entry.get("doi", "10.").startswith("10.")


def test_settings_of_methods_are_told_with_their_parameters():
    known = report_tables.provenance()
    few = known.iloc[[1]].assign(
        method="few", versions="harmonypy 2.0.0", parameters=json.dumps({"n_pcs": 5, "theta": 1.0})
    )
    provenance = pd.concat([known, few], ignore_index=True)
    losses = [report_tables.losses().assign(method=name) for name in provenance["method"].unique()]
    config = report_tables.config() | {"methods": {"few": {"of": "harmony"}}}
    how = methods_text(provenance, report_tables.benchmark(), pd.concat(losses), config)
    assert (
        "Harmony (harmonypy 2.0.0), by default of 30 principal components, here with n_pcs 5 and theta 1.0 "
        "(called few) [4]" in how.paragraphs[1]
    )


def test_a_correction_made_elsewhere_was_told_nothing_and_is_named():
    known = report_tables.provenance()
    provenance = pd.concat([known, known.iloc[[1]].assign(method="scvi_mine")], ignore_index=True)
    found = text(provenance, keep=["age"], corrections={"scvi_mine": {"path": "a"}}).paragraphs
    assert "AIF and ComBat were told age, whose effect was to stay." in found[0]
    assert "scvi_mine, corrected elsewhere." in found[1]
