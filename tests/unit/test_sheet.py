"""The sheet of a search: the product of the lists, its rows' names, its stacks, its errors."""

from pathlib import Path

import pytest

from aif.config.checks import complete
from aif.config.hyperparameters import hyperparameters_of
from aif.config.schema import load_yaml
from aif.errors import InputError
from aif.search.rungs import parts, whole
from aif.search.sheet import records, sheet_of
from aif.search.stacks import stacks, stacks_of

ROOT = Path(__file__).parents[2]
TABLE = load_yaml(ROOT / "config/variants.yaml")
VARIANT = "aif_norm_log_rel_dyn"
KANG = {"path": str(ROOT / "resources/kang_pbmc.h5ad"), "batch_key": "condition"}


def sheet(grid, name=VARIANT, **given):
    config = {"datasets": {"kang": KANG}, "grid": grid, **given}
    presets = load_yaml(ROOT / "config/simulations.yaml")
    completed = complete(config, ROOT / "config/config.yaml", TABLE, presets)
    return sheet_of(completed, TABLE, name)


def values(rows, *names):
    return [tuple(getattr(row.hyperparameters, name) for name in names) for row in rows]


def test_rows_are_the_product_of_the_lists_numbered_from_one():
    rows = sheet({"gamma": [0.1, 0.3], "delta": [1, 2, 3]})
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6]
    assert values(rows, "gamma", "delta") == [(g, d) for g in (0.1, 0.3) for d in (1, 2, 3)]


def test_without_a_grid_there_is_the_row_of_the_defaults():
    (row,) = sheet({}, hyperparameters={"epochs": 7})
    assert row.hyperparameters.epochs == 7
    assert row.hyperparameters.gamma == TABLE["weighting"]["relative"]["gamma"]


def test_lists_of_the_variant_win_over_those_of_its_input_weighting_and_all():
    grid = {"alpha": [1], "rho": [1], "beta": [1], "gamma": [1]}
    grid["weighting"] = {"relative": {"rho": [2], "beta": [2], "gamma": [2]}}
    grid["input"] = {"norm_log": {"beta": [3], "gamma": [3]}, "raw": {"alpha": [9]}}
    grid["variants"] = {VARIANT: {"gamma": [4]}, "aif": {"alpha": [9]}}
    assert values(sheet(grid), "alpha", "rho", "beta", "gamma") == [(1, 2, 3, 4)]


def test_what_has_no_effect_on_a_variant_makes_no_rows():
    grid = {"mu": [0, 0.1], "update_every": [2, 3], "decay_rate": [0.9, 0.99]}
    assert len(sheet(grid)) == 1
    assert len(sheet(grid, "aif_proj_boost_norm_log_rel_dyn")) == 2
    assert len(sheet(grid, "aif_proj_boost_rel_dyn_aux_dis_delayed")) == 4
    assert len(sheet({"dynamic_ratio": [0.1, 0.2]}, "aif")) == 1


def test_keys_name_what_is_trained_and_not_its_place():
    before = {row.key for row in sheet({"gamma": [0.1, 0.3], "delta": [1, 2]})}
    after = {row.key for row in sheet({"delta": [0, 2, 1], "gamma": [0.3, 0.1]})}
    assert len(before) == 4
    assert before < after
    assert len(after) == 6
    assert before.isdisjoint(
        row.key
        for row in sheet({"gamma": [0.1, 0.3], "delta": [1, 2]}, hyperparameters={"epochs": 7})
    )


def test_a_stack_is_a_slice_of_rows_that_differ_in_coefficients_only():
    rows = sheet({"minibatch_size": [32, 64], "gamma": [0.1, 0.2, 0.3]})
    numbers = [[row.number for row in stack] for stack in stacks(rows, 2)]
    assert numbers == [[1, 2], [3], [4, 5], [6]]
    jobs = parts(whole(6, [0]), rows, 1, 1)
    assert [job.name for job in jobs] == [row.key for row in rows]
    assert [[model["gamma"] for model in job.models] for job in jobs][:2] == [[0.1], [0.2]]
    models = [row.hyperparameters for row in (rows[0], rows[3], rows[2])]
    assert stacks_of(models, 2) == [[models[0], models[2]], [models[1]]]
    together = [job.models for job in parts(whole(6, [0]), rows, 2, 2)]
    assert [[model["gamma"] for model in own] for own in together] == [[0.1, 0.2, 0.3]] * 2


