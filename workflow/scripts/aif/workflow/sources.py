"""Which modules a script is made of: Snakemake itself watches only the script's own file."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# What modules read besides Python, beside them: templates and scripts of pages, scripts in R.
COMPANIONS = {
    "report/page.py": "*.j2",
    "report/explorer.py": "*.js",
    "report/methods_text.py": "*.yaml",
    "methods/r_methods.py": "*.R",
    "reading/r_files.py": "*.R",
}


@cache
def code(script: str) -> str:
    """Return a hash over a rule's script and all modules of `aif` behind it, directly or through others.

    Modules with COMPANIONS have these files with them.
    A rule takes it as a parameter, so that editing the model retrains and editing the report
    does not. The `__init__` of a room does not count: it holds a sentence, or the version.
    """
    files = {PACKAGE.parent / script, *imported_modules(PACKAGE.parent / script)}
    for module, pattern in COMPANIONS.items():
        if (PACKAGE / module) in files:
            files |= set((PACKAGE / module).parent.glob(pattern))
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.relative_to(PACKAGE.parent).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def imported_modules(path: Path) -> frozenset[Path]:
    """Return the files of all modules of `aif` that the file at `path` imports, at any depth."""
    nodes = ast.walk(ast.parse(path.read_text()))
    files = {file for node in nodes for name in _imported(node) if (file := _file_of(name))}
    return frozenset(files.union(*(imported_modules(file) for file in files)))


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield all names that a statement may import as modules: `from a import b` maybe a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file_of(name: str) -> Path | None:
    package, *parts = name.split(".")
    file = PACKAGE.joinpath(*parts).with_suffix(".py")
    return file if package == PACKAGE.name and parts and file.is_file() else None
