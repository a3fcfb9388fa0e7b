"""Writers of the same cells in the forms that people have: each writes into a folder, and returns the config.

The cells are those of `cells.simulated`: counts, names, and where a form has a place for them batch and
cell_type. What else a config needs is in the entry that is returned.
"""

import gzip
import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
from cells import simulated
from scipy import io as scipy_io
from scipy import sparse


def ids_of(adata):
    return [f"ENSG{i:011d}" for i in range(adata.n_vars)]


def put(path, text, gz=False):
    """Write a text, gzipped with .gz added to the name, or plain."""
    if gz:
        path = path.with_name(f"{path.name}.gz")
    path.write_bytes(gzip.compress(text.encode()) if gz else text.encode())


def lines(*columns):
    return "".join("\t".join(row) + "\n" for row in zip(*columns, strict=True))


def matrix_text(matrix):
    text = io.BytesIO()
    scipy_io.mmwrite(text, sparse.coo_matrix(matrix).astype(int))
    return text.getvalue().decode()


def write_mtx(
    folder, adata, features, names=("matrix.mtx", "features.tsv", "barcodes.tsv"), gz=True
):
    """Write genes × cells, a table of features and one of barcodes."""
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / names[0], matrix_text(adata.X.T), gz)
    put(folder / names[1], features, gz)
    put(folder / names[2], lines(adata.obs_names), gz)
    return {"path": str(folder)}


def features(adata, columns=3):
    return lines(*[ids_of(adata), adata.var_names, ["Gene Expression"] * adata.n_vars][:columns])


def cell_ranger_3(folder):
    adata = simulated()
    return write_mtx(folder / "filtered_feature_bc_matrix", adata, features(adata))


def cell_ranger_2(folder):
    adata = simulated()
    names = ("matrix.mtx", "genes.tsv", "barcodes.tsv")
    return write_mtx(folder / "hg19", adata, features(adata, 2), names, gz=False)


def starsolo(folder):
    adata = simulated()
    return write_mtx(folder / "Solo.out/Gene/filtered", adata, features(adata), gz=False)


def names_alone(folder):
    adata = simulated()
    return write_mtx(folder / "mtx", adata, lines(adata.var_names))


def flat_folder(folder):
    """Two samples in one folder, as archives have them: the same beginning before the names of all files."""
    adata = simulated()
    for i, name in enumerate(("GSM1_b0_", "GSM2_b1_")):
        part = adata[adata.obs["batch"] == f"b{i}"]
        names = [name + rest for rest in ("matrix.mtx", "features.tsv", "barcodes.tsv")]
        write_mtx(folder / "GSE1_RAW", part, features(part), names)
    pattern = str(folder / "GSE1_RAW" / "{gsm}_{batch}_matrix.mtx.gz")
    return {"path": None, "samples": pattern, "batch_key": "batch"}


def kallisto(folder):
    adata = simulated()
    (folder / "counts_unfiltered").mkdir(parents=True)
    stem = folder / "counts_unfiltered" / "cells_x_genes"
    put(stem.with_suffix(".mtx"), matrix_text(adata.X))
    put(Path(f"{stem}.barcodes.txt"), lines(adata.obs_names))
    put(Path(f"{stem}.genes.txt"), lines([f"{name}.7" for name in ids_of(adata)]))
    put(Path(f"{stem}.genes.names.txt"), lines(adata.var_names))
    return {"path": str(stem.parent)}


def alevin_fry(folder):
    """Spliced, unspliced and ambiguous counts beside each other: spliced and ambiguous make the counts."""
    adata = simulated()
    spliced = sparse.csr_matrix(adata.X.multiply(np.arange(adata.n_vars) % 2 == 0))
    matrix = sparse.hstack([spliced, adata.X * 3, adata.X - spliced])
    names = [f"{name}{end}" for end in ("", "-U", "-A") for name in adata.var_names]
    place = folder / "af_quant" / "alevin"
    place.mkdir(parents=True)
    put(place / "quants_mat.mtx", matrix_text(matrix))
    put(place / "quants_mat_rows.txt", lines(adata.obs_names))
    put(place / "quants_mat_cols.txt", lines(names))
    return {"path": str(place)}


