"""What README and docs/ say works: their commands, configs and recipes; and nothing is left out."""

import re
import shutil
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import matplotlib
import pytest
import yaml
from cells import simulated
from documents import PAGES, ROOT, all_blocks, anchors, links
from small_workflow import SHORT, copied

from aif.workflow.plan import Plan

ELSEWHERE = {"a cluster", "a GPU", "the network", "conda", "R with limma and Seurat"}
HERE = {"", "minutes"}
# Commands are planned and not run, but for those that only move files.
PLANNED = """\
set -eu
snakemake() {{ "{python}" -m snakemake --dry-run "$@"; }}
make() {{ command make --dry-run --directory "{root}" "$@"; }}
{text}
"""


def named(block):
    return getattr(block, "name", None)


@pytest.fixture(scope="session")
def documented(tmp_path_factory):
    """A project like that of the pages, in which README's run of `my_cells` has ended, made short."""
    folder = copied(tmp_path_factory.mktemp("a path with blanks"))
    for name in ("Makefile", "pyproject.toml", "LICENSE", "README.md", "resources", ".test"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/activate").touch()
    adata = simulated()
    adata.obs = adata.obs.rename(columns={"batch": "sample"})
    adata.write_h5ad(folder / "cells.h5ad")
    (block,) = (
        b for b in all_blocks("yaml") if b.page.name == "README.md" and b.page.parent == ROOT
    )
    config = yaml.safe_load(block.text)
    config["datasets"]["my_cells"]["n_top_genes"] = 50
    config |= {
        "hyperparameters": SHORT,
        "evaluation": {"embedding": "pca", "repetitions": 2, "n_pcs": 10},
    }
    (folder / "my.yaml").write_text(yaml.safe_dump(config))
    command = "snakemake --cores 2 --configfile my.yaml"
    (readme,) = (b for b in all_blocks("sh") if command in b.text and b.page == ROOT / "README.md")
    assert readme.text.splitlines()[-1] == command
    process = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=folder, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr[-3000:]
    # What a search would have left, whose config a page runs again.
    best = folder / "results/my_cells/aif/best/run.yaml"
    best.parent.mkdir(parents=True)
    shutil.copy(folder / "my.yaml", best)
    return folder


@pytest.mark.parametrize("block", all_blocks("sh"), ids=named)
def test_commands_are_understood_or_say_what_they_need(documented, block):
    if block.needs in ELSEWHERE:
        pytest.skip(f"needs {block.needs}")
    assert block.needs in HERE
    script = PLANNED.format(python=sys.executable, root=ROOT, text=block.text)
    process = subprocess.run(["bash", "-c", script], cwd=documented, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr[-2000:]


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=named)
def test_configs_are_valid(block, tmp_path, monkeypatch):
    if "no config" in block.comment:
        return
    given = yaml.safe_load(block.text)
    monkeypatch.chdir(tmp_path)
    for path in files_of(given):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("sample\tpath\na\tsamples.tsv\nb\tsamples.tsv\n")
    Plan.of(given, ROOT)


def files_of(given):
    """Yield the paths that a config names, a pattern's with some names in it."""
    for key, value in given.items() if isinstance(given, dict) else enumerate(given):
        if key == "corrections":
            yield from (own if isinstance(own, str) else own["path"] for own in value.values())
        elif isinstance(value, dict | list):
            yield from files_of(value)
        elif key == "map_to":
            yield from (value, str(Path(value).with_name("reference.pt")))
        elif key in ("path", "samples", "mirror") and "{" not in value:
            yield value
        elif key == "samples":
            yield from (re.sub(r"\{\w+\}", name, value) for name in ("a", "b"))


RECIPES = [
    list(own)
    for _, own in groupby(
        (block for block in all_blocks("python") if "a Snakefile" not in block.comment),
        key=lambda block: block.page,
    )
]


@pytest.mark.parametrize("recipes", RECIPES, ids=lambda own: own[0].page.name)
@pytest.mark.filterwarnings("ignore")
def test_recipes_run_as_they_stand(documented, recipes, monkeypatch):
    monkeypatch.chdir(documented)
    matplotlib.use("agg")
    namespace = {}
    for block in recipes:
        exec(compile(block.text, block.name, "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in links(page):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if place.name == "changelog.md":  # made when the site is built
            continue
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


def test_the_tree_of_the_code_has_every_file():
    tree = (ROOT / "docs/code.md").read_text()
    tree = tree[tree.index("<!-- tree -->") : tree.index("<!-- end of tree -->")]
    listed, stack = set(), []
    for line in tree.splitlines():
        found = re.match(r"( *)(\S+?)(/?) +# \S", line) or re.match(r"( *)(\S+?)(/)\s*$", line)
        if found:
            depth = len(found[1]) // 2
            stack[depth:] = [found[2]]
            if not found[3]:
                listed.add("/".join(stack))
    folders = (
        "workflow",
        "config",
        "envs",
        "profiles",
        "resources",
        "docs",
        ".test",
        "tests",
        "benchmarks",
    )
    kept = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not {"__pycache__", "results", ".snakemake"} & set(path.parts[len(ROOT.parts) :])
    }
    assert {file for file in listed if file.split("/")[0] in folders} == kept


def test_the_readme_is_short_and_no_page_names_a_machine():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
    for page in PAGES:
        assert not re.search(r"/work/|/root/|/home/\w", page.read_text()), page
