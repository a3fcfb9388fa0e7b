"""A whole search beside the same search by halving: which row is best, how good it is, what it costs.

Both are run from preprocessed cells to the table of rows, one after the other. Both rows that were taken are
judged by the whole search, with all its seeds. What was interrupted goes on; its seconds are added up.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anndata as ad
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.config.hyperparameters import NAMES as HYPERPARAMETERS
from aif.config.hyperparameters import OF_CORRECTION, hyperparameters_of
from aif.job.files import read_table
from aif.search.best import choice

ROOT = Path(__file__).parents[1]
SCORES = ("unlabelled", "robust_overall")
TRAINED = [name for name in HYPERPARAMETERS if name not in OF_CORRECTION]


def main() -> None:
    """Search as the command line asks, and write the table after every data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="a config with datasets, variants, a grid and seeds")
    parser.add_argument("folder", help="where both searches are run")
    parser.add_argument("output", help="the table to write")
    parser.add_argument("--cores", default="2")
    arguments = parser.parse_args()
    config = yaml.safe_load(Path(arguments.config).read_text())
    for entry in config["datasets"].values():
        if "path" in entry:
            entry["path"] = str(Path(entry["path"]).resolve())
    rows = []
    for dataset in config["datasets"]:
        for variant in config["variants"]:
            whole, halved = (
                Search(Path(arguments.folder, name), config | {"halving": name == "halved"})
                for name in ("whole", "halved")
            )
            for search in (whole, halved):
                search.run(dataset, variant, arguments.cores)
            rows.append(compared(whole, halved, dataset, variant))
            table = pd.DataFrame(rows)
            table.round(4).to_csv(arguments.output, sep="\t", index=False)
    print(table.T.to_string(header=False))


class Search:
    """A search in a folder of its own."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder, self.config = folder, config
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(config))

    def run(self, dataset: str, variant: str, cores: str) -> None:
        """Make the tables of a variant's search on a data set; keep the seconds beside them."""
        self._make(f"results/{dataset}/data/norm_log.h5ad", cores)
        table = self._results(dataset, variant) / "robust_grid_search.tsv"
        if table.exists():
            return
        start = time.perf_counter()
        try:
            self._make(str(table.relative_to(self.folder)), cores)
        finally:
            seconds = self.seconds(dataset, variant) + time.perf_counter() - start
            self._clock(dataset, variant).write_text(str(seconds))

    def seconds(self, dataset: str, variant: str) -> float:
        """Return what the search took."""
        clock = self._clock(dataset, variant)
        return float(clock.read_text()) if clock.exists() else 0.0

    def rows(self, dataset: str, variant: str) -> pd.DataFrame:
        """Return the table of rows, by their numbers."""
        table = read_table(self._results(dataset, variant) / "robust_grid_search.tsv")
        return table.set_index("row")

    def best(self, dataset: str, variant: str) -> int:
        """Return the row that the search takes."""
        rows = self.rows(dataset, variant)
        by = choice(rows, self.config.get("best_by", "unlabelled"))
        return int(rows.index[rows[f"best_by_{by}"]].item())

    def steps(self, dataset: str, variant: str) -> int:
        """Return the steps of all trainings, short ones included; models of one training count once."""
        cells = ad.read_h5ad(self.folder / f"results/{dataset}/data/norm_log.h5ad", backed="r")
        parts = [
            read_table(path)
            for path in sorted(self._results(dataset, variant).glob("runs/*/seed_*.tsv"))
        ]
        runs = pd.concat(parts)
        runs = runs[runs["cells"] != "heldout"].drop_duplicates([*TRAINED, "seed", "share"])
        total = 0
        for run in runs.to_dict("records"):
            model = hyperparameters_of(run).shortened(run["share"], cells.n_obs)
            total += model.n_epochs(cells.n_obs) * model.steps_per_epoch(cells.n_obs)
        return total

    def spread(self, dataset: str, variant: str, row: int, score: str) -> float:
        """Return the range of a row's score over the seeds."""
        runs = read_table(self._results(dataset, variant) / "runs.tsv")
        values = runs.loc[(runs["row"] == row) & (runs["status"] == "ok"), score]
        return float(values.max() - values.min())

    def _results(self, dataset: str, variant: str) -> Path:
        return self.folder / "results" / dataset / variant

    def _clock(self, dataset: str, variant: str) -> Path:
        return self.folder / f"seconds_{dataset}_{variant}.txt"

    def _make(self, target: str, cores: str) -> None:
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", target]
        command += ["--cores", cores, "--directory", self.folder]
        command += ["--configfile", self.folder / "config.yaml"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def compared(whole: Search, halved: Search, dataset: str, variant: str) -> dict[str, object]:
    """Return the row of the table: `as_good` is within the range over the seeds of the best row."""
    place = (dataset, variant)
    rows = whole.rows(*place)
    best = {"whole": whole.best(*place), "halved": halved.best(*place)}
    row: dict[str, object] = {"dataset": dataset, "variant": variant, "rows": len(rows)}
    row |= {"seeds": int(rows["n_finished"].max())}
    row |= {f"best_{name}": number for name, number in best.items()}
    for score in SCORES:
        medians = {name: rows.loc[number, f"{score}_median"] for name, number in best.items()}
        spread = whole.spread(*place, best["whole"], score)
        row |= {f"{score}_{name}": value for name, value in medians.items()}
        row |= {f"{score}_spread": spread}
        row |= {f"{score}_as_good": bool(medians["halved"] >= medians["whole"] - spread)}
    for name, search in (("whole", whole), ("halved", halved)):
        row |= {f"seconds_{name}": search.seconds(*place), f"steps_{name}": search.steps(*place)}
    return row


if __name__ == "__main__":
    main()
