"""What the conda environments hold, what the scripts of rules import, and what pip has pinned.

Packages go by their names on PyPI, canonical (lower case, dashes), those of conda alone by conda's.
package_names.tsv has the names that differ between import, PyPI and conda.
"""

import ast
import csv
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings

from aif.methods.baselines import BASELINES
from aif.workflow.sources import imported_modules

ROOT = Path(__file__).parents[1]
ENVS = ROOT / "envs"
SCRIPTS = ROOT / "workflow" / "scripts"
PACKAGE_NAMES = list(
    csv.DictReader((ROOT / "tests/package_names.tsv").read_text().splitlines(), delimiter="\t")
)
OF_IMPORT = {row["import"]: row["pypi"] or row["conda"] for row in PACKAGE_NAMES}
OF_CONDA = {row["conda"]: row["pypi"] for row in PACKAGE_NAMES if row["pypi"] and row["conda"]}
TO_CONDA = {pypi: conda for conda, pypi in OF_CONDA.items()}


@dataclass(frozen=True)
class Environment:
    """A file of envs/: its channels, and the version of each package from conda and from pip."""

    channels: list[str]
    conda: dict[str, str | None]
    pip: dict[str, str | None]

    @classmethod
    def read(cls, path):
        content = yaml.safe_load(path.read_text())
        specs = [spec for spec in content["dependencies"] if isinstance(spec, str)]
        sections = [part["pip"] for part in content["dependencies"] if isinstance(part, dict)]
        pip = [line for lines in sections for line in lines if not line.startswith("-")]
        conda = {OF_CONDA.get(name, name): version for name, version in _split(specs, " =")}
        return cls(content["channels"], conda, dict(_split(pip, "==")))

    @property
    def packages(self):
        return self.conda | self.pip


def _split(specs, sign):
    for spec in specs:
        name, _, version = spec.partition(sign)
        yield canonicalize_name(name), version or None


class Rule(NamedTuple):
    """A rule with a script: the names of script and environment, and of the baselines it runs."""

    name: str
    script: str
    env: str
    methods: frozenset[str]

    def packages(self):
        """Return the packages that its script imports; of the baselines only those it runs."""
        found = imports(SCRIPTS / self.script, without=set(BASELINES) - self.methods)
        in_r = (SCRIPTS / "aif/methods" / f"{method}.R" for method in self.methods)
        return found.union(*(_r_packages(script) for script in in_r if script.exists()))


def scripted_rules():
    """Return the rules with a script, as Snakemake reads them."""
    with SnakemakeApi(OutputSettings()) as api:
        workflow = api.workflow(
            ResourceSettings(), snakefile=ROOT / "workflow/Snakefile", workdir=ROOT
        )
        return [
            Rule(
                rule.name,
                rule.script.rpartition("/")[2],
                rule.conda_env.rpartition("/")[2],
                frozenset(rule.wildcard_constraints.get("baseline", "").split("|")),
            )
            for rule in workflow._workflow.rules
            if rule.script
        ]


def pins():
    """Return the version of every package in requirements*.txt."""
    lines = [
        line for file in ROOT.glob("requirements*.txt") for line in file.read_text().split("\n")
    ]
    return dict(_split([line for line in lines if line[:1].isalnum()], "=="))


def imports(script, without=(), lazy=True):
    """Return the packages that a script imports, itself or through the modules of `aif` behind it.

    Parameters
    ----------
    script
        Its path.
    without
        Functions that it does not call.
    lazy
        Whether imports within functions count.
    """
    names = set()
    for file in (script, *imported_modules(script)):
        names |= _imported(ast.parse(file.read_text()), set(without), lazy)
    names -= {"aif", *sys.stdlib_module_names}
    return {package_of(name) for name in names}


def package_of(name):
    """Return the package that a module's name belongs to."""
    return OF_IMPORT.get(name, canonicalize_name(name))


def _imported(node, without, lazy):
    if isinstance(node, ast.FunctionDef) and (not lazy or node.name in without):
        return set()
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {node.module.partition(".")[0]}
    return set().union(*(_imported(part, without, lazy) for part in ast.iter_child_nodes(node)))


def _r_packages(script):
    return {package_of(name) for name in re.findall(r"^library\((\w+)\)", script.read_text(), re.M)}


@cache
def needs(package, extras=frozenset()):
    """Return the packages that an installed one requires, at any depth, and itself."""
    found = {canonicalize_name(package)}
    for requirement in requirements(package, extras):
        found |= needs(requirement.name, frozenset(requirement.extras))
    return frozenset(found)


def requirements(package, extras=frozenset()):
    """Return what an installed package requires here."""
    every = [Requirement(text) for text in distribution(package).requires or []]
    return [r for r in every if r.marker is None or _applies(r.marker, extras)]


def _applies(marker, extras):
    return any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
