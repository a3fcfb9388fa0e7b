"""Add a run of config/benchmark.yaml to the tables and pictures of "Against the field"; see README.md.

The run may be of some of the data sets and methods; what is there of others stays.
"""

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

from aif.config.methods import TOLD_TYPES
from aif.evaluation.metrics import DE, METRICS
from aif.evaluation.ranks import CONTROLS, OUTPUT, WORST, ranks
from aif.job.files import read_table
from aif.report.ranking import Cell, Overview, overviews
from aif.report.recommendation import recommendation

KEYS = ["dataset", "batches", "method"]  # of what a run renews in a table
IDS = ["dataset", *OUTPUT, "seed"]
# The outputs of AIF in the short tables, and what they are called there.
SHOWN = {
    "steady": ("aif_steady", "expression"),
    "steady, embedding": ("aif_steady", "embedding"),
    "rel_dyn": ("aif_norm_log_rel_dyn", "expression"),
    "nats_anneal": ("aif_norm_log_nats_anneal", "expression"),
    "shift": ("aif_shift_norm_log_nats_anneal", "expression"),
}
DATA = {
    "human_dc": "human dendritic cells",
    "pbmc_3tech": "PBMC, three technologies",
    "mixology": "cell lines, 5 batches (sc_mixology)",
    "leukemia": "leukemia, 4 patients",
    "simulation1": "simulation 1 of Tran et al. 2020",
    "simulation3": "simulation 3 of Tran et al. 2020",
    "onek1k": "blood of 40 donors (OneK1K)",
    "intestine": "mouse intestine, 3 libraries",
    "pancreas": "pancreas, human and mouse, 328 cells",
}
OTHERS = {"scvi": "scVI", "combat": "ComBat", "seurat": "Seurat", "scanorama": "Scanorama",
          "harmony": "Harmony", "scvi_default": "scVI (defaults)", "limma": "limma",
          "sysvi": "SysVI", "concord": "CONCORD", "combat_seq": "ComBat-seq"}  # fmt: skip
PAGES = ("README.md", "docs/variants.md")  # that have the short tables
# What is known without cell types.
BLIND = ("unlabelled", "structure", "mixing", "variance_removed")


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder results/ of the run")
    parser.add_argument("output", type=Path, help="the folder of the tables")
    arguments = parser.parse_args()
    results, output = arguments.results, arguments.output
    mpl.use("Agg")
    run = read_table(results / "benchmark.tsv")
    run = run[run["cells"] == "all"]
    null_test = null_rows(read_table(output / "null_test.tsv"))
    rows = long(renew(wide(run), output / "benchmark.tsv"))
    (output / "recommendations").mkdir(exist_ok=True)
    for dataset in run["dataset"].unique():
        text = recommendations(results / dataset, rows, null_test)
        (output / "recommendations" / f"{dataset}.md").write_text(text)
    write(pd.DataFrame(losses(rows)), output / "choice.tsv")
    write_field(rows, output)
    tables = short_tables(rows)
    for page in PAGES:
        path = Path(__file__).parents[1] / page
        path.write_text(with_tables(path.read_text(), tables))


def write_field(rows: pd.DataFrame, output: Path) -> None:
    """Write field.md, all outputs by each score, and the pictures."""
    ranked = ranks(rows)
    parts = [
        "# Against the field: all numbers\n",
        "Made by `field.py` of `benchmark.tsv`: medians and ranges over the seeds, the best of all "
        "outputs but controls in bold. What they say is in [README.md](README.md#against-the-field).\n",
    ]
    for overview in overviews(ranked):
        name = overview.ranked_by
        picture(overview, ranked).savefig(output / f"field_{name}.png", dpi=110)
        parts.append(f"## {name}\n\n![{name}](field_{name}.png)\n\n{markdown(overview)}\n")
    (output / "field.md").write_text("\n".join(parts))


def short_tables(rows: pd.DataFrame) -> dict[str, str]:
    """Return, by the name of a score, the table of SHOWN outputs beside the best other one."""
    ranked = ranks(rows)
    return {view.ranked_by: beside_the_best(view) for view in overviews(ranked)}


def with_tables(text: str, tables: dict[str, str]) -> str:
    """Return a page with its tables renewed: what stands between two comments with their name."""
    for name, table in tables.items():
        start, end = f"<!-- table {name} -->\n", f"\n<!-- end {name} -->"
        if start in text:
            before, rest = text.split(start)
            text = before + start + table + end + rest.split(end)[1]
    return text


