"""How far choices of an output stay behind the best, on every data set of a benchmark; see README.md.

Choices are by the score without labels, among all outputs and among those of AIF, and to take the same
variant always.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.evaluation.ranks import CONTROLS, OUTPUT
from aif.job.files import read_table

SCORES = ("overall", "robust_overall")


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", help="benchmark.tsv of a run")
    parser.add_argument("output", help="the table to write")
    arguments = parser.parse_args()
    rows = read_table(arguments.benchmark)
    table = pd.DataFrame(losses(rows[rows["cells"] == "all"]))
    table.round(4).to_csv(arguments.output, sep="\t", index=False)
    print(table.groupby(["score", "among", "choice"])["loss"].agg(["mean", "max"]).round(3))


def losses(benchmark: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield a row per data set, score and choice: what was chosen, the best, and what lies between.

    Parameters
    ----------
    benchmark
        The rows of benchmark.tsv of all cells.
    """
    own = benchmark[~benchmark["method"].isin(CONTROLS)]
    for dataset, rows in own.groupby("dataset", sort=False):
        medians = rows.pivot_table(index=OUTPUT, columns="metric", values="value", aggfunc="median")
        of_aif = medians[medians.index.get_level_values("method").str.startswith("aif")]
        for score in (score for score in SCORES if score in medians):
            for among, outputs in (("all methods", medians), ("AIF", of_aif)):
                known = outputs[score].dropna()
                blind = outputs["unlabelled"].dropna() if "unlabelled" in outputs else known[:0]
                choices = {"unlabelled": blind.idxmax()} if len(blind) else {}
                if among == "AIF":
                    choices |= {f"always {' '.join(output)}": output for output in known.index}
                for choice, chosen in choices.items():
                    yield {
                        "dataset": dataset,
                        "score": score,
                        "among": among,
                        "choice": choice,
                        "chosen": " ".join(chosen),
                        "best": " ".join(known.idxmax()),
                        "loss": known.max() - known.get(chosen, float("nan")),
                    }


if __name__ == "__main__":
    main()
