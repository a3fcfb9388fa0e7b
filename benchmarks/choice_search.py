"""How far the choices of a search stay behind its best row, on every data set and variant; see README.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.job.files import read_table

SCORES = ("overall", "robust_overall")
CHOICES = ("unlabelled", "loss")


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("search", nargs="+", help="robust_grid_search.tsv of one or several runs")
    parser.add_argument("--output", required=True, help="the table to write")
    arguments = parser.parse_args()
    rows = pd.concat(map(read_table, arguments.search))
    table = pd.DataFrame(behind(rows)).round(4)
    table.to_csv(arguments.output, sep="\t", index=False)
    summary = table.groupby(["method", "score", "choice"])["behind"].agg(["mean", "max"])
    print(summary.round(3))


def behind(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield a row per data set, variant, score and choice: what was taken, the best row and the worst.

    Parameters
    ----------
    rows
        The rows of robust_grid_search.tsv.
    """
    for (dataset, method), own in rows.groupby(["dataset", "method"], sort=False):
        for score in SCORES:
            medians = own.set_index("row")[f"{score}_median"]
            for choice in CHOICES:
                taken = own.loc[own[f"best_by_{choice}"], "row"].item()
                yield {
                    "dataset": dataset,
                    "method": method,
                    "score": score,
                    "choice": choice,
                    "taken": taken,
                    "best": medians.idxmax(),
                    "behind": medians.max() - medians[taken],
                    "worst_is_behind": medians.max() - medians.min(),
                }


if __name__ == "__main__":
    main()
