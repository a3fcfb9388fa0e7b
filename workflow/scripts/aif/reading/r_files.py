"""R's files: a Seurat or SingleCellExperiment object, or a matrix, saved by saveRDS() or save()."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
from scipy import io, sparse

from aif.reading.content import Content, Matrix, Unread

SCRIPT = Path(__file__).parent / "read_r.R"
NO_R = "is a file of R, which is not installed: run with --use-conda, or install R with its package Matrix"


def read_r(path: Path) -> Content:
    """Return what a file of R holds, read by R.

    The script writes counts.mtx (genes × cells), genes.txt and cells.csv into a folder, where R's
    packages of the object's class need not be there.

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
        if done.returncode:
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            raise Unread(f"cannot be read by R ({lines[-1] if lines else 'no message'})")
        files = Path(folder)
        counts = sparse.csr_matrix(io.mmread(files / "counts.mtx").T)
        text = {"dtype": {0: str}, "index_col": 0, "keep_default_na": False, "na_values": [""]}
        cells, genes = (pd.read_csv(files / f"{name}.csv", **text) for name in ("cells", "genes"))
    return Content([Matrix.of(counts, genes)], cells)
