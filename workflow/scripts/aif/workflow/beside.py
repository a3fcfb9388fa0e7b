"""Files that are read with another, so that a change of them is seen: a matrix and its tables."""

from __future__ import annotations

import re
from pathlib import Path

MATRIX = re.compile(
    r"(?P<prefix>.*?)(matrix|count_matrix|DGE|cells_x_genes|quants_mat)[\w.]*\.mtx(\.\w+)?"
)
OTHER = re.compile(r".*\.mtx(\.\w+)?")
TABLE = re.compile(r".*\.(tsv|txt|csv)(\.\w+)?")


def beside(path: str) -> list[str]:
    """Return the files that are read with a matrix (.mtx) or that a folder with one holds, else none.

    They are those whose names begin as the matrix's does, or all tables where none does or nobody can tell
    how they begin. What a program puts elsewhere is not seen.
    """
    place = Path(path)
    if place.is_dir():
        files = _visible(place)
        return files if any(OTHER.fullmatch(Path(file).name) for file in files) else []
    match, other = MATRIX.fullmatch(place.name), OTHER.fullmatch(place.name)
    if other is None:
        return []
    others = [file for file in _visible(place.parent) if Path(file) != place]
    own = [file for file in others if match and Path(file).name.startswith(match["prefix"])]
    tables = [file for file in others if TABLE.fullmatch(Path(file).name)]
    return own if set(own) & set(tables) else own + tables


def _visible(folder: Path) -> list[str]:
    """Return the files of a folder, but hidden ones and those with braces, wildcards to Snakemake."""
    files = (file for file in sorted(folder.iterdir()) if file.is_file())
    return [str(file) for file in files if not re.match(r"\.|.*[{}]", file.name)]
