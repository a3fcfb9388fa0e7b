# Reads an object of Seurat or SingleCellExperiment, or a matrix, and writes counts.mtx (genes x cells),
# cells.csv and genes.csv. Slots are read by their names: so it needs no package but Matrix, and reads
# objects of any version of their packages.
#   Rscript read_r.R FILE FOLDER
suppressPackageStartupMessages(library(Matrix))
arguments <- commandArgs(trailingOnly = TRUE)

slot_of <- function(object, name) attr(object, name, exact = TRUE)

load_any <- function(path) {
  object <- tryCatch(suppressWarnings(readRDS(path)), error = function(e) NULL)
  if (!is.null(object)) return(object)
  place <- new.env()
  names <- load(path, envir = place)
  found <- Filter(function(name) !is.null(counts_of(get(name, place))), names)
  if (length(found) != 1) stop("it holds ", length(found), " objects with counts; save one by saveRDS()")
  get(found, place)
}

# What an assay of Seurat holds: a slot of version 3 and 4, layers of version 5.
assay_counts <- function(assay) {
  counts <- slot_of(assay, "counts")
  if (!is.null(counts) && length(counts) > 0) return(counts)
  layers <- slot_of(assay, "layers")
  own <- layers[grepl("^counts", names(layers))]
  if (length(own) == 0) return(NULL)
  cells <- names_of(slot_of(assay, "cells"))
  genes <- names_of(slot_of(assay, "features"))
  if (length(own) == 1) {
    counts <- own[[1]]
    dimnames(counts) <- list(genes[[names(own)]], cells[[names(own)]])
    return(counts)
  }
  for (name in names(own)) dimnames(own[[name]]) <- list(genes[[name]], cells[[name]])
  shared <- Reduce(intersect, lapply(own, rownames))
  do.call(cbind, lapply(own, function(part) part[shared, , drop = FALSE]))
}

# A LogMap of Seurat 5: which names (rows) each layer (column) has.
names_of <- function(map) {
  values <- unclass(map)
  lapply(setNames(seq_len(ncol(values)), colnames(values)), function(i) rownames(values)[values[, i]])
}

counts_of <- function(object) {
  if (inherits(object, "Matrix") || is.matrix(object)) return(object)
  assays <- slot_of(object, "assays")
  if (is.list(assays) && length(assays) > 0) {
    active <- slot_of(object, "active.assay")
    order <- unique(c(intersect("RNA", names(assays)), active, names(assays)))
    for (name in order) {
      counts <- assay_counts(assays[[name]])
      if (!is.null(counts)) return(counts)
    }
  }
  data <- slot_of(assays, "data")
  if (!is.null(data)) return(slot_of(data, "listData")[["counts"]])
  NULL
}

# A table of an object of Bioconductor (DataFrame): its columns that are vectors or factors.
frame_of <- function(table, names) {
  columns <- slot_of(table, "listData")
  columns <- columns[vapply(columns, function(x) is.atomic(x) && length(x) == length(names), TRUE)]
  if (length(columns) == 0) return(data.frame(row.names = names))
  data.frame(columns, row.names = names, check.names = FALSE)
}

object <- load_any(arguments[1])
counts <- counts_of(object)
if (is.null(counts)) {
  stop("it holds an object of class ", class(object)[1], " without counts; give a Seurat or ",
       "SingleCellExperiment object, or a matrix of genes x cells")
}
cells <- slot_of(object, "meta.data")
if (is.null(cells) && !is.null(slot_of(object, "colData"))) {
  cells <- frame_of(slot_of(object, "colData"), rownames_of_cells <- slot_of(slot_of(object, "colData"), "rownames"))
}
if (is.null(colnames(counts)) && !is.null(cells)) colnames(counts) <- rownames(cells)
if (is.null(rownames(counts))) rownames(counts) <- slot_of(object, "NAMES")
if (is.null(rownames(counts)) || is.null(colnames(counts))) stop("its cells or genes have no names")
cells <- if (is.null(cells)) data.frame(row.names = colnames(counts)) else cells[colnames(counts), , drop = FALSE]
for (name in names(cells)) if (is.factor(cells[[name]])) cells[[name]] <- as.character(cells[[name]])
genes <- data.frame(row.names = rownames(counts))
writeMM(as(as(counts, "CsparseMatrix"), "generalMatrix"), file.path(arguments[2], "counts.mtx"))
write.csv(cells, file.path(arguments[2], "cells.csv"), na = "")
write.csv(genes, file.path(arguments[2], "genes.csv"), na = "")
