"""The batch and the type of every cell, from the columns that the config names."""

import numpy as np
import pandas as pd
import pytest

from aif.data.groups import as_names, with_groups
from aif.errors import InputError

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
