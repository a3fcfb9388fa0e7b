"""The config: defaults, and errors in one line."""

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from aif.config.checks import complete, hyperparameters
from aif.config.datasets import Dataset
from aif.config.samples import samples_of
from aif.config.schema import load_yaml
from aif.config.variants import Variant, defaults_of, variant_of
from aif.errors import InputError
from aif.workflow.named_batches import check_named_batches

ROOT = Path(__file__).parents[2]
TABLE = load_yaml(ROOT / "config/variants.yaml")
PRESETS = load_yaml(ROOT / "config/simulations.yaml")
DEFAULT_RUN = ROOT / "config/config.yaml"
SHA = "0" * 64
TABLE_URL = {"url": "https://x.org/t.txt", "sha256": SHA}
KANG = {"path": str(ROOT / "resources/kang_pbmc.h5ad"), "batch_key": "condition"}


def config_of(**given):
    config = complete({"datasets": {"kang": KANG}, **given}, DEFAULT_RUN, TABLE, PRESETS)
    samples = {
        name: samples_of(dataset.samples, "config")
        for name, dataset in config.datasets.items()
        if dataset.samples is not None
    }
    check_named_batches(config, samples)
    return config


def tables(**changes):
    entry = {"expression": TABLE_URL, "cells": [TABLE_URL], "cells_in": "rows", **changes}
    return {"datasets": {"k": {"batch_key": "b", "tables": entry}}}


def test_epochs_that_are_given_are_just_so_many():
    asked = config_of(hyperparameters={"epochs": 3})
    found = hyperparameters(asked, TABLE, "aif")
    assert (found.epochs, found.min_steps) == (3, 0)
    assert found.n_epochs(64) == 3
    both = config_of(hyperparameters={"epochs": 3, "min_steps": 100})
    assert hyperparameters(both, TABLE, "aif").n_epochs(64) == 50
    row = hyperparameters(config_of(), TABLE, "aif", {"epochs": 7})
    assert (row.epochs, row.min_steps) == (7, 0)
    assert hyperparameters(config_of(), TABLE, "aif").min_steps == 1500


def test_a_limit_of_steps_holds_unless_epochs_or_minibatches_are_given():
    assert hyperparameters(config_of(), TABLE, "aif").max_steps == 5120
    for own in ({"epochs": 3}, {"minibatch_size": 64}):
        assert hyperparameters(config_of(hyperparameters=own), TABLE, "aif").max_steps == 0
        assert hyperparameters(config_of(), TABLE, "aif", own).max_steps == 0
    both = config_of(hyperparameters={"epochs": 3, "max_steps": 90})
    assert hyperparameters(both, TABLE, "aif").max_steps == 90


