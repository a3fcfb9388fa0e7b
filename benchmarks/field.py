"""Make the tables and pictures of "Against the field" from a run of config/benchmark.yaml; see README.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from choice import losses
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.evaluation.ranks import CONTROLS, OUTPUT
from aif.job.files import read_table
from aif.report.recommendation import recommendation

SCORES = ("overall", "robust_overall", "unlabelled")
# What is known without cell types.
BLIND = ("unlabelled", "structure", "mixing")
FEW = 3  # decimals


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder results/ of the run")
    parser.add_argument("output", type=Path, help="the folder of the tables")
    arguments = parser.parse_args()
    results, output = arguments.results, arguments.output
    mpl.use("Agg")
    rows = read_table(results / "benchmark.tsv")
    rows = rows[rows["cells"] == "all"]
    write(wide(rows), output / "benchmark.tsv")
    write(pd.DataFrame(losses(rows)), output / "choice.tsv")
    for score in SCORES:
        medians_of(rows, score).pipe(picture, score).savefig(output / f"field_{score}.png", dpi=110)
        print(f"\n{score}\n\n{markdown(rows, score)}")
    if (results / "null_test.tsv").exists():
        write(null_medians(read_table(results / "null_test.tsv")), output / "null_test.tsv")
    (output / "recommendations.md").write_text(recommendations(results, rows))


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table with four decimals."""
    table.round(4).to_csv(path, sep="\t", index=False)


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per run and output, with the metrics that any of them has in columns."""
    kept = rows[rows["value"].notna() & ~rows["metric"].str.endswith("_max")]
    table = kept.pivot(index=["dataset", *OUTPUT, "seed"], columns="metric", values="value")
    return table[list(dict.fromkeys(kept["metric"]))].reset_index()


def medians_of(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return medians over the seeds (outputs × data sets), by mean rank; controls last."""
    own = rows[rows["metric"] == score].pivot_table(
        index=OUTPUT, columns="dataset", values="value", aggfunc="median"
    )
    control = own.index.get_level_values("method").isin(CONTROLS)
    ranks = own[~control].rank(ascending=False).mean(axis=1).sort_values()
    return own.reindex([*ranks.index, *own.index[control]])[list(dict.fromkeys(rows["dataset"]))]


def picture(medians: pd.DataFrame, score: str) -> Figure:
    """Return the medians as colours, each data set from its lowest to its highest, and numbers."""
    low, high = medians.min(), medians.max()
    size = (1.0 * medians.shape[1] + 3.5, 0.3 * len(medians) + 1.2)
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    axis.imshow((medians - low) / (high - low), cmap="viridis", aspect="auto")
    for (row, column), value in pd.DataFrame(medians.to_numpy()).stack().items():
        dark = (value - low.iloc[column]) / (high.iloc[column] - low.iloc[column]) < 0.6
        text = f"{value:.3f}".removeprefix("0")
        axis.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=8,
            color="white" if dark else "black",
        )
    axis.set_xticks(range(medians.shape[1]), medians.columns, rotation=30, ha="right")
    axis.set_yticks(range(len(medians)), [" ".join(output) for output in medians.index])
    axis.set_title(f"{score}, medians of the seeds; rows by mean rank, controls last", fontsize=10)
    return figure


def markdown(rows: pd.DataFrame, score: str) -> str:
    """Return medians and ranges over the seeds as a table, the best of each data set in bold."""
    medians = medians_of(rows, score)
    values = rows[rows["metric"] == score].groupby(["dataset", *OUTPUT])["value"]
    low, high = values.min(), values.max()
    control = medians.index.get_level_values("method").isin(CONTROLS)
    best = medians[~control].max()
    ranks = medians[~control].rank(ascending=False).mean(axis=1)
    lines = [f"| output | {' | '.join(medians.columns)} | mean rank |"]
    lines.append("|---" * (medians.shape[1] + 2) + "|")
    for output, own in medians.iterrows():
        cells = [
            _cell(value, low.get((name, *output)), high.get((name, *output)), best[name])
            for name, value in own.items()
        ]
        rank = f"{ranks[output]:.1f}" if output in ranks else ""
        lines.append(f"| {' '.join(output)} | {' | '.join(cells)} | {rank} |")
    return "\n".join(lines)


def _cell(value: float, low: float, high: float, best: float) -> str:
    if pd.isna(value):
        return ""
    middle, *ends = (f"{number:.{FEW}f}".removeprefix("0") for number in (value, low, high))
    middle = f"**{middle}**" if value == best else middle
    return middle if ends[0] == ends[1] else f"{middle} ({'–'.join(ends)})"


def null_medians(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the null test's measures in columns, medians over its draws."""
    known = rows[rows["value"].notna()]
    keys = ["dataset", "batches", *OUTPUT]
    table = known.pivot_table(index=keys, columns="measure", values="value", aggfunc="median")
    return table[list(dict.fromkeys(known["measure"]))].reset_index()


def recommendations(results: Path, rows: pd.DataFrame) -> str:
    """Return what the report recommends for every data set, with its cell types and without."""
    null = results / "null_test.tsv"
    null_test = read_table(null) if null.exists() else None
    parts = ["# What the report recommends for each data set of config/benchmark.yaml\n"]
    for dataset in dict.fromkeys(rows["dataset"]):
        folder = results / dataset
        own = {name: _tables(folder, name) for name in ("types", "losses")}
        own["checks"] = read_table(folder / "data" / "checks.tsv")
        own["null_test"] = (
            pd.DataFrame(columns=["dataset", "batches"])
            if null_test is None
            else null_test[null_test["dataset"] == dataset]
        )
        scores = rows[rows["dataset"] == dataset]
        blind = scores[scores["metric"].isin(BLIND)]
        hidden = {"types": own["types"][:0], "checks": own["checks"][:0]}
        for title, seen in (("with cell types", own), ("without", own | hidden)):
            benchmark = scores if title == "with cell types" else blind
            said = recommendation(benchmark, **seen)
            parts.append(f"\n## {dataset}, {title}\n\n{said.choice}\n")
            for line in (*said.certainty, *said.for_what, *said.against):
                parts.append(f"* {line}\n")
    return "".join(parts)


def _tables(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of all products of a data set, the files of a search left out."""
    files = sorted(folder.glob(f"*/*/{name}.tsv"))
    return pd.concat([read_table(file) for file in files], ignore_index=True)


if __name__ == "__main__":
    main()
