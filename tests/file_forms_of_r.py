"""Writers of the same cells as R's objects: each writes into a folder, and returns the config."""

import subprocess

from cells import simulated
from file_forms import lines, put
from scipy import io, sparse


def by_r(folder, code):
    """Run code in R, where `counts` is genes × cells and `cells` a data frame; it writes cells.rds."""
    adata = simulated()
    io.mmwrite(folder / "counts.mtx", sparse.coo_matrix(adata.X.T))
    adata.obs.to_csv(folder / "obs.csv")
    put(folder / "genes.txt", lines(adata.var_names))
    start = """
    suppressMessages(library(Matrix))
    counts <- as(readMM("counts.mtx"), "CsparseMatrix")
    cells <- read.csv("obs.csv", row.names = 1)
    cells$batch <- factor(cells$batch)
    dimnames(counts) <- list(readLines("genes.txt"), rownames(cells))
    """
    subprocess.run(["Rscript", "-e", start + code], check=True, cwd=folder, capture_output=True)
    return {"path": str(folder / "cells.rds")}


def matrix_of_r(folder):
    return by_r(folder, "saveRDS(counts, 'cells.rds')")


def matrix_of_cells_by_genes(folder):
    barcodes = "colnames(counts) <- paste0('ACGTACGTACGT-', seq_len(ncol(counts)))"
    return by_r(folder, f"{barcodes}; saveRDS(t(counts), 'cells.rds')")


def seurat(folder):
    code = "suppressMessages(library(SeuratObject)); x <- CreateSeuratObject(counts, meta.data = cells)"
    return by_r(folder, code + "; saveRDS(x, 'cells.rds')")


def seurat_5(folder):
    """What Seurat 5 saves, made without it: an assay whose counts are a layer per sample."""
    return by_r(
        folder,
        """
        setClass("Assay5", representation(layers = "list", cells = "matrix", features = "matrix"))
        setClass("Seurat", representation(assays = "list", meta.data = "data.frame",
                                          active.assay = "character"))
        first <- cells$batch == "b0"
        parts <- list(counts.b0 = unname(counts[, first]), counts.b1 = unname(counts[, !first]))
        known <- cbind(counts.b0 = first, counts.b1 = !first)
        rownames(known) <- colnames(counts)
        genes <- matrix(TRUE, nrow(counts), 2, dimnames = list(rownames(counts), names(parts)))
        assay <- new("Assay5", layers = parts, cells = known, features = genes)
        saveRDS(new("Seurat", assays = list(RNA = assay), meta.data = cells, active.assay = "RNA"),
                "cells.rds")
        """,
    )


def single_cell_experiment(folder):
    """What Bioconductor saves, made without it: the slots of a SingleCellExperiment."""
    return by_r(
        folder,
        """
        setClass("DFrame", representation(listData = "list", rownames = "character"))
        setClass("SimpleList", representation(listData = "list"))
        setClass("SimpleAssays", representation(data = "SimpleList"))
        setClass("PartitioningByEnd", representation(NAMES = "character"))
        setClass("CompressedGRangesList", representation(partitioning = "PartitioningByEnd",
                                                         elementMetadata = "DFrame"))
        setClass("RangedSummarizedExperiment", representation(assays = "SimpleAssays", colData = "DFrame",
                                                              rowRanges = "CompressedGRangesList"))
        stale <- counts
        colnames(stale) <- paste0("old", colnames(counts))  # names of the object count, not of its assay
        rownames(stale) <- NULL
        assays <- new("SimpleAssays", data = new("SimpleList", listData = list(counts = stale)))
        frame <- new("DFrame", listData = as.list(cells), rownames = rownames(cells))
        ids <- new("DFrame", listData = list(ID = paste0("ENSG", seq_len(nrow(counts)))),
                   rownames = rownames(counts))
        ranges <- new("CompressedGRangesList", elementMetadata = ids,
                      partitioning = new("PartitioningByEnd", NAMES = rownames(counts)))
        saveRDS(new("RangedSummarizedExperiment", assays = assays, colData = frame, rowRanges = ranges),
                "cells.rds")
        """,
    )


# They need R, Seurat's its package.
FORMS_OF_R = {
    "R: a matrix": matrix_of_r,
    "R: Seurat": seurat,
    "R: Seurat 5": seurat_5,
    "R: SingleCellExperiment": single_cell_experiment,
}