def test_rows_that_differ_in_the_correction_only_are_in_one_stack():
    grid = {"local": [0.0, 1.0], "gamma": [0.1, 0.2, 0.3]}
    rows = sheet(grid, "aif_steady")
    assert [[row.number for row in stack] for stack in stacks(rows, 1)] == [[1, 4], [2, 5], [3, 6]]
    assert [len(stack) for stack in stacks(rows, 2)] == [4, 2]


def test_a_row_of_the_table_holds_the_whole_set_of_hyperparameters():
    row = sheet({"betas": [[0.5, 0.9]], "gamma": [0.1]})[0]
    (record,) = records([row])
    assert record["row"] == 1
    assert record["key"] == row.key
    assert hyperparameters_of(record) == row.hyperparameters


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"gama": [1]}, r"config: grid\.gama: unknown key; did you mean 'gamma'\?"),
        ({"gamma": 0.1}, r"config: grid\.gamma: .*list"),
        ({"gamma": []}, r"config: grid\.gamma: "),
        ({"gamma": [-1]}, r"config: grid\.gamma: .*greater"),
        ({"gamma": [0.1, 0.1]}, r"config: grid\.gamma: \[0\.1, 0\.1\] has a value twice"),
        ({"betas": [0.9, 0.99]}, r"config: grid\.betas: "),
        ({"variants": {"aiff": {}}}, r"grid\.variants\.aiff: unknown variant; did you mean 'aif'"),
        ({"input": {"log": {}}}, r"grid\.input\.log: unknown key; known are 'raw', 'norm'"),
        ({"gamma": ["1", 1]}, r"config: grid\.gamma: \['1', 1\] has a value twice"),
        ({"gamma": [float("inf")]}, r"config: grid\.gamma: .*less than inf"),
        ({"gamma": [float("nan")]}, r"config: grid\.gamma: "),
        ({"variants": {"aif": {"gamm": [1]}}}, r"grid\.variants\.aif\.gamm: unknown key; did you"),
        ({"input": {"raw": {"gamm": [1]}}}, r"grid\.input\.raw\.gamm: unknown key; did you mean"),
    ],
)
def test_an_error_is_one_line_that_names_the_key(grid, message):
    with pytest.raises(InputError, match=message) as error:
        sheet(grid)
    assert "\n" not in str(error.value)


def papers_sheet(name):
    rows = sheet(**{**load_yaml(ROOT / "config/paper.yaml"), "name": name})
    assert len(rows) == len({row.key for row in rows}) == 48
    return rows


IN_NATS = [name for name, entry in TABLE["variants"].items() if entry["weighting"] == "likelihood"]


@pytest.mark.parametrize("name", IN_NATS)
def test_the_papers_sheet_has_48_rows_in_nats_for_variants_that_count_in_them(name):
    rows = papers_sheet(name)
    assert {row.hyperparameters.gamma for row in rows} == {4, 6, 8, 10, 12, 14}
    assert {row.hyperparameters.alpha for row in rows} == {1}


@pytest.mark.parametrize("name", [name for name in TABLE["variants"] if name not in IN_NATS])
def test_the_papers_sheet_has_48_rows_for_every_variant(name):
    rows = papers_sheet(name)
    first, second, last = (rows[i].hyperparameters for i in (0, 1, 47))
    divided = 32 if name == "aif" else 1
    assert (first.gamma, first.rho, first.delta) == (0.3 / divided, 0.4, 0.1)
    assert (second.gamma, second.rho, second.delta) == (0.3 / divided, 0.4, 0.2)
    assert (last.gamma, last.rho, last.delta) == (0.8 / divided, 0.7, 0.2)
    raw = TABLE["variants"][name]["input"] == "raw"
    assert (first.alpha, first.beta) == ((0.01, 0) if raw else (0.05, 0.05))
    if TABLE["variants"][name].get("projection"):
        assert first.mu == 0.1
