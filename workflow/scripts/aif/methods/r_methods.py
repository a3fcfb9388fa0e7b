"""The methods in R that AIF is compared with, run by Rscript on files in a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import io, sparse

from aif.methods.known_effects import known_effects
from aif.methods.not_run import NotInstalled

SCRIPTS = Path(__file__).parent


def limma(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return the correction of limma's removeBatchEffect (Ritchie et al. 2015)."""
    return _run_r("limma", adata, seed, known_effects(adata))


def seurat(
    adata: ad.AnnData, seed: int, dims: int = 30, k_anchor: int = 5, k_weight: int = 100
) -> ad.AnnData:
    """Return Seurat 4's integrated expression of all genes (Stuart et al. 2019).

    Its numbers of neighbours are lowered to the size of the smallest batch where that is smaller.
    """
    return _run_r("seurat", adata, seed, arguments=(dims, k_anchor, k_weight))


def _run_r(
    name: str,
    adata: ad.AnnData,
    seed: int,
    known: pd.DataFrame | None = None,
    arguments: Sequence[int] = (),
) -> ad.AnnData:
    """Return the expression that an R script of this folder makes of the logarithms and batches.

    The script is called with a folder, the seed and the arguments. In the folder it finds expression.mtx
    (genes × cells), batch.txt and, of a method that is told what to keep, design.txt: a column of ones and
    the covariates. It writes corrected.bin: doubles, gene after gene of the first cell, then the next;
    and versions.txt, a line for R and for each package, which come to lie in uns["versions"].
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise NotInstalled("there is no Rscript on the PATH; install R or run with --use-conda")
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        io.mmwrite(files / "expression.mtx", sparse.coo_matrix(adata.X.T))
        codes = adata.obs["batch"].cat.codes
        (files / "batch.txt").write_text("".join(f"{code}\n" for code in codes))
        if known is not None:
            np.savetxt(files / "design.txt", np.c_[np.ones(len(known)), known])
        done = subprocess.run(
            [rscript, "--vanilla", SCRIPTS / f"{name}.R", folder, *map(str, (seed, *arguments))],
            capture_output=True,
            text=True,
        )
        if done.returncode < 0:
            raise RuntimeError(
                f"{name}.R was ended by signal {-done.returncode}, as for want of memory"
            )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
            missing = "there is no package called"
            if any(missing in line for line in lines):
                line = next(line for line in lines if missing in line)
                raise NotInstalled(f"{line.strip()}; install it or run with --use-conda")
            raise RuntimeError(f"{name}.R: {' '.join(lines[-3:])}")
        corrected = np.fromfile(files / "corrected.bin").reshape(adata.shape)
        lines = (files / "versions.txt").read_text().splitlines()
    result = adata.copy()
    result.uns["versions"] = dict(line.split(" ") for line in lines)
    result.X = corrected.astype(np.float32)
    return result
