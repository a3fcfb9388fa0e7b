#!/bin/sh
# Installs R with limma and Seurat, which two of the baselines are tested with, where that can be done.
set -u
command -v Rscript >/dev/null && Rscript -e 'library(limma); library(Seurat)' >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends r-bioc-limma r-cran-seurat >/dev/null && exit 0
fi
echo "no R with limma and Seurat here, and they cannot be installed: their tests will be skipped"
