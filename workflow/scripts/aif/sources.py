"""Which modules a script is made of: Snakemake itself watches only the script's own file."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# What modules read besides Python: templates of pages, scripts in R.
COMPANIONS = {"page.py": "*.j2", "r_methods.py": "*.R"}


@cache
def source_hash(script: Path) -> str:
    """Return a hash over all modules of `aif` that a script imports, directly or through others.

    Modules with COMPANIONS have these files with them.
    A rule takes it as a parameter, so that editing the model retrains and editing the report
    does not.
    """
    files = set(imported_modules(script))
    for module, pattern in COMPANIONS.items():
        if PACKAGE / module in files:
            files |= set(PACKAGE.glob(pattern))
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def imported_modules(path: Path) -> frozenset[Path]:
    """Return the files of all modules of `aif` that the file at `path` imports, at any depth."""
    names = [
        node.module.split(".")[1]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aif.")
    ]
    files = {PACKAGE / f"{name}.py" for name in names} - {path}
    return frozenset(files.union(*(imported_modules(file) for file in files)))
