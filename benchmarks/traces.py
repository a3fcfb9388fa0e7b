"""What the least corrected expression that is kept decides; see README.md, "Traces of expression".

Trains `aif_steady` once on each data set and once on random halves of its largest batch, sets corrected
logarithms below several limits to 0 (`zeros stay`: those of cells without a count), and appends a row for
each: the share of genes called different between the halves, and scores of the expression.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from settings import EVALUATION, LAST, aif

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.data.gene_choice import Choice, chosen_genes
from aif.data.preprocessing import standardise, transform
from aif.data.pseudo_batches import pseudo_batches
from aif.evaluation.evaluate import evaluate
from aif.evaluation.null_measures import share_of_genes
from aif.model.numerics import prepare_for_training

LIMITS = (0, 0.01, 0.02, 0.05, 0.1, 0.2, "zeros stay")
SCORES = ("overall", "robust_overall", "unlabelled", "purity", "CiLISI", "PCR_comparison")


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--data", nargs="+", required=True, help="FILE or FILE:GENES")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    prepare_for_training(threads=1)
    for data in options.data:
        table = pd.DataFrame(rows(*(data.split(":")[:2])))
        print(table.round(3).to_string(), flush=True)
        if options.output.exists():
            table = pd.concat([pd.read_csv(options.output, sep="\t"), table])
        table.round(4).to_csv(options.output, sep="\t", index=False)


def rows(path: str, genes: str = "") -> list[dict[str, object]]:
    """Return a row for each limit."""
    counts = standardise(ad.read_h5ad(path), "batch", "cell_type")
    logs = transform(counts, "norm_log")
    if genes:
        counts = counts[:, chosen_genes(logs, Choice(int(genes)), path)[0]].copy()
        logs = transform(counts, "norm_log")
    halves = pseudo_batches(counts, path, None, 0)
    corrected, of_halves = (corrected_by_steady(cells, path) for cells in (counts, halves))
    found = []
    for least in LIMITS:
        called = share_of_genes(limited(of_halves, halves, least), halves.obs["batch"].to_numpy())
        judged = corrected.copy()
        judged.X = limited(corrected, counts, least)
        judged.uns["aif"] |= {"dataset": path, "method": "aif_steady", "row": "", "seed": 0}
        metrics = evaluate(judged, logs, EVALUATION, spaces=["expression"]).metrics
        values = metrics.set_index("metric")["value"]
        scores = {name: values[name] for name in SCORES}
        found.append({"data": Path(path).stem, "least": least, "batch_genes": called, **scores})
    return found


def corrected_by_steady(cells: ad.AnnData, path: str) -> ad.AnnData:
    """Return cells corrected by `aif_steady`, with negative values."""
    LAST.clear()
    return aif(cells, path, "aif_steady", {"nonnegative": False}, 0)[0]


def limited(corrected: ad.AnnData, counts: ad.AnnData, least: float | str) -> np.ndarray:
    """Return corrected expression with 0 in place of what is less, or of all that has no count."""
    if least == "zeros stay":
        return np.where(counts.X.toarray() == 0, 0, np.maximum(corrected.X, 0))
    kept = np.asarray(corrected.X)
    return np.where(kept < float(least), 0, kept)


if __name__ == "__main__":
    main()
