"""R's files: a Seurat or SingleCellExperiment object, or a matrix, saved by saveRDS() or save()."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
from scipy import io, sparse

from aif.reading.content import Content, Matrix, Unread
from aif.reading.notes import Note
from aif.reading.orientation import where_cells_are

SCRIPT = Path(__file__).parent / "read_r.R"
MATRIX = "the matrix"  # what read_r.R calls the counts of a file that holds no object of cells
NO_R = "is a file of R, which is not installed: run with --use-conda, or install R with its package Matrix"


def read_r(path: Path, cells_in: str | None) -> Content:
    """Return what a file of R holds, read by R; see `read_r.R`.

    Parameters
    ----------
    path
        The file.
    cells_in
        Of a matrix `rows` or `columns`; without it the names decide, if they look like barcodes or genes,
        and else cells are in columns, as R's packages have them.

    Raises
    ------
    Unread
        If there is no R, or no object with counts in the file.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise Unread(NO_R)
    with tempfile.TemporaryDirectory(prefix="aif_") as folder:
        done = subprocess.run(
            [rscript, "--vanilla", SCRIPT, path.resolve(), folder],
            capture_output=True,
            text=True,
        )
        if done.returncode < 0:
            raise Unread(f"stopped R by signal {-done.returncode}, as for want of memory")
        if done.returncode:
            raise Unread(f"cannot be read by R ({_error_in(done.stderr)})")
        files = Path(folder)
        counts = sparse.csr_matrix(io.mmread(files / "counts.mtx").T)
        texts = (files / "texts.txt").read_text().splitlines()
        cells, genes = (_table(files / f"{name}.csv", texts) for name in ("cells", "genes"))
        left_out = (files / "left_out.txt").read_text().splitlines()
        assay, *others = (files / "assay.txt").read_text().splitlines()
    if assay == MATRIX and (cells_in or where_cells_are(genes.index, cells.index)) == "rows":
        counts, cells, genes = counts.T.tocsr(), genes, cells
    said = f"those of {assay}" + (f"; there are {', '.join(others)} besides" if others else "")
    notes = [Note("counts", "ok", said)]
    notes += [
        Note("columns", "warning", f"obs column {name!r} cannot be read (it holds lists)")
        for name in left_out
    ]
    return Content([Matrix.of(counts, genes)], cells, notes, counts_only=assay != MATRIX)


def _error_in(output: str) -> str:
    """Return R's error without what it says of where it was."""
    text = output.partition("Error")[2].partition("Execution halted")[0].partition("Calls:")[0]
    return " ".join(text.partition(":")[2].split()) or "no message"


def _table(path: Path, texts: list[str]) -> pd.DataFrame:
    """Return a table that R wrote; what was text there stays text."""
    header = pd.read_csv(path, nrows=0).columns
    types = {name: str for name in header if name in texts} | {header[0]: str}
    table = pd.read_csv(
        path,
        index_col=False,
        dtype=types,
        keep_default_na=False,
        na_values={c: [""] for c in header[1:]},
    )
    return table.set_index(header[0]).rename_axis(index=None)
