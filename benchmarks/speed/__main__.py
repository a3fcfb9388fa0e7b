"""Measure speed: every task compares contenders side by side and adds its rows to one table."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import atlas
import numpy as np
import pandas as pd
import scale
import search
from places import ENVIRONMENT, FOLDER, ROOT

from aif.model.device import Device

ROUNDS = 3  # contenders of a step take turns, so that other work on the machine meets all of them
COLUMNS = (
    *("task", "unit", "ours", "peer", "floor", "peer_ratio", "floor_ratio"),
    *("peer_is", "threads", "device", "versions"),
)


def main() -> None:
    """Run the tasks that the command line names and put their rows into the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=ROOT / "benchmarks" / "speed.tsv", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=[*TASKS, "atlas"], default=list(TASKS))
    of_atlas = parser.add_argument_group("atlas", "takes hours, and runs only where it is named")
    of_atlas.add_argument("--cells", nargs="+", type=int, default=atlas.SIZES)
    of_atlas.add_argument("--quick", action="store_true", help="one epoch, fast metrics")
    of_atlas.add_argument("--folder", type=Path, help="keeps the runs, to go on after a kill")
    options = parser.parse_args()
    tasks = TASKS | {"atlas": partial(whole_runs, options)}
    for name in options.tasks:
        rows = pd.DataFrame([row(**found) for found in tasks[name]()])
        print(rows.to_string())
        if options.output.exists():
            before = pd.read_csv(options.output, sep="\t")
            rows = pd.concat([before, rows]).drop_duplicates(["task", "device"], keep="last")
        rows.to_csv(options.output, sep="\t", index=False, float_format="%.4g")


def row(
    task: str,
    unit: str,
    ours: float,
    threads: int,
    peer: float = np.nan,
    floor: float = np.nan,
    peer_is: str = "",
    device: str = "",
) -> dict[str, object]:
    """Return a row of the table: how many times the peer's time and the floor ours is."""
    packages = ("torch", "numpy", "scikit-learn", "scanpy", "scib", "snakemake")
    values = {
        **{"task": task, "unit": unit, "ours": ours, "peer": peer, "floor": floor},
        **{"peer_ratio": peer / ours, "floor_ratio": ours / floor, "peer_is": peer_is},
        **{"threads": threads, "device": device or processor()},
        "versions": ", ".join(f"{package} {version(package)}" for package in packages),
    }
    return {column: values[column] for column in COLUMNS}


