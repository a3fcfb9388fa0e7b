"""The conda environments: every rule's has what its script imports, in the versions of the pins."""

import re

import pytest
from environments import ENVS, SCRIPTS, Environment, imports, needs, pins, scripted_rules

OF_CONDA_ALONE = {"python", "pip", "gxx", "r-base", "r-matrix", "r-seurat", "bioconductor-limma"}
each_env = pytest.mark.parametrize("path", sorted(ENVS.glob("*.yaml")), ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def rules():
    return scripted_rules()


def test_every_rule_has_what_its_script_imports(rules):
    missing = {
        rule.name: lacking
        for rule in rules
        if (lacking := rule.packages() - set(Environment.read(ENVS / rule.env).packages))
    }
    assert not missing


def test_every_environment_is_that_of_a_rule(rules):
    assert {rule.env for rule in rules} == {path.name for path in ENVS.glob("*.yaml")}


def test_a_method_needs_its_own_package_and_no_other(rules):
    of = {rule.name: rule.packages() for rule in rules}
    assert of["harmony"] - of["baseline"] == {"harmonypy"}
    assert of["scvi"] - of["baseline"] == {"scvi-tools"}
    assert of["concord"] - of["baseline"] == {"concord-sc"}
    assert of["combat_seq"] - of["baseline"] == {"inmoose"}
    assert of["limma"] - of["baseline"] == {"bioconductor-limma", "r-matrix"}


def test_imports_of_a_script_are_seen_at_any_depth(rules):
    evaluate = next(rule for rule in rules if rule.name == "evaluate").packages()
    assert {"anndata", "threadpoolctl", "harmonypy", "scib", "scikit-learn"} <= evaluate


@each_env
def test_versions_are_the_pins(path):
    pinned = pins()
    packages = Environment.read(path).packages
    others = {name: version for name, version in packages.items() if version != pinned.get(name)}
    assert set(others) <= OF_CONDA_ALONE
    assert all(re.match(r"\d+\.\d+", version or "") for version in others.values())


@each_env
def test_pip_has_nothing_to_choose(path):
    env = Environment.read(path)
    from_conda = frozenset().union(*(needs(name) for name in set(env.conda) - OF_CONDA_ALONE))
    assert frozenset().union(*(needs(name) for name in env.pip)) - from_conda == set(env.pip)


@each_env
def test_conda_forge_comes_first_and_the_defaults_do_not_come(path):
    assert Environment.read(path).channels == ["conda-forge", "bioconda", "nodefaults"]


def test_snakemake_brings_what_reading_the_config_imports():
    modules = [*(SCRIPTS / "aif/workflow").glob("*.py")]
    assert len(modules) > 5
    assert set().union(*(imports(file, lazy=False) for file in modules)) <= needs("snakemake")
