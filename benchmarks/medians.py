"""Write some metrics of a run as a table: medians over the seeds, and ranges; see README.md, "Few cells"."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from aif.evaluation.ranks import OUTPUT
from aif.job.files import read_table


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder results/ of a run")
    parser.add_argument("output", type=Path, help="the table to write")
    parser.add_argument("metrics", nargs="+")
    arguments = parser.parse_args()
    run = read_table(arguments.results / "benchmark.tsv")
    asked = run[run["metric"].isin(arguments.metrics) & run["value"].notna()]
    values = asked.groupby(["dataset", *OUTPUT, "metric"], sort=False)["value"]
    found = values.agg(["median", "min", "max", "count"]).rename(columns={"count": "seeds"})
    found.round(4).to_csv(arguments.output, sep="\t")
    print(found["median"].unstack(["dataset", "metric"]).round(3).to_string())


if __name__ == "__main__":
    main()