def test_given_keys_replace_those_of_the_default_run_as_a_whole():
    config = config_of(variants=["aif"])
    assert list(config.datasets) == ["kang"]
    assert config.variants == ["aif"]
    assert config.baselines == load_yaml(DEFAULT_RUN)["baselines"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"datasets": {"a": {"path:x": ""}}},
            r"config: datasets\.a\.path:x: a blank is missing after the colon; write path: x",
        ),
        (
            {"hyperparameters": {"epochs:3": None}},
            r"config: hyperparameters\.epochs:3: a blank is missing after the colon; write epochs: 3",
        ),
        (
            {"datasets": "{a: {path:x}"},
            r"config: datasets: '\{a: \{path:x\}' cannot be read; put a blank after every colon",
        ),
        (
            {"baselines": ["harmni"]},
            r"config: baselines: unknown method 'harmni'; did you mean 'harmony'\?",
        ),
        ({"device": "gpu"}, r"config: device: unknown name 'gpu'; did you mean 'cpu'\?"),
        ({"dataset": {}}, r"config: dataset: unknown key; did you mean 'datasets'\?"),
        ({"datasets": {}}, r"config: datasets: "),
        ({"datasets": {"../x": KANG}}, r"config: datasets\.\.\./x: a name may hold letters"),
        ({"datasets": {"k": {"path": "x.h5ad"}}}, r"config: datasets\.k\.batch_key: is missing"),
        (
            {"datasets": {"k": {"path": "x.h5ad", "batchkey": "b"}}},
            r"config: datasets\.k\.batchkey: unknown key; did you mean 'batch_key'\?",
        ),
        (
            {"datasets": {"k": {"path": "x.h5ad", "batch_key": "b"}}},
            r"config: datasets\.k\.path: there is no file 'x\.h5ad'",
        ),
        ({"datasets": {"k": {"batch_key": "b"}}}, r"give one of path, url with sha256"),
        (
            {"datasets": {"k": {**KANG, "label_key": "condition"}}},
            r"config: datasets\.k: batch_key and label_key are both 'condition'.*name another",
        ),
        (
            {"datasets": {"k": {**KANG, "unlabelled": "x"}}},
            r"config: datasets\.k: unlabelled names values of the label_key, which is not given; add",
        ),
        (
            {"datasets": {"k": {**KANG, "keep_genes": ["A", "B"], "drop_genes": ["mito", "B"]}}},
            r"config: datasets\.k: keep_genes and drop_genes both name 'B'; remove it from one",
        ),
        (
            {"datasets": {"k": {**KANG, "max_mito": 10}}},
            r"config: datasets\.k\.max_mito: is a share: write 0\.1 for 10 % \(got 10\)",
        ),
        (
            {"datasets": {"k": {**KANG, "n_top_genes": 2}}},
            r"config: datasets\.k\.n_top_genes: .*greater than or equal to 3 \(got 2\)",
        ),
        (
            {"datasets": {"k": {"batch_key": "b", "url": "https://x.org/y"}}},
            r"url and sha256 go together",
        ),
        (
            {"datasets": {"k": {"path": "x.h5ad", "simulate": {"preset": "tran1"}}}},
            r"give one of path, url with sha256, samples, tables and simulate",
        ),
        ({"mirror": "absent"}, r"config: mirror: there is no directory 'absent'; give its path"),
        (tables(cells_in="row"), r"config: datasets\.k\.tables\.cells_in: "),
        (tables(gene=[]), r"datasets\.k\.tables\.gene: unknown key; did you mean 'genes'\?"),
        (tables(cells=[]), r"config: datasets\.k\.tables\.cells: .*at least 1"),
        (
            tables(cells=[TABLE_URL, {**TABLE_URL, "uri": ""}]),
            r"config: datasets\.k\.tables\.cells\.1\.uri: unknown key; did you mean 'url'\?",
        ),
        (
            tables(expression={**TABLE_URL, "path": "x"}),
            r"datasets\.k\.tables\.expression\.0: give either path, or url with sha256",
        ),
        (
            tables(genes={"url": "https://x.org/t.txt"}),
            r"config: datasets\.k\.tables\.genes\.0: url and sha256 go together",
        ),
        (
            tables(genes=[{"path": "g.txt"}]),
            r"datasets\.k\.tables\.genes\.0\.path: there is no file 'g\.txt'.* a text table",
        ),
        (
            {"datasets": {"k": {"simulate": {"preset": "tran7"}}}},
            r"config: datasets\.k\.simulate\.preset: did you mean 'tran",
        ),
        (
            {"datasets": {"k": {"simulate": {"preset": "tran1", "gene": 3}}}},
            r"datasets\.k\.simulate\.gene: unknown key; did you mean 'genes'\?",
        ),
        (
            {"datasets": {"k": {"simulate": {"batches": [3, 0], "types": [1]}}}},
            r"config: datasets\.k\.simulate\.batches\.1: ",
        ),
        (
            {"datasets": {"k": {"simulate": {"types": [1]}}}},
            r"config: datasets\.k\.simulate\.batches: is missing; add it",
        ),
        (
            {"datasets": {"k": {"simulate": {"preset": "tran1", "missing": {"Batch3": []}}}}},
            r"config: datasets\.k\.simulate: missing: there is no Batch3, batches are",
        ),
        ({"variants": ["aif_nrom"]}, r"unknown variant 'aif_nrom'; did you mean 'aif_norm'\?"),
        ({"variants": []}, r"config: variants: "),
        ({"baselines": ["comba"]}, r"config: baselines: unknown method 'comba'"),
        ({"seed": -1}, r"config: seed: "),
        ({"seed": 2**30}, r"config: seed: .*less than 1073741824"),
        ({"seeds": 10**6 + 1}, r"config: seeds: .*less than or equal to 1000000"),
        ({"variants": ["aif", "aif"]}, r"config: variants: has a name twice; remove one"),
        ({"holdout": 0.6}, r"config: holdout: .*less than or equal to 0\.5"),
        ({"rows_per_job": 0}, r"config: rows_per_job: "),
        ({"modes": ["all"]}, r"config: modes\.0: "),
        ({"hyperparameters": {"alhpa": 1}}, r"hyperparameters\.alhpa: unknown key; did you mean"),
        ({"hyperparameters": {"alpha": -1}}, r"config: hyperparameters\.alpha: .*greater"),
        ({"hyperparameters": {"minibatch_size": 1}}, r"config: hyperparameters\.minibatch_size: "),
        ({"hyperparameters": {"slope_bounds": [2, 1]}}, r"slope_bounds: .*lower_bound_first"),
        (
            {"correction": {"target": "lab"}},
            r"correction\.target: .* has no batch 'lab'; give mean or one of \['control', 'stim",
        ),
        ({"correction": {"target": {"control": 1, "lab": 1}}}, r"has no batch 'lab'"),
        ({"evaluation": {"embedding": "tnse"}}, r"config: evaluation\.embedding: "),
    ],
)
def test_an_error_is_one_line_that_names_the_key(given, message):
    with pytest.raises(InputError, match=message) as error:
        config_of(**given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("target", ["mean", "control", {"control": 1, "stimulated": 3}])
def test_a_batch_of_the_data_may_be_the_target(target):
    assert config_of(correction={"target": target}).correction.target == target


def test_one_table_stands_for_a_list_of_one():
    entry = config_of(**tables()).datasets["k"].tables
    assert len(entry.expression) == len(entry.cells) == 1
    assert entry.genes == []


def test_the_papers_config_is_valid():
    paper = complete(load_yaml(ROOT / "config/paper.yaml"), DEFAULT_RUN, TABLE, PRESETS)
    assert list(paper.datasets) == [
        "human_dc",
        "pancreas",
        *(f"simulation{i}" for i in range(1, 7)),
    ]


def ours(variant):
    new = {"anneal": True, "shift": True, "nonnegative": True, "adversary": "log_aux"}
    new |= {"weighting": "likelihood", "embedding": "components"}
    return any(getattr(variant, trait) == value for trait, value in new.items())


def test_there_are_the_thirteen_variants_of_the_paper_and_all_have_hyperparameters():
    of_the_paper = [
        name for name, entry in TABLE["variants"].items() if not ours(variant_of(entry))
    ]
    assert len(of_the_paper) == 13
    config = config_of(hyperparameters={"epochs": 3})
    for name in TABLE["variants"]:
        assert hyperparameters(config, TABLE, name).epochs == 3


def test_traits_of_variants_are_those_that_there_are():
    traits = TypeAdapter(Variant)
    for entry in TABLE["variants"].values():
        own = {key: value for key, value in entry.items() if key != "hyperparameters"}
        assert traits.validate_python(own) == variant_of(entry)
    with pytest.raises(ValueError, match="components needs the input norm_log"):
        Variant(input="raw", weighting="relative", embedding="components")


def test_names_of_variants_say_their_traits():
    for name, entry in TABLE["variants"].items():
        if name == "aif_steady":
            continue  # the one to start with has a name to say and to type
        variant = variant_of(entry)
        expected = "norm_log" if "norm_log" in name else "norm" if "norm" in name else "raw"
        assert variant.input == expected
        assert (variant.weighting == "relative") == ("rel_dyn" in name)
        assert variant.weighted_ce == ("weighted_ce" in name)
        assert variant.projection == ("proj_boost" in name)
        assert variant.delayed == ("delayed" in name)
        assert variant.decay == ("decay_exp" in name)
        assert (variant.weighting == "likelihood") == ("nats" in name)
        assert variant.anneal == ("anneal" in name)
        assert variant.shift == ("shift" in name)


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (
            ["batch"],
            "keep names 'batch', which is the batch_key: what is to go cannot stay; remove",
        ),
        (["type"], "keep names 'type', which is the label_key: what judges a correction cannot"),
        (["age", "age"], "has a name twice; remove one"),
    ],
)
def test_what_cannot_be_kept_is_refused(keep, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Dataset(path="a.h5ad", batch_key="batch", label_key="type", keep=keep)


def test_one_column_to_keep_needs_no_list():
    assert Dataset(path="a.h5ad", batch_key="batch", keep="condition").keep == ["condition"]


def test_a_variants_own_hyperparameters_win():
    table = {
        "hyperparameters": {"alpha": 1, "rho": 1, "gamma": 1},
        "weighting": {"relative": {"rho": 2, "gamma": 2}},
        "input": {"raw": {"gamma": 3}},
        "variants": {"v": {"input": "raw", "weighting": "relative", "hyperparameters": {"mu": 4}}},
    }
    assert defaults_of(table, "v") == {"alpha": 1, "rho": 2, "gamma": 3, "mu": 4}
