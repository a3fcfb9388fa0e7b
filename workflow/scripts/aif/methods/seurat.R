# Seurat 4's integration by anchors, of all genes, on the workflow's logarithms; see r_methods.py for the files.
library(Matrix)
library(Seurat)

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
set.seed(as.integer(arguments[2]))
wanted <- setNames(as.integer(arguments[3:5]), c("dims", "k_anchor", "k_weight"))
expression <- as(readMM(file.path(folder, "expression.mtx")), "CsparseMatrix")
dimnames(expression) <- list(paste0("gene", seq_len(nrow(expression))), paste0("cell", seq_len(ncol(expression))))
batch <- readLines(file.path(folder, "batch.txt"))

# The matrix has the logarithms: it stands in for counts, which the integration does not use, and is the data.
parts <- lapply(split(colnames(expression), batch), function(cells) {
  CreateSeuratObject(counts = expression[, cells])
})
smallest <- min(table(batch))
dimensions <- seq_len(min(wanted[["dims"]], smallest - 1, nrow(expression) - 1))
anchors <- FindIntegrationAnchors(
  object.list = parts, anchor.features = rownames(expression), dims = dimensions,
  k.anchor = min(wanted[["k_anchor"]], smallest - 1), k.filter = min(200, smallest), k.score = min(30, smallest - 1), verbose = FALSE
)
integrated <- IntegrateData(
  anchors, dims = dimensions, k.weight = min(wanted[["k_weight"]], smallest - 1), features.to.integrate = rownames(expression),
  verbose = FALSE
)
corrected <- GetAssayData(integrated, assay = "integrated", slot = "data")
corrected <- as.matrix(corrected[rownames(expression), colnames(expression)])
writeBin(as.vector(corrected), file.path(folder, "corrected.bin"))
writeLines(paste(c("R", "Seurat"), c(format(getRversion()), format(packageVersion("Seurat")))), file.path(folder, "versions.txt"))