def processor() -> str:
    """Return what the machine calls its processor, and whether it multiplies bfloat16."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    return (names or [platform.machine()])[0] + (", AMX" if "amx_bf16" in info else "")


def measured(script: str, *arguments: object) -> str:
    """Return the last line that a script of this folder prints."""
    command = [sys.executable, FOLDER / script, *map(str, arguments)]
    output = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ).stdout
    return output.splitlines()[-1]


def step() -> list[dict[str, object]]:
    """A training step at 2,000 and 20,000 genes, against the reference and the floor."""
    rows = []
    kinds = ("",) if Device.chosen("cpu").emulates_bfloat16() else ("", "_bfloat16")
    contenders = ["reference", *(name + kind for name in ("ours", "floor") for kind in kinds)]
    for genes, cells, epochs in ((2000, 1400, 2), (20000, 352, 2)):
        sizes = ("--cells", cells, "--genes", genes, "--epochs", epochs, "--threads", 2)
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            for name, seconds in times.items():
                seconds.append(1e3 * float(measured("step.py", name, *sizes)))
        median = {name: statistics.median(seconds) for name, seconds in times.items()}
        for kind in kinds:
            rows.append(
                {
                    "task": f"training step, {genes} genes{kind.replace('_', ', ')}",
                    "unit": "ms",
                    "ours": median["ours" + kind],
                    "peer": median["reference"],
                    "floor": median["floor" + kind],
                    "peer_is": "batchaif 0.0.4 (float32)",
                    "threads": 2,
                }
            )
    return rows


def whole_search() -> list[dict[str, object]]:
    """A slice of a robust grid search against the reference and the floor, and how good both are."""
    rows, runs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells = search.data(folder / "cells.h5ad")
        peer, found = search.reference(cells, folder)
        found.insert(0, "contender", "batchaif 0.0.4, hidden 800")
        runs.append(found)
        for hidden in (800, 400):
            tables, whole, found = search.ours(cells, folder / f"hidden_{hidden}", hidden)
            found.insert(0, "contender", f"ours, hidden {hidden}")
            runs.append(found)
            floor = search.floor(hidden)
            for task, seconds in (("", tables), (", best run and pages too", whole)):
                rows.append(
                    {
                        "task": f"search of 4 rows x 3 seeds, hidden {hidden}{task}",
                        "unit": "s",
                        "ours": seconds,
                        "peer": peer,
                        "floor": floor,
                        "peer_is": "batchaif 0.0.4 (hidden 800)",
                        "threads": 2,
                    }
                )
    pd.concat(runs).to_csv(
        ROOT / "benchmarks" / "search.tsv", sep="\t", index=False, float_format="%.4g"
    )
    return rows


def judging() -> list[dict[str, object]]:
    """An evaluation against the training that it judges, 40 epochs."""
    threads = 1  # as the rule has
    sizes = ("--cells", 352, "--genes", scale.GENES, "--epochs", 2, "--threads", threads)
    seconds_per_step = float(measured("step.py", "ours", *sizes))
    return [
        {
            "task": f"evaluation of {cells} cells, {profile}",
            "unit": "s",
            "ours": float(measured("judging.py", cells, threads, profile)),
            "peer": seconds_per_step * 40 * cells / 32,
            "peer_is": "training of 40 epochs, from its steps (hidden 800)",
            "threads": threads,
        }
        for cells in (1200, 4000, 20000)
        for profile in ("full", "fast")
    ]


def growth() -> list[dict[str, object]]:
    """Preprocessing, an epoch and correction from 2,000 to 200,000 cells."""
    found = pd.DataFrame(
        [
            entry
            for cells in (2000, 20000, 200000)
            for entry in json.loads(measured("scale.py", cells))
        ]
    )
    found.to_csv(ROOT / "benchmarks" / "scale.tsv", sep="\t", index=False, float_format="%.4g")
    scale.plot(found, ROOT / "benchmarks" / "scale.png")
    largest = found[found["cells"] == found["cells"].max()]
    return [
        {
            "task": f"{line.step}, {line.cells} cells x {scale.GENES} genes",
            "unit": "s",
            "ours": line.seconds,
            "threads": 1,
        }
        for line in largest.itertuples()
    ]


def stack() -> list[dict[str, object]]:
    """A stack of 48 models against one at a time, on a GPU; of 4 on the CPU."""
    import torch

    models, cells = (48, 1400) if torch.cuda.is_available() else (4, 352)
    found = json.loads(measured("stack.py", models, cells, 2))
    details = ", ".join(f"{name} {value:.3g}" for name, value in list(found.items())[4:])
    return [
        {
            "task": f"a model's step in a stack of {models}",
            "unit": "ms",
            "ours": found["stacked_ms_per_model"],
            "peer": found["single_ms"],
            "peer_is": f"one model at a time ({details})",
            "threads": 2,
            "device": "" if found["device"] == "cpu" else found["device"],
        }
    ]


def whole_runs(options: argparse.Namespace) -> list[dict[str, object]]:
    """From an h5ad to the report at several sizes, beside scVI at one of them."""
    with tempfile.TemporaryDirectory() as name:
        folder, quick = options.folder or Path(name), ["--quick"] if options.quick else []
        found = [
            json.loads(measured("atlas.py", cells, folder / str(cells), *quick))
            for cells in sorted(options.cells)
        ]
    rules, scores = (
        pd.DataFrame([line for part in found for line in part[table]])
        for table in ("rules", "scores")
    )
    for table, of in ((rules, "atlas"), (scores, "atlas_scores")):
        path = options.output.with_name(f"{of}.tsv")
        table.to_csv(path, sep="\t", index=False, float_format="%.4g")
    atlas.plot(rules, options.output.with_name("atlas.png"))
    rows = []
    for cells, part in rules.groupby("cells"):
        whole = part.loc[part["of"] == "", "seconds"].item()
        of_peer = atlas.seconds_of(part, f"baselines/{atlas.PEER}") or np.nan
        corrected = atlas.seconds_of(part, f"{atlas.VARIANT}/pipeline")
        tasks = {
            "from the h5ad to the report": {"ours": whole},
            "to a corrected data set": {"ours": corrected, "peer": of_peer, "peer_is": "scVI"},
        }
        rows += [
            {"task": f"{cells} cells {name}", "unit": "s", "threads": atlas.CORES, **values}
            for name, values in tasks.items()
        ]
    return rows


TASKS: dict[str, Callable[[], list[dict[str, object]]]] = {
    "step": step,
    "search": whole_search,
    "evaluation": judging,
    "scale": growth,
    "stack": stack,
}

if __name__ == "__main__":
    main()
