"""Sets of genes that many leave out of the choice of variable genes, by their symbols."""

from __future__ import annotations

import re

# Human and mouse symbols: mitochondrial, ribosomal, of haemoglobin, of immunoglobulins, of T cell receptors.
GENE_SETS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "mito": r"([A-Za-z0-9]+_+)?mt-",
        "ribo": r"rp[sl](a|p[0-2]|\d+(a|b|l|x|y|al|p|ap)?\d*)$",
        "haemoglobin": r"hb[abdegmqz]\d*[a-z]?$|hb[ab]-",
        "immunoglobulin": r"ig[hkl][vdj]|igh[agmed]\d*[abc]?p?$|igkc$|iglc\d*$",
        "tcr": r"tr[abgd][vjc]|tr[bd]d\d",
    }.items()
}
