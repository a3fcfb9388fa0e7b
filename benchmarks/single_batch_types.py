"""Collect what became of cell types that are in one batch only; see README.md, "Types of one batch".

Of every output of a run: the share of the neighbours of such a type's cells that have another type, the
median over the seeds, and its range.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.evaluation.ranks import CONTROLS, OUTPUT
from aif.job.files import read_table

KEYS = ["dataset", "cell_type", "n_cells", *OUTPUT]


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder results/ of a run")
    parser.add_argument(
        "output", type=Path, help="the table to write; rows of other data sets stay"
    )
    arguments = parser.parse_args()
    files = sorted(arguments.results.glob("*/*/*/types.tsv"))
    found = merged_shares(pd.concat([read_table(file) for file in files], ignore_index=True))
    table = found
    if arguments.output.exists():
        before = read_table(arguments.output)
        table = pd.concat([before[~before["dataset"].isin(found["dataset"])], found])
    table.round(4).to_csv(arguments.output, sep="\t", index=False)
    shown = found.pivot(index=OUTPUT, columns=["dataset", "cell_type"], values="median")
    print(shown.round(3).to_string())


def merged_shares(types: pd.DataFrame) -> pd.DataFrame:
    """Return a row per output and type of one batch: the share of neighbours of other types.

    Parameters
    ----------
    types
        The rows of all types.tsv.
    """
    own = types[(types["n_batches"] == 1) & ~types["method"].isin(CONTROLS)]
    groups = own.assign(share=1 - own["purity"]).groupby(KEYS, sort=False)["share"]
    return groups.agg(["median", "min", "max"]).reset_index()


if __name__ == "__main__":
    main()
