"""Batches that a config names are looked for before anything is trained."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from test_config import config_of

from aif.errors import InputError


def test_a_target_that_is_no_sample_is_found_before_training(tmp_path):
    for name in ("ill", "well"):
        (tmp_path / f"{name}.h5ad").touch()
    cohort = {"samples": f"{tmp_path}/{{sample}}.h5ad"}
    targets = {"correction": {"target": {"ill": 1, "lab": 1}}}
    with pytest.raises(InputError, match=r"cohort has no batch 'lab'; .*\['ill', 'well'\]"):
        config_of(datasets={"cohort": cohort}, **targets)
    config_of(datasets={"cohort": {**cohort, "batch_key": "donor"}}, **targets)


def test_a_target_is_called_as_its_batch_will_be(tmp_path):
    obs = pd.DataFrame({"run": [1.0, 2.0], "lab": ["a ", "b"]}, index=["c1", "c2"])
    ad.AnnData(np.ones((2, 1)), obs).write_h5ad(tmp_path / "cells.h5ad")
    (tmp_path / "sheet.tsv").write_text(f"path\tday\n{tmp_path}/cells.h5ad\t3.0\n")
    file, sheet = {"path": f"{tmp_path}/cells.h5ad"}, {"samples": f"{tmp_path}/sheet.tsv"}
    for entry, target in (
        (file | {"batch_key": "run"}, "1"),
        (file | {"batch_key": "lab"}, "a"),
        (sheet | {"batch_key": "day"}, "3"),
    ):
        config_of(datasets={"cells": entry}, correction={"target": target})
        with pytest.raises(InputError, match=r"no batch '1\.0'"):
            config_of(datasets={"cells": entry}, correction={"target": "1.0"})
