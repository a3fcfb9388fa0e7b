"""Compare the tables of two runs of the workflow: python tests/compare_results.py OLD/results NEW/results.

All values must be equal to the last bit but those that differ from run to run: what a job cost, and the
version that made a row. Tables and columns that only the new folder has are named and not compared.
"""

import sys
from pathlib import Path

import pandas as pd

COSTS = {"seconds", "peak_memory_mb", "peak_gpu_memory_mb", "version"}


def tables(folder):
    """Return the tables below a folder by their places, as text."""
    return {
        str(path.relative_to(folder)): pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        for path in sorted(folder.rglob("*.tsv"))
    }


def comparable(table):
    """Return a table without costs: neither their columns nor, in tidy tables, their rows."""
    if "metric" in table:
        table = table[~table["metric"].isin(COSTS)].reset_index(drop=True)
    return table.drop(columns=list(COSTS & set(table)))


def differences(old, new):
    """Yield a line for everything in which two folders' tables differ, and whether it is an error."""
    before, after = tables(old), tables(new)
    for place in sorted(before.keys() ^ after.keys()):
        yield f"{place}: only in {old if place in before else new}", place in before
    for place in sorted(before.keys() & after.keys()):
        one, other = comparable(before[place]), comparable(after[place])
        added = [column for column in other if column not in one]
        if added:
            yield f"{place}: new columns {', '.join(added)}", False
        if not one.equals(other[[column for column in other if column in one]]):
            yield f"{place}: other values", True


def main(old, new):
    """Print the differences; return the exit code."""
    found = list(differences(Path(old), Path(new)))
    for line, is_error in found:
        print("DIFFERENT" if is_error else "note", line)
    wrong = sum(is_error for _, is_error in found)
    print(
        f"{len(tables(Path(old)))} tables, {wrong} differences but for seconds, memory and version"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
