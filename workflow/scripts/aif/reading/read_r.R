# Reads an object of Seurat or SingleCellExperiment, or a matrix, and writes into a folder: counts.mtx
# (genes x cells), cells.csv and genes.csv, texts.txt (names of the columns that are text), left_out.txt
# (those that are lists) and assay.txt (which assay the counts are of, and which others there are). Slots are read by their names:
# so it needs no package but Matrix, and reads objects of any version of their packages.
#   Rscript read_r.R FILE FOLDER
suppressPackageStartupMessages(library(Matrix))
arguments <- commandArgs(trailingOnly = TRUE)

slot_of <- function(object, name) attr(object, name, exact = TRUE)
refuse <- function(...) stop(..., call. = FALSE)
is_counts <- function(x) (inherits(x, "Matrix") || is.matrix(x)) && length(x) > 0

load_any <- function(path) {
  object <- tryCatch(suppressWarnings(readRDS(path)), error = function(e) NULL)
  if (!is.null(object)) return(object)
  place <- new.env()
  names <- load(path, envir = place)
  is_cells <- function(x) is_counts(x) || !is.null(slot_of(x, "assays"))
  found <- Filter(function(name) is_cells(get(name, place)), names)
  if (length(found) != 1) refuse("it holds ", length(found), " objects of cells; save one by saveRDS()")
  get(found, place)
}

# A LogMap of Seurat 5: which names (rows) each layer (column) has.
names_of <- function(map) {
  values <- unclass(map)
  lapply(setNames(seq_len(ncol(values)), colnames(values)), function(i) rownames(values)[values[, i]])
}

# The counts of an assay of Seurat: a slot of version 3 and 4, layers of version 5.
assay_counts <- function(assay) {
  counts <- slot_of(assay, "counts")
  if (is_counts(counts)) return(counts)
  layers <- slot_of(assay, "layers")
  own <- layers[grepl("^counts", names(layers))]
  if (length(own) == 0) return(NULL)
  cells <- names_of(slot_of(assay, "cells"))
  genes <- names_of(slot_of(assay, "features"))
  for (name in names(own)) dimnames(own[[name]]) <- list(genes[[name]], cells[[name]])
  shared <- Reduce(intersect, lapply(own, rownames))
  do.call(cbind, lapply(own, function(part) part[shared, , drop = FALSE]))
}

from_seurat <- function(object) {
  assays <- slot_of(object, "assays")
  name <- if ("RNA" %in% names(assays)) "RNA" else slot_of(object, "active.assay")
  counts <- assay_counts(assays[[name]])
  if (is.null(counts)) refuse("its assay ", name, " has no counts; save the object with them")
  list(counts = counts, cells = slot_of(object, "meta.data"), genes = NULL,
       assay = c(name, setdiff(names(assays), name)))
}

# A table of Bioconductor (DataFrame): its columns that are vectors or factors.
frame_of <- function(table) {
  n <- slot_of(table, "nrows")
  names <- slot_of(table, "rownames")
  if (is.null(n)) n <- length(names)
  columns <- Filter(function(x) is.atomic(x) && length(x) == n, slot_of(table, "listData"))
  frame <- if (length(columns)) data.frame(columns, check.names = FALSE) else data.frame(row.names = seq_len(n))
  if (!is.null(names)) rownames(frame) <- names
  frame
}

# The names of genes and cells are those of the object: an assay in it may lack them, or have older ones.
from_experiment <- function(object) {
  counts <- slot_of(slot_of(slot_of(object, "assays"), "data"), "listData")[["counts"]]
  if (!is_counts(counts)) refuse("it has no assay called counts; save the object with one")
  cells <- frame_of(slot_of(object, "colData"))
  ranges <- slot_of(object, "rowRanges")
  partitioning <- slot_of(ranges, "partitioning")
  names <- slot_of(object, "NAMES")
  if (is.null(names)) names <- slot_of(partitioning, "NAMES")
  if (is.null(names)) names <- slot_of(slot_of(ranges, "ranges"), "NAMES")
  row_data <- slot_of(object, "elementMetadata")
  if (is.null(row_data) || length(slot_of(row_data, "listData")) == 0) {
    row_data <- slot_of(ranges, "elementMetadata")
  }
  genes <- if (is.null(row_data)) NULL else frame_of(row_data)
  if (!is.null(names)) rownames(counts) <- names
  if (!is.null(genes) && nrow(genes) != nrow(counts)) genes <- NULL
  if (!is.null(slot_of(slot_of(object, "colData"), "rownames"))) colnames(counts) <- rownames(cells)
  else rownames(cells) <- colnames(counts)
  list(counts = counts, cells = cells, genes = genes, assay = "counts")
}

read_any <- function(object) {
  if (is_counts(object)) return(list(counts = object, cells = NULL, genes = NULL, assay = "the matrix"))
  if (is.list(slot_of(object, "assays"))) return(from_seurat(object))
  if (!is.null(slot_of(slot_of(object, "assays"), "data"))) return(from_experiment(object))
  refuse("it holds an object of class ", class(object)[1], "; give a Seurat or SingleCellExperiment object, ",
         "or a matrix of genes x cells")
}

found <- read_any(load_any(arguments[1]))
counts <- found$counts
if (is.null(rownames(counts)) || is.null(colnames(counts))) refuse("its cells or genes have no names")
cells <- if (is.null(found$cells)) data.frame(row.names = colnames(counts)) else found$cells
lacking <- setdiff(colnames(counts), rownames(cells))
if (length(lacking)) refuse("its table of cells has no row for ", lacking[1])
cells <- cells[colnames(counts), , drop = FALSE]
# A column of lists has no place in a table of text.
is_column <- function(x) is.atomic(x) || is.data.frame(x)
left_out <- names(cells)[!vapply(cells, is_column, TRUE)]
cells <- cells[vapply(cells, is_column, TRUE)]
genes <- if (is.null(found$genes)) data.frame(matrix(nrow = nrow(counts), ncol = 0)) else found$genes
place <- function(name) file.path(arguments[2], name)
is_text <- function(table) names(table)[!vapply(table, function(x) is.numeric(x) || is.logical(x), TRUE)]
texts <- c()
writeLines(found$assay, place("assay.txt"))
writeLines(left_out, place("left_out.txt"))
writeMM(as(as(counts, "CsparseMatrix"), "generalMatrix"), place("counts.mtx"))
names_of_rows <- list(cells = colnames(counts), genes = rownames(counts))
for (name in names(names_of_rows)) {
  table <- data.frame(name_of_row = names_of_rows[[name]], get(name), check.names = FALSE, row.names = NULL)
  texts <- c(texts, is_text(table))
  write.csv(table, place(paste0(name, ".csv")), na = "", row.names = FALSE)
}
writeLines(texts, place("texts.txt"))
