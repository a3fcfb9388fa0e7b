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

from aif.config.schema import Choose
from aif.evaluation.ranks import OUTPUT, WORST, unranked
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
    """Yield a row per data set, score, group of outputs and choice: what was chosen, and the best.

    A group is all outputs, or those of one space, of all methods or of AIF; or those that `choose` tries.

    Parameters
    ----------
    benchmark
        The rows of benchmark.tsv of all cells.
    """
    own = benchmark[~benchmark["method"].isin(unranked(benchmark))]
    for dataset, rows in own.groupby("dataset", sort=False):
        medians = rows.pivot_table(index=OUTPUT, columns="metric", values="value", aggfunc="median")
        for among, outputs in groups(medians):
            for score in (score for score in SCORES if outputs[score].notna().any()):
                known = outputs[score].dropna()
                for choice, chosen in choices(outputs, among):
                    yield {
                        "dataset": dataset,
                        "score": score,
                        "among": among,
                        "choice": choice,
                        "chosen": " ".join(chosen),
                        "best": " ".join(known.idxmax()),
                        "loss": known.max() - known.get(chosen, float("nan")),
                    }


def groups(medians: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the outputs (rows) that a choice may be among, under the group's name."""
    method, space = (medians.index.get_level_values(name) for name in OUTPUT)
    for methods, of_methods in (
        ("all methods", method != ""),
        ("AIF", method.str.startswith("aif")),
    ):
        yield methods, medians[of_methods]
        for name in ("expression", "embedding"):
            yield f"{methods}, {name}", medians[of_methods & (space == name)]
    candidates = [*Choose().candidates, WORST[0]]
    yield "candidates of choose", medians[method.isin(candidates)]


def choices(outputs: pd.DataFrame, among: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the ways to choose and the output they take: by the score, or always the same of AIF."""
    blind = outputs["unlabelled"].dropna()
    if len(blind):
        yield "unlabelled", blind.idxmax()
    if among == "AIF":
        yield from ((f"always {' '.join(output)}", output) for output in outputs.index)


if __name__ == "__main__":
    main()
