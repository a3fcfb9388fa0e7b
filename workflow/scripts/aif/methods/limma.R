# removeBatchEffect with its defaults; see r_methods.py for the files.
library(Matrix)
library(limma)

folder <- commandArgs(trailingOnly = TRUE)[1]
expression <- as.matrix(readMM(file.path(folder, "expression.mtx")))
batch <- factor(readLines(file.path(folder, "batch.txt")))
design <- as.matrix(read.table(file.path(folder, "design.txt")))
corrected <- removeBatchEffect(expression, batch = batch, design = design)
writeBin(as.vector(corrected), file.path(folder, "corrected.bin"))
writeLines(paste(c("R", "limma"), c(format(getRversion()), format(packageVersion("limma")))), file.path(folder, "versions.txt"))
