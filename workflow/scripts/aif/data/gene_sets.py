"""Sets of genes that many leave out of the choice of variable genes, by their symbols."""

from __future__ import annotations

import re

# Human and mouse symbols: mitochondrial, ribosomal, of haemoglobin, of immunoglobulins, of T cell receptors.
GENE_SETS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "mito": r"mt-",
        "ribo": r"rp[sl](\d|p\d|a$)",
        "haemoglobin": r"hb[abdegmqz]\d*$|hba-|hbb-",
        "immunoglobulin": r"ig[hkl][vdjcagme]",
        "tcr": r"tr[abgd][vjc]|tr[bd]d\d",
    }.items()
}
