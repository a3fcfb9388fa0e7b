"""Which forms of files are read, through the workflow as users run it.

    python benchmarks/forms.py [CASES]

Writes the same cells in every form of tests/file_forms*.py, reads, checks and preprocesses each, and
compares what was read. CASES is a folder of files as people have them, which the make.py of each folder
in it writes; in a copy, each config there is run as it stands. Writes benchmarks/forms.tsv: a line for
each form or case, and whether it works, works with a warning, or ends in a line.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import anndata as ad
import pandas as pd
import yaml

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "workflow/scripts")]

from cells import simulated  # noqa: E402
from file_forms import FORMS  # noqa: E402
from file_forms_of_r import FORMS_OF_R  # noqa: E402

from aif.job.files import read_table  # noqa: E402
from aif.reading.notes import Note, notes_of  # noqa: E402


def run(folder: Path, config: dict, targets: list[str]) -> list[str]:
    """Make files with a config in a folder; return the lines of errors."""
    (folder / "forms.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--cores", "2"]
    options = ["--keep-going", "--configfile", "forms.yaml"]
    done = subprocess.run(
        [*command, *targets, *options], cwd=folder, capture_output=True, text=True
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    return list(dict.fromkeys(line.removeprefix("error: ") for line in lines))


def row(name: str, dataset: str, errors: list[str], notes: list[Note]) -> dict[str, str]:
    """Return the row of a data set: what became of it, in words, and the line or the warnings."""
    own = [line for line in errors if f"datasets.{dataset}." in line or line.startswith("config:")]
    told = [
        note.message for note in notes if note.status == "warning" and note.check != "cell types"
    ]
    outcome = "one line" if own else "warning" if told else "works"
    return {"form": name, "outcome": outcome, "said": (own or ["; ".join(told)])[0]}


def of_forms() -> Iterator[dict[str, str]]:
    """Yield a row for every form, whose cells must be those that were written."""
    makers = {**FORMS, **FORMS_OF_R}
    expected = simulated().to_df()
    with tempfile.TemporaryDirectory() as place:
        folder, entries = Path(place), {}
        for i, make in enumerate(makers.values()):
            (folder / str(i)).mkdir()
            given = {"batch_key": "batch", **make(folder / str(i))}
            entries[f"form{i}"] = {key: value for key, value in given.items() if value is not None}
        kind = {
            name: "samples" if "samples" in entry else "cells" for name, entry in entries.items()
        }
        targets = [f"results/{name}/data/{kind[name]}.h5ad" for name in entries]
        errors = run(folder, {"datasets": entries, "variants": ["aif"]}, targets)
        for form, dataset, target in zip(makers, entries, targets, strict=True):
            if not (folder / target).exists():
                yield row(form, dataset, errors, [])
                continue
            found = ad.read_h5ad(folder / target)
            if not found.to_df().loc[expected.index].equals(expected):
                errors.append(f"datasets.{dataset}.path: other counts than were written")
            yield row(form, dataset, errors, notes_of(found))


def of_cases(cases: Path) -> Iterator[dict[str, str]]:
    """Yield a row for every data set of every config below a folder, checked and preprocessed."""
    with tempfile.TemporaryDirectory() as place:
        copied = Path(shutil.copytree(cases, Path(place) / "cases"))
        for script in sorted(copied.glob("*/make.py")):
            subprocess.run([sys.executable, script.name], cwd=script.parent, check=True)
        yield from of_configs(copied)


def of_configs(cases: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of `of_cases`, the files being there."""
    for file in sorted(cases.glob("*/*.yaml")):
        config = yaml.safe_load(file.read_text())
        datasets = list(config["datasets"])
        errors = run(file.parent, config, [f"results/{name}/data/raw.h5ad" for name in datasets])
        for dataset in datasets:
            checks = file.parent / f"results/{dataset}/data/checks.tsv"
            table = read_table(checks) if checks.exists() else pd.DataFrame(columns=Note._fields)
            notes = [Note(*values) for values in table[[*Note._fields]].itertuples(index=False)]
            yield row(f"{file.parent.name}/{file.stem}: {dataset}", dataset, errors, notes)


if __name__ == "__main__":
    rows = [
        *of_forms(),
        *(row for folder in sys.argv[1:] for row in of_cases(Path(folder).resolve())),
    ]
    table = pd.DataFrame(rows)
    table.to_csv(ROOT / "benchmarks/forms.tsv", sep="\t", index=False)
    print(table.to_string())
