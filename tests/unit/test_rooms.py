"""The rooms of the code: who imports whom, and which rules run again when a module changes."""

import shutil

import grimp
import pytest

from aif.workflow import sources
from aif.workflow.sources import PACKAGE, code, imported_modules

SCRIPTS = PACKAGE.parent
# From the top: a room may import those named here, itself, and aif.errors and the version.
MAY_IMPORT = {
    "workflow": {"config", "search"},
    "search": {"correction", "model", "data", "evaluation", "config", "job"},
    "notebook": {"mapping", "correction", "model", "data", "reading", "config", "job"},
    "mapping": {"correction", "model", "data", "reading", "job"},
    "methods": {"correction", "data", "reading", "job"},
    "correction": {"model", "data", "job"},
    "report": {"evaluation", "config", "job"},
    "model": {"data", "config", "job"},
    "evaluation": {"job"},
    "data": {"reading", "config"},
    "reading": set(),
    "config": set(),
    "job": set(),
    "errors": set(),
}
OF_SNAKEMAKE = {
    "config.schema",
    "config.datasets",
    "config.methods",
    "config.problems",
    "config.samples",
    "config.checks",
    "config.mapping",
    "config.names",
    "search.rungs",
    "search.sheet",
}  # besides the room workflow


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("aif", cache_dir=None)


def room(module):
    return [*module.split("."), ""][1]


def names(files):
    return {"aif." + ".".join(file.relative_to(PACKAGE).with_suffix("").parts) for file in files}


def modules(graph):
    """Return all modules that hold code, and not a sentence about their room."""
    return {module for module in graph.modules if not graph.find_children(module)}


def test_every_room_imports_what_it_may_and_nothing_else(graph):
    found = {
        (importer, imported)
        for importer in modules(graph)
        for imported in graph.find_modules_directly_imported_by(importer)
        if room(importer) != room(imported) and imported not in ("aif", "aif.errors")
    }
    assert {pair for pair in found if room(pair[1]) not in MAY_IMPORT[room(pair[0])]} == set()
    used = {(room(importer), room(imported)) for importer, imported in found}
    assert used == {(above, below) for above, rooms in MAY_IMPORT.items() for below in rooms}


def test_rooms_stand_above_each_other():
    order = list(MAY_IMPORT)
    assert all(order.index(above) < order.index(b) for above in order for b in MAY_IMPORT[above])


def test_every_room_says_what_it_is_for_and_does_nothing_else():
    rooms = {path.name: path / "__init__.py" for path in PACKAGE.iterdir() if path.is_dir()}
    rooms.pop("__pycache__", None)
    assert set(rooms) == set(MAY_IMPORT) - {"errors"}
    for file in rooms.values():
        text = file.read_text()
        assert text.startswith('"""')
        assert text.count("\n") == 1


def test_imports_are_followed_as_python_does(graph):
    for module in modules(graph):
        file = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
        upstream = graph.find_upstream_modules(module) & modules(graph)
        assert names(imported_modules(file)) - {module} == upstream - {module}, module


def test_every_module_is_behind_some_script_or_read_by_snakemake_or_for_notebooks(graph):
    behind = set().union(*(imported_modules(script) for script in SCRIPTS.glob("*.py")))
    alone = {name.removeprefix("aif.") for name in modules(graph) - names(behind)}
    others = ("workflow.", "notebook.")
    assert {name for name in alone if not name.startswith(others)} == OF_SNAKEMAKE


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Another copy of the scripts, whose modules a test can edit."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    monkeypatch.setattr(sources, "PACKAGE", tmp_path / "scripts/aif")
    return tmp_path / "scripts"


def hashes(copy):
    code.cache_clear()
    imported_modules.cache_clear()
    return {script.name: code(script.name) for script in sorted(copy.glob("*.py"))}


def test_an_edit_in_any_room_reruns_exactly_what_depends_on_it(copy):
    before = hashes(copy)
    behind = {name: set(imported_modules(copy / name)) for name in before}
    for file in sorted((copy / "aif").rglob("*.py"))[::4]:  # of every room
        text = file.read_text()
        file.write_text(text + "# edited\n")
        after = hashes(copy)
        file.write_text(text)
        changed = {name for name in before if after[name] != before[name]}
        assert changed == {name for name in before if file in behind[name]}, file


def test_rules_rerun_for_their_own_part_of_the_code(copy):
    behind = {name: {file.stem for file in imported_modules(copy / name)} for name in hashes(copy)}
    assert {"training", "losses", "networks", "weighting"} <= behind["train.py"]
    assert not {"report_page", "figures", "evaluate"} & behind["train.py"]
    assert not {"training", "networks"} & behind["report.py"]


@pytest.mark.parametrize(
    ("companion", "scripts"),
    [
        ("report/report.html.j2", {"report.py", "search_report.py", "map_page.py"}),
        ("methods/limma.R", {"baseline.py"}),
        (
            "reading/read_r.R",
            {"read_cells.py", "join_samples.py", "read_tables.py", "own_correction.py"},
        ),
    ],
)
def test_what_modules_read_besides_python_counts(copy, companion, scripts):
    before = hashes(copy)
    (copy / "aif" / companion).write_text("edited")
    after = hashes(copy)
    assert {name for name in before if after[name] != before[name]} == scripts
