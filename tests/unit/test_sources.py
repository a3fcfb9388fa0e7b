"""Which rules run again when a module changes."""

import pytest

from aif import sources
from aif.sources import PACKAGE, imported_modules, source_hash

SCRIPTS = PACKAGE.parent


def names(script):
    return {path.stem for path in imported_modules(SCRIPTS / script)}


def test_the_model_is_behind_training_at_any_depth():
    assert {"training", "losses", "networks", "population", "weighting"} <= names("train.py")


def test_the_report_is_not_behind_training_nor_the_model_behind_the_report():
    assert not {"report", "figures", "evaluation"} & names("train.py")
    assert not {"training", "networks"} & names("report.py")


def test_every_module_is_behind_some_script_or_read_by_snakemake():
    behind = set().union(*(names(path.name) for path in SCRIPTS.glob("*.py")))
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    of_snakemake = {"config", "config_checks", "failures", "samples", "sheet", "sources"}
    assert modules - behind == of_snakemake


@pytest.mark.parametrize("script", ["baseline.py", "report.py"])
def test_what_modules_read_besides_python_counts(script, monkeypatch):
    before = source_hash.__wrapped__(SCRIPTS / script)
    monkeypatch.setattr(sources, "COMPANIONS", {})
    assert source_hash.__wrapped__(SCRIPTS / script) != before
