"""Sets of genes that many leave out of the choice of variable genes, by their symbols."""

from __future__ import annotations

import re

# What stands before a symbol where genes of several species are together: GRCh38_, mm10___; Seurat writes -.
GENOME = r"([\w.]+_|(GRC[a-z]|hg|mm|rn)\d+-+)?"
# Human and mouse symbols: mitochondrial, ribosomal, of haemoglobin, of immunoglobulins, of T cell receptors.
GENE_SETS = {
    name: re.compile(f"{GENOME}({pattern})", re.IGNORECASE)
    for name, pattern in {
        "mito": r"mt-",
        "ribo": r"rp[sl](a|p[0-2]|\d+(a|b|l|x|y|al|p|ap)?\d*)$",
        "haemoglobin": r"hb[abdegmqz]\d*[a-z]?$|hb[ab]-",
        "immunoglobulin": r"ig[hkl][vdj]|igh[agmed]\d*[abc]?p?$|igkc$|iglc\d*$",
        "tcr": r"tr[abgd][vjc]|tr[bd]d\d",
    }.items()
}