def renew(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Write and return a table, with the rows of other data sets and methods that are in the file."""
    if path.exists():
        before, keys = read_table(path), [key for key in KEYS if key in table]
        renewed = pd.MultiIndex.from_frame(table[keys])
        others = before[~pd.MultiIndex.from_frame(before[keys]).isin(renewed)]
        table = pd.concat([others, table], ignore_index=True).sort_values(keys, kind="stable")
    write(table, path)
    return table


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table with four decimals."""
    table.round(4).to_csv(path, sep="\t", index=False)


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per run and output, with the metrics that any of them has in columns."""
    kept = rows[rows["value"].notna() & ~rows["metric"].str.endswith("_max")]
    table = kept.pivot(index=IDS, columns="metric", values="value")
    return table[list(dict.fromkeys(kept["metric"]))].reset_index()


def long(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `wide` as the rows of benchmark.tsv, costs left out."""
    known = pd.DataFrame((*METRICS, *DE))[["name", "better", "suite"]].rename(
        columns={"name": "metric"}
    )
    rows = table.melt(IDS, var_name="metric").dropna(subset="value").merge(known)
    return rows.assign(cells="all", uses_types=rows["method"].isin(TOLD_TYPES))


def picture(overview: Overview, ranked: pd.DataFrame) -> Figure:
    """Return the medians as colours, each data set from its lowest to its highest, and numbers.

    Parameters
    ----------
    overview
        A score of every output on every data set, best first.
    ranked
        The rows of ranks.tsv.
    """
    own = ranked[ranked["metric"] == overview.ranked_by]
    outputs = [output for output, _ in overview.rows]
    medians = own.pivot(index=OUTPUT, columns="dataset", values="median")
    medians = medians.loc[outputs, overview.datasets]
    colours = (medians - medians.min()) / (medians.max() - medians.min())
    size = (1.0 * len(overview.datasets) + 3.5, 0.3 * len(outputs) + 1.2)
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    axis.imshow(colours, cmap="viridis", aspect="auto")
    for row, (_, (_, *cells)) in enumerate(overview.rows):
        for column, cell in enumerate(cells):
            colour = "white" if colours.iloc[row, column] < 0.6 else "black"
            place = {"ha": "center", "va": "center", "fontsize": 8}
            axis.text(column, row, short(cell.text), color=colour, **place)
    axis.set_xticks(range(len(overview.datasets)), overview.datasets, rotation=30, ha="right")
    axis.set_yticks(range(len(outputs)), [" ".join(output) for output in outputs])
    title = f"{overview.ranked_by}, medians of the seeds; rows by mean rank, what takes none last"
    axis.set_title(title, fontsize=10)
    return figure


def markdown(overview: Overview) -> str:
    """Return medians and ranges over the seeds as a table, the best of each data set in bold."""
    lines = [f"| output | {' | '.join(overview.datasets)} | mean rank |"]
    lines.append("|---" * (len(overview.datasets) + 2) + "|")
    for output, (rank, *cells) in overview.rows:
        texts = [_marked(cell) for cell in (*cells, rank)]
        lines.append(f"| {' '.join(output)} | {' | '.join(texts)} |")
    return "\n".join(lines)


def beside_the_best(overview: Overview) -> str:
    """Return uncorrected cells and SHOWN outputs of AIF beside the best of all other methods."""
    names = ["uncorrected", *SHOWN, "best of the others"]
    lines = [f"| data | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for place, dataset in enumerate(overview.datasets):
        medians = pd.Series(
            {output: cells[place].text for output, (_, *cells) in overview.rows}
        ).replace("–", None).astype(float)  # fmt: skip
        method = medians.index.get_level_values(0)
        unasked = (WORST[0], *CONTROLS, *overview.told)
        others = medians[~method.str.startswith("aif") & ~method.isin(unasked)]
        best = others.idxmax()
        numbers = medians.reindex(pd.MultiIndex.from_tuples([WORST, *SHOWN.values(), best]))
        texts = [short(f"{number:.3f}") if pd.notna(number) else "" for number in numbers]
        texts[-1] = " ".join(
            (OTHERS[best[0]], *(["embedding"] * (best[1] == "embedding")), texts[-1])
        )
        texts[numbers.argmax()] = f"**{texts[numbers.argmax()]}**"
        lines.append(f"| {DATA.get(dataset, dataset)} | {' | '.join(texts)} |")
    return "\n".join(lines)


def _marked(cell: Cell) -> str:
    """Return a cell's median, its range where the seeds differ, and bold where it is the best."""
    text = f"**{short(cell.text)}**" if cell.best else short(cell.text)
    low, *high = map(short, cell.spread.split(" to "))
    return f"{text} ({low}–{high[0]})" if high and high[0] != low else text


def short(number: str) -> str:
    """Return a number without the 0 before its decimals."""
    return number.replace("0.", ".", 1) if number.startswith(("0.", "-0.")) else number


def null_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the medians of null_test.py as rows of a run's null_test.tsv, beside uncorrected cells."""
    ids = ["dataset", "batches"]
    rows = table.melt([*ids, *OUTPUT], var_name="measure").dropna(subset="value")
    before = rows[rows["method"] == WORST[0]].set_index([*ids, "measure"])["value"]
    return rows.join(before.rename("before"), on=[*ids, "measure"])


def recommendations(folder: Path, run: pd.DataFrame, null_test: pd.DataFrame) -> str:
    """Return what the report recommends for a data set, with its cell types and without.

    What became of cell types and losses is known of the methods in the folder only.

    Parameters
    ----------
    folder
        The data set's results.
    run, null_test
        The rows of benchmark.tsv and null_test.tsv.
    """
    dataset = folder.name
    own = {
        "types": tables_of(folder, "types"),
        "losses": tables_of(folder, "losses"),
        "checks": read_table(folder / "data" / "checks.tsv"),
        "null_test": null_test[null_test["dataset"] == dataset],
    }
    scores = run[run["dataset"] == dataset]
    hidden = own | {"types": own["types"][:0], "checks": own["checks"][:0]}
    with_types = recommendation(scores, **own)
    without = recommendation(scores[scores["metric"].isin(BLIND)], **hidden)
    parts = [f"# What the report recommends for {dataset}\n"]
    for title, said in (("With cell types", with_types), ("Without", without)):
        remarks = (*said.certainty, *said.for_what, *said.against)
        parts.append(f"\n## {title}\n\n{said.choice}\n\n")
        parts += [f"* {remark}\n" for remark in remarks]
    return "".join(parts)


def tables_of(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of all products of a data set, the files of a search left out."""
    files = sorted(folder.glob(f"*/*/{name}.tsv"))
    return pd.concat([read_table(file) for file in files], ignore_index=True)


if __name__ == "__main__":
    main()
