"""What a plan asks for: products and files, inputs and params of jobs, and what cells are."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.io import is_flagged

from aif.workflow import identity as identity_module
from aif.workflow.identity import identity
from aif.workflow.inputs import Inputs
from aif.workflow.jobs import Jobs
from aif.workflow.plan import Plan
from aif.workflow.targets import Targets

ROOT = Path(__file__).parents[2]
VARIANT = "aif_norm_log_rel_dyn"
SHA = "0" * 64
OF_RUN = SimpleNamespace(dataset="mine", variant=VARIANT, repeat="")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two files of cells and a folder of Cell Ranger, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("mine.h5ad", "a.h5ad", "b.h5ad", "cells.txt", "ranger/matrix.mtx"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    return tmp_path


def plan_of(entry=None, **given):
    entry = (
        {"path": "mine.h5ad", "batch_key": "batch", "label_key": "type"} if entry is None else entry
    )
    small = {"variants": [VARIANT], "baselines": ["combat"], "datasets": {"mine": entry}}
    return Plan.of({**small, **given}, ROOT)


def all_of(plan, recorded=lambda path: [], made_here=lambda path: False):
    targets, jobs = Targets(plan), Jobs(plan)
    return targets, jobs, Inputs(plan, targets, jobs, recorded, made_here)


def test_products_are_methods_times_repeats_the_others_first(folder):
    plan = plan_of(seed=5, repeats=2)
    assert plan.repeats == {"": 5, "_seed_6": 6}
    assert plan.products == {
        "baselines/uncorrected": ("uncorrected", 5),
        "baselines/uncorrected_seed_6": ("uncorrected", 6),
        "baselines/perfect_types": ("perfect_types", 5),
        "baselines/perfect_types_seed_6": ("perfect_types", 6),
        "baselines/combat": ("combat", 5),
        "baselines/combat_seed_6": ("combat", 6),
        f"{VARIANT}/pipeline": (VARIANT, 5),
        f"{VARIANT}/pipeline_seed_6": (VARIANT, 6),
    }
    assert list(plan.aif_products) == [f"{VARIANT}/pipeline", f"{VARIANT}/pipeline_seed_6"]


def test_files_are_asked_for_in_every_mode(folder):
    plan = plan_of(grid={"gamma": [0.1, 0.3]}, seeds=2, repeats=2)
    targets, _, _ = all_of(plan)
    of_mode = targets.of_mode
    assert f"results/mine/{VARIANT}/pipeline_seed_1/corrected.h5ad" in of_mode["pipeline"]
    runs = [file for file in of_mode["robust_grid_search"] if "/runs/" in file]
    assert len(runs) == len(set(runs)) == 4
    assert len([file for file in of_mode["grid_search"] if "/runs/" in file]) == 2
    assert f"results/mine/{VARIANT}/best/run.yaml" in of_mode["robust_grid_search"]
    # Pictures are of first repeats.
    shown = [figure["path"] for figure in targets.figures]
    assert f"results/mine/{VARIANT}/pipeline/losses.png" in shown
    assert not any("_seed_1" in path for path in shown)


@pytest.mark.parametrize(
    ("entry", "file"),
    [
        ({"path": "mine.h5ad", "batch_key": "b"}, "cells"),
        ({"url": "https://x.org/a", "sha256": SHA, "batch_key": "b"}, "cells"),
        ({"samples": "{sample}.h5ad"}, "samples"),
        ({"simulate": {"preset": "tran1"}}, "simulated"),
    ],
)
def test_the_cells_of_a_data_set_are_where_they_are_read_to_or_made(folder, entry, file):
    _, _, inputs = all_of(plan_of(entry))
    assert inputs.cells(OF_RUN) == f"results/mine/data/{file}.h5ad"


def test_a_file_is_read_where_the_user_has_it_or_where_it_is_downloaded(folder):
    _, _, inputs = all_of(plan_of())
    assert inputs.file(OF_RUN) == "mine.h5ad"
    assert is_flagged(inputs.file(OF_RUN), "local")
    _, _, inputs = all_of(plan_of({"url": "https://x.org/a", "sha256": SHA, "batch_key": "b"}))
    assert inputs.file(OF_RUN) == "results/mine/data/download.h5ad"


def test_files_of_r_are_read_where_r_is(folder):
    for name in ("a.RDS", "b.rda"):
        Path(name).touch()
    assert plan_of({"path": "a.RDS", "batch_key": "b"}).of_r == ["mine"]
    assert plan_of({"samples": "{sample}.rda"}).of_r == ["mine"]
    assert plan_of({"url": "https://x.org/a.rds", "sha256": SHA, "batch_key": "b"}).of_r == ["mine"]
    assert plan_of().of_r == []


def test_the_tables_of_a_data_set_are_the_users_or_where_they_are_put(folder):
    there = {"url": "https://x.org/a", "sha256": SHA}
    tables = {"expression": [{"path": "cells.txt"}, there], "cells": there, "cells_in": "rows"}
    _, _, inputs = all_of(plan_of({"tables": tables, "batch_key": "batch"}))
    assert inputs.tables("expression")(OF_RUN) == [
        "cells.txt",
        "results/mine/data/tables/expression.1",
    ]
    assert inputs.tables("genes")(OF_RUN) == []


def test_the_age_of_cells_matters_until_a_model_was_made_of_them(folder):
    plan = plan_of()
    _, jobs, inputs = all_of(plan)
    assert not is_flagged(inputs.train_cells(OF_RUN), "ancient")
    key = repr(jobs.train_key(OF_RUN))
    made = f"results/mine/{VARIANT}/pipeline/model.pt"
    _, _, inputs = all_of(plan, lambda path: [key] if path == made else [])
    assert is_flagged(inputs.train_cells(OF_RUN), "ancient")
    other = SimpleNamespace(dataset="mine", variant=VARIANT, repeat="", baseline="combat")
    assert not is_flagged(inputs.baseline_cells(other), "ancient")
    _, _, inputs = all_of(plan_of(seed=1), lambda path: [key])
    assert not is_flagged(inputs.train_cells(OF_RUN), "ancient")
    # What another workflow's rule is about to make is not known yet.
    _, _, inputs = all_of(plan, lambda path: [key], lambda path: path == "mine.h5ad")
    assert not is_flagged(inputs.train_cells(OF_RUN), "ancient")


def test_cells_are_what_their_file_holds_and_how_it_is_read(folder):
    first = identity(plan_of(), "mine", labelled=False)
    shutil.copy("mine.h5ad", "moved.h5ad")
    moved = {"path": "moved.h5ad", "batch_key": "batch"}
    assert identity(plan_of(moved), "mine", labelled=False) == first
    assert identity(plan_of(moved), "mine", labelled=True) != first
    for change in ({"batch_key": "lab"}, {"layer": "raw"}, {"n_top_genes": 3}, {"keep": ["age"]}):
        assert identity(plan_of({**moved, **change}), "mine", labelled=False) != first
    Path("moved.h5ad").write_text("other cells")
    assert identity(plan_of(moved), "mine", labelled=False) != first


@pytest.mark.parametrize("entry", [{"samples": "{sample}.h5ad"}, {"samples": "sheet.tsv"}])
def test_samples_are_what_their_files_hold_folders_too(folder, entry):
    Path("sheet.tsv").write_text("sample\tpath\na\ta.h5ad\nb\tranger\n")
    before = identity(plan_of(entry), "mine", labelled=False)
    assert identity(plan_of(entry), "mine", labelled=False) == before
    Path("b.h5ad").write_text("others")
    Path("ranger/matrix.mtx").write_text("others")
    assert identity(plan_of(entry), "mine", labelled=False) != before


def test_simulations_and_tables_are_what_determines_them(folder):
    one, other = ({"simulate": {"preset": "tran1", "seed": seed}} for seed in (1, 2))
    assert identity(plan_of(one), "mine", False) != identity(plan_of(other), "mine", False)
    tables = {"expression": {"path": "a.h5ad"}, "cells": {"path": "cells.txt"}, "cells_in": "rows"}
    entry = {"tables": tables, "batch_key": "batch"}
    before = identity(plan_of(entry), "mine", False)
    Path("cells.txt").write_text("others")
    assert identity(plan_of(entry), "mine", False) != before


def test_a_file_is_hashed_once_and_anew_where_the_cache_is_broken(folder, monkeypatch):
    before = identity(plan_of(), "mine", False)
    assert identity_module.CACHE.is_file()
    monkeypatch.setattr(identity_module.hashlib, "file_digest", None)
    assert identity(plan_of(), "mine", False) == before
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    identity_module.CACHE.write_text("broken")
    assert identity(plan_of(), "mine", False) == before


def test_what_a_job_is_made_of_changes_with_it_and_with_its_cells(folder):
    def keys(**given):
        _, jobs, _ = all_of(plan_of(grid={"gamma": [0.1]}, **given))
        part = next(iter(jobs.plan.parts[VARIANT]))
        run = SimpleNamespace(**vars(OF_RUN), part=part, seed="0", baseline="combat")
        return (
            *(jobs.train_key(run), jobs.search_key(run)),
            *(jobs.best_key(run), jobs.baseline_key(run)),
        )

    before = keys()
    assert keys() == before
    assert keys(device="cpu", checkpoint_seconds=1) == before
    for given, same in (
        ({"seed": 1}, (False, False, True, False)),
        ({"hyperparameters": {"hidden": 8}}, (False, False, True, True)),
        ({"evaluation": {"n_pcs": 9}}, (True, False, True, True)),
        ({"correction": {"n_samplings": 1}}, (True, False, False, True)),
    ):
        assert tuple(a == b for a, b in zip(before, keys(**given), strict=True)) == same, given


def test_ids_and_expected_rows_name_every_run(folder):
    _, jobs, _ = all_of(plan_of(repeats=2))
    assert jobs.expected_products(jobs.plan.products) == [
        {"dataset": "mine", "method": method, "seed": seed}
        for method in ("uncorrected", "perfect_types", "combat", VARIANT)
        for seed in ("0", "1")
    ]
    assert jobs.expected_searches() == [{"dataset": "mine", "method": VARIANT}]
    baseline = SimpleNamespace(dataset="mine", baseline="combat", repeat="_seed_1")
    assert jobs.baseline_ids(baseline) == {
        **{"dataset": "mine", "method": "combat", "row": "", "seed": 1}
    }
    judged = SimpleNamespace(product="baselines/combat_seed_1")
    assert jobs.evaluation(judged)["seed"] == 1


def test_a_null_test_splits_the_data_sets_that_are_named(folder):
    entry = {"path": "mine.h5ad", "batch_key": "batch"}
    plan = Plan.of(
        {
            "variants": [VARIANT],
            "baselines": ["combat", "shuffled"],
            "datasets": {"mine": entry, "other": entry},
            "null_test": {"datasets": ["mine"], "real": ["other"], "repeats": 2},
        },
        ROOT,
    )
    assert plan.datasets_of_null_test == ["mine.null_0", "mine.null_1", "other"]
    assert plan.measured_datasets == ["mine", "other"]
    assert [plan.parent(name) for name in plan.datasets_of_null_test] == ["mine", "mine", "other"]
    methods = [method for method, _ in plan.null_products.values()]
    assert methods == ["uncorrected", "downsampled", "combat", VARIANT]
    targets, jobs, inputs = all_of(plan)
    assert jobs.null_test(SimpleNamespace(dataset="other")) is None
    assert jobs.null_test(SimpleNamespace(dataset="mine")) == {"batch": None}
    keys = {
        jobs.train_key(SimpleNamespace(dataset=name, variant=VARIANT, repeat=""))
        for name in ("mine", "mine.null_0", "mine.null_1")
    }
    assert len(keys) == 3
    assert f"results/mine.null_1/{VARIANT}/pipeline/corrected.h5ad" in targets.of_null_test
    assert (
        inputs.split_cells(SimpleNamespace(dataset="mine.null_1")) == "results/mine/data/raw.h5ad"
    )


def test_candidates_are_tried_with_every_seed_and_uncorrected_cells_are_among_them(folder):
    plan = plan_of(choose={"candidates": [VARIANT, "harmony"]}, repeats=2)
    assert plan.candidates == {
        "baselines/uncorrected": ("uncorrected", 0),
        "baselines/uncorrected_seed_1": ("uncorrected", 1),
        f"{VARIANT}/pipeline": (VARIANT, 0),
        f"{VARIANT}/pipeline_seed_1": (VARIANT, 1),
        "baselines/harmony": ("harmony", 0),
        "baselines/harmony_seed_1": ("harmony", 1),
    }


def test_variants_that_differ_in_the_correction_only_share_the_training_of_the_first(folder):
    decoded, shifted = "aif_norm_log_nats_anneal", "aif_shift_norm_log_nats_anneal"
    plan = plan_of(variants=[VARIANT, shifted, decoded])
    assert plan.trained_as == {decoded: shifted}
    assert plan_of(variants=[decoded], choose={"candidates": ["combat"]}).trained_as == {}
    candidates = {"candidates": ["combat", shifted]}
    assert plan_of(variants=[decoded], choose=candidates).trained_as == {shifted: decoded}
    own = plan_of(variants=[decoded, shifted], hyperparameters={"residual": 0.9, "gamma": 3})
    assert own.trained_as == {shifted: decoded}
    wildcards = SimpleNamespace(dataset="mine", variant=shifted, repeat="_seed_1")
    _, _, inputs = all_of(own)
    assert inputs.shared_training(wildcards) == {
        "model": f"results/mine/{decoded}/pipeline_seed_1/model.pt",
        "losses": f"results/mine/{decoded}/pipeline_seed_1/losses.tsv",
    }


@pytest.mark.parametrize(
    ("given", "pipeline", "search"),
    [
        ({}, ("tsne", 20), ("pca", 0)),
        ({"profile": "fast"}, ("pca", 0), ("pca", 0)),
        ({"profile": "full"}, ("tsne", 20), ("tsne", 20)),
        ({"embedding": "umap"}, ("umap", 20), ("umap", 0)),
        ({"embedding": "pca", "repetitions": 5}, ("pca", 5), ("pca", 5)),
    ],
    ids=str,
)
def test_searches_are_judged_fast_and_pipelines_in_full_unless_it_is_said(
    folder, given, pipeline, search
):
    plan = plan_of(evaluation=given)
    for options, expected in ((plan.evaluation(7), pipeline), (plan.search_evaluation, search)):
        assert (options["embedding"], options["repetitions"]) == expected
    # What makes the best run again is a config too, and judges as the search did.
    again = plan_of(evaluation=Jobs(plan).run_config(OF_RUN)["evaluation"])
    assert again.evaluation(7) == plan.search_evaluation
