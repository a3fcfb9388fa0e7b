"""The paragraphs of methods are made of what ran, with a reference for all of it."""

import pandas as pd
import pytest
import report_tables

from aif.evaluation.metrics import DE, METRICS
from aif.methods.baselines import BASELINES
from aif.report.methods_text import KNOWN, methods_text


def text(provenance=None, **entry):
    provenance = report_tables.provenance() if provenance is None else provenance
    return methods_text(
        provenance, report_tables.benchmark(), report_tables.losses(), report_tables.config(**entry)
    )


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
        "latent variable. For comparison: ComBat (scanpy 1.12) [3] with its package's defaults. "
        "All methods were run with the seed 3."
    )
    assert "Harmony" not in " ".join(found.paragraphs)
    assert "torch 2.13.0 [" in judged
    assert "scib 1.1.7" in judged
    assert found.references[0].doi == "10.1371/journal.pcbi.1011880"
    assert found.references[2].text.startswith("Johnson WE")


def test_choices_of_the_config_are_told():
    data = text(n_top_genes=2000, min_genes=200, simulate={"preset": "tran1"}).paragraphs[0]
    assert "simulated by the model of Splatter [1], has" in data
    assert "the 60 genes that vary most within batches (scanpy, flavour seurat [2])" in data
    assert "Cells were kept that have at least 200 detected genes." in data
    assert text(min_genes=200).paragraphs[0] != text().paragraphs[0]


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
    assert set(BASELINES) - cited == {"uncorrected", "shuffled", "perfect_types"}
    for name in cited:
        assert KNOWN["methods"][name]["package"] == BASELINES[name].package


def test_every_reference_has_a_doi_but_those_of_a_journal_without():
    without = {key for key, entry in KNOWN["references"].items() if "doi" not in entry}
    assert without == {"strehl2002", "vandermaaten2008"}
    for entry in KNOWN["references"].values():
        assert entry.get("doi", "10.").startswith("10.")
