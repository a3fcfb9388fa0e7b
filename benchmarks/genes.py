"""What tests of corrected expression find where it is known which genes change; see README.md, "Genes".

Reads the corrections of a run, and judges nothing else of them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import anndata as ad
import pandas as pd
from field import renew, short

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.evaluation.differential_expression import de_rows
from aif.evaluation.space import log_expression

IDS = ["dataset", "method", "seed"]
SHOWN = ("DE_FDR", "DE_found", "DE_found_at_FDR", "DE_FDR_counts", "DE_found_counts")


def main() -> None:
    """Write the table that the command line asks for, and print its medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder results/ of a run")
    parser.add_argument("output", type=Path, help="the table to write; rows of others stay")
    arguments = parser.parse_args()
    corrections = sorted(arguments.results.glob("*/*/*/corrected.h5ad"))
    found = pd.DataFrame(filter(None, map(genes_found, corrections)))
    print(medians(renew(found, arguments.output)))


def medians(table: pd.DataFrame) -> str:
    """Return what was found as a table of medians and ranges over the seeds, a line per method."""
    lines = [f"| data | method | {' | '.join(SHOWN)} |", "|---" * (len(SHOWN) + 2) + "|"]
    for ids, rows in table.groupby(IDS[:2], sort=False):
        texts = [in_words(rows[name].dropna()) for name in SHOWN]
        lines.append(f"| {' | '.join((*ids, *texts))} |")
    return "\n".join(lines)


def in_words(values: pd.Series) -> str:
    """Return the median of values and, where they differ, their range."""
    if values.empty:
        return ""
    low, middle, high = (short(f"{x:.3f}") for x in (values.min(), values.median(), values.max()))
    return middle if low == high else f"{middle} ({low}–{high})"


def genes_found(path: Path) -> dict[str, object] | None:
    """Return the ids of a correction and what tests of its expression found; None if it has none."""
    corrected = ad.read_h5ad(path)
    info = corrected.uns["aif"]
    if "reason" in info or info["output"] in ("embedding", "graph"):
        return None
    reference = ad.read_h5ad(path.parents[2] / "data" / "norm_log.h5ad")
    with_counts = info["method"] == "uncorrected"
    rows, _ = de_rows(log_expression(corrected), reference, with_counts)
    values = {row["metric"]: row["value"] for row in rows if pd.notna(row["value"])}
    return {name: info[name] for name in IDS} | values if values else None


if __name__ == "__main__":
    main()