def parse(folder):
    adata = simulated()
    place = folder / "DGE_filtered"
    place.mkdir(parents=True)
    put(place / "count_matrix.mtx", matrix_text(adata.X))
    genes = zip(ids_of(adata), adata.var_names, strict=True)
    text = "gene_id,gene_name,genome\n" + "".join(f"{i},{name},hg38\n" for i, name in genes)
    put(place / "all_genes.csv", text)
    adata.obs.rename_axis("bc_wells").to_csv(place / "cell_metadata.csv")
    return {"path": str(place)}


def _write_10x(group, adata):
    for name in ("data", "indices", "indptr"):
        group[name] = getattr(sparse.csr_matrix(adata.X).astype(np.int32), name)
    group["shape"] = np.array(adata.shape[::-1])
    group["barcodes"] = adata.obs_names.to_numpy().astype("S")


def cell_ranger_h5(folder, kinds=None, genomes=None):
    adata = simulated()
    with h5py.File(folder / "filtered_feature_bc_matrix.h5", "w") as file:
        group = file.create_group("matrix")
        _write_10x(group, adata)
        table = group.create_group("features")
        table["id"] = np.array(ids_of(adata), "S")
        table["name"] = adata.var_names.to_numpy().astype("S")
        table["feature_type"] = np.array(kinds or ["Gene Expression"] * adata.n_vars, "S")
        table["genome"] = np.array(genomes or ["GRCh38"] * adata.n_vars, "S")
    return {"path": str(folder / "filtered_feature_bc_matrix.h5")}


def cell_ranger_2_h5(folder, genomes=("hg19",)):
    adata = simulated()
    with h5py.File(folder / "filtered_gene_bc_matrices_h5.h5", "w") as file:
        for genome in genomes:
            group = file.create_group(genome)
            _write_10x(group, adata)
            group["genes"] = np.array(ids_of(adata), "S")
            group["gene_names"] = adata.var_names.to_numpy().astype("S")
    return {"path": str(folder / "filtered_gene_bc_matrices_h5.h5")}


def loom(folder):
    adata = simulated()
    with h5py.File(folder / "cells.loom", "w") as file:
        file["matrix"] = adata.X.toarray().T
        file.create_group("layers")["spliced"] = adata.X.toarray().T / 3
        for name, values in {"CellID": adata.obs_names, **adata.obs}.items():
            file[f"col_attrs/{name}"] = np.array(values, "S")
        file["row_attrs/Gene"] = adata.var_names.to_numpy().astype("S")
        file["row_attrs/Accession"] = np.array(ids_of(adata), "S")
    return {"path": str(folder / "cells.loom")}


def zarr_folder(folder):
    simulated().write_zarr(folder / "cells.zarr")
    return {"path": str(folder / "cells.zarr")}


def zarr_zip(folder):
    simulated().write_zarr(folder / "cells.zarr")
    shutil.make_archive(str(folder / "cells"), "zip", folder / "cells.zarr")
    return {"path": str(folder / "cells.zip")}


def mudata(folder):
    simulated().write_h5ad(folder / "rna.h5ad")
    with (
        h5py.File(
            folder / "cells.h5mu", "w", userblock_size=512
        ) as file,  # mudata writes its name there
        h5py.File(folder / "rna.h5ad") as rna,
    ):
        for table in ("obs", "var"):
            rna.copy(table, file)
        rna.copy("/", file, "mod/rna")
        del file["mod/rna/obs/batch"]  # of all modalities
        file["mod/rna/obs"].attrs["column-order"] = ["cell_type"]
    return {"path": str(folder / "cells.h5mu")}


