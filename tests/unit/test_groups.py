"""The batch and the type of every cell, from the columns that the config names."""

import numpy as np
import pandas as pd
import pytest

from aif.data.groups import as_names, check_readable, with_groups
from aif.errors import InputError
from aif.reading.notes import LACKING, Note

OBS = pd.DataFrame(
    {"donor": ["d1", "d2", "d1"], "chemistry": [2, 3, 3], "type": ["T", None, "Unknown"]},
    index=["c1", "c2", "c3"],
)


def test_several_columns_name_the_batch_by_their_combinations():
    assert list(with_groups(OBS, ["donor", "chemistry"], None)["batch"]) == [
        "d1 / 2",
        "d2 / 3",
        "d1 / 3",
    ]
    assert list(with_groups(OBS, "donor", None)["batch"]) == ["d1", "d2", "d1"]


def test_two_batches_never_get_one_name():
    obs = pd.DataFrame({"lab": ["a / b", "a"], "day": ["c", "b / c"]})
    with pytest.raises(
        InputError, match=r"^d\.batch_key: values of lab, day hold ' / ', so that two"
    ):
        with_groups(obs, ["lab", "day"], None, key="d")


def test_a_type_may_be_missing_or_named_as_none():
    assert list(with_groups(OBS, "donor", "type")["cell_type"].isna()) == [False, True, False]
    found = with_groups(OBS, "donor", "type", ["Unknown"])["cell_type"]
    assert list(found.isna()) == [False, True, True]
    assert list(found.cat.categories) == ["T"]


def test_names_are_texts_without_blanks_at_their_ends_and_whole_numbers_have_no_point():
    assert list(as_names(pd.Series(["a ", "a", " ", None]))[:2]) == ["a", "a"]
    assert as_names(pd.Series(["a ", " ", None])).isna().tolist() == [False, True, True]
    assert list(as_names(pd.Series([1.0, 2.5]))) == ["1", "2.5"]
    assert list(as_names(pd.Series([1.0, None]).astype("category")).dropna()) == ["1"]
    assert list(as_names(pd.Series(["1.0"]))) == ["1.0"]


def test_other_columns_with_a_name_of_the_workflow_stay_under_another_one():
    obs = with_groups(OBS.assign(batch="x", held_out=1), "donor", None)
    assert set(obs["batch_input"]) == {"x"}
    assert list(obs["held_out_input"]) == [1, 1, 1]
    same = with_groups(OBS.rename(columns={"donor": "batch"}), "batch", None)
    assert list(same["batch"]) == ["d1", "d2", "d1"]
    assert "batch_input" not in same


def test_a_column_that_could_not_be_read_of_one_sample_is_told():
    notes = [Note("columns", "warning", "s1: obs column 'type' cannot be read (too new)")]
    source = {"batch_key": "donor", "label_key": "type", "keep": []}
    for obs in (OBS, OBS.drop(columns="type")):
        with pytest.raises(
            InputError, match=r"^d\.label_key: s1: obs column 'type' .*; save it as"
        ):
            check_readable(obs, notes, source, "d")
    check_readable(OBS.assign(type="T"), notes, source, "d")
    check_readable(OBS, notes, {**source, "label_key": None}, "d")


def test_a_column_that_some_samples_lack_can_be_the_types_and_nothing_else():
    notes = [Note(LACKING, "warning", "s1: the cells have no value in 'type', which other have")]
    source = {"batch_key": "donor", "label_key": "type", "keep": []}
    check_readable(OBS, notes, source, "d")
    for name, value in (
        ("batch_key", "type"),
        ("batch_key", ["donor", "type"]),
        ("keep", ["type"]),
    ):
        with pytest.raises(
            InputError, match=rf"^d\.{name}: not all samples have column 'type' \(s1: .*; add it to"
        ):
            check_readable(OBS, notes, {**source, "label_key": None, name: value}, "d")


def test_a_batch_key_that_is_not_there_is_told_of_the_samples_in_the_barcodes():
    obs = pd.DataFrame(index=[f"AAAC{i}-{i % 2 + 1}" for i in range(20)])
    with pytest.raises(
        InputError, match=r"no column 's'; it has \[\]; cells' names end in 1, 2: bar"
    ):
        with_groups(obs, "s", None, key="d")
    one = pd.DataFrame({"b": "x"}, index=[f"AAAC{i}-1" for i in range(20)])
    for keys in (("s", None), ("b", "t")):
        with pytest.raises(InputError, match=r"it has \['b'\]$"):
            with_groups(one, *keys, key="d")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("lab", None), r"^d\.batch_key: obs has no column 'lab'; it has \['donor', 'chemistry'"),
        ((["donor", "lab"], None), r"^d\.batch_key: obs has no column 'lab'"),
        (("type", None), r"^d\.batch_key: column 'type' has no value for 1 cells; fill or drop"),
        ((["donor", "type"], None), r"^d\.batch_key: column 'type' has no value for 1 cells"),
        (("donor", "kind"), r"^d\.label_key: obs has no column 'kind'"),
        (("donor", "none"), r"^d\.label_key: column 'none' names no type; leave label_key out"),
    ],
)
def test_columns_that_cannot_be_used_are_one_line(keys, message):
    with pytest.raises(InputError, match=message):
        with_groups(OBS.assign(none=np.nan), *keys, key="d")