def cellbender(folder):
    entry = cell_ranger_h5(folder)
    with h5py.File(entry["path"], "r+") as file:
        for name in ("metadata", "droplet_latents", "global_latents"):
            file.create_group(name)["x"] = np.zeros(3)
    return entry


def kallisto_nac(folder):
    """Mature, nascent and ambiguous counts in matrices of their own: mature and ambiguous make the counts."""
    adata = simulated()
    entry = kallisto(folder)
    stem = f"{entry['path']}/cells_x_genes"
    Path(f"{stem}.mtx").unlink()
    mature = sparse.csr_matrix(adata.X.multiply(np.arange(adata.n_vars) % 2 == 0))
    parts = {"mature": mature, "nascent": adata.X * 3, "ambiguous": adata.X - mature}
    for name, part in parts.items():
        put(Path(f"{stem}.{name}.mtx"), matrix_text(part))
    return entry


def gzipped(folder):
    simulated().write_h5ad(folder / "cells.h5ad")
    (folder / "GSE1_cells.h5ad.gz").write_bytes(gzip.compress((folder / "cells.h5ad").read_bytes()))
    return {"path": str(folder / "GSE1_cells.h5ad.gz")}


def tar_of_cell_ranger(folder):
    cell_ranger_3(folder)
    with tarfile.open(folder / "filtered_feature_bc_matrix.tar.gz", "w:gz") as archive:
        archive.add(folder / "filtered_feature_bc_matrix", "filtered_feature_bc_matrix")
    return {"path": str(folder / "filtered_feature_bc_matrix.tar.gz")}


def zip_of_h5ad(folder):
    simulated().write_h5ad(folder / "cells.h5ad")
    with zipfile.ZipFile(folder / "download.zip", "w") as archive:
        archive.write(folder / "cells.h5ad", "folder/cells.h5ad")
    return {"path": str(folder / "download.zip")}


def csv_genes_by_cells(folder):
    adata = simulated()
    adata.to_df().T.astype(int).to_csv(folder / "counts.csv.gz")
    return {"path": str(folder / "counts.csv.gz"), "cells_in": "columns"}


def tsv_with_symbols(folder):
    adata = simulated()
    table = adata.to_df().T.astype(int).rename_axis("id")
    table.insert(0, "symbol", table.index)
    table.index = ids_of(adata)
    table.to_csv(folder / "counts.txt", sep="\t")
    return {"path": str(folder / "counts.txt"), "gene_names": "symbol"}


def rhapsody(folder):
    adata = simulated()
    text = "## BD Rhapsody\n## version 2\n" + adata.to_df().astype(int).to_csv(
        index_label="Cell_Index"
    )
    (folder / "Sample_RSEC_MolsPerCell.csv").write_text(text)
    return {"path": str(folder / "Sample_RSEC_MolsPerCell.csv"), "cells_in": "rows"}


# By what people call them.
FORMS = {
    "Cell Ranger folder": cell_ranger_3,
    "Cell Ranger 2 folder": cell_ranger_2,
    "Cell Ranger .h5": cell_ranger_h5,
    "Cell Ranger 2 .h5": cell_ranger_2_h5,
    "Cell Ranger .tar.gz": tar_of_cell_ranger,
    "STARsolo": starsolo,
    "features of one column": names_alone,
    "flat folder of a public archive": flat_folder,
    "kallisto|bustools": kallisto,
    "kallisto|bustools, nac": kallisto_nac,
    "CellBender": cellbender,
    "alevin-fry": alevin_fry,
    "Parse": parse,
    "BD Rhapsody": rhapsody,
    "loom": loom,
    "zarr": zarr_folder,
    "zarr in a .zip": zarr_zip,
    "MuData": mudata,
    ".h5ad.gz": gzipped,
    ".h5ad in a .zip": zip_of_h5ad,
    "csv, genes by cells": csv_genes_by_cells,
    "tsv with ids and symbols": tsv_with_symbols,
}
