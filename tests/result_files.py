"""Results of a run, to be compared with those of another one to the last bit."""

import anndata as ad
import numpy as np
import pandas as pd
import torch

# What differs between two runs that are the same: how long they took, and how much memory.
COSTS = ("seconds", "peak_memory_mb", "peak_gpu_memory_mb")


def tables(folder):
    """Return the tables below a folder as text, without what they say of costs."""
    found = {}
    for path in sorted(folder.rglob("*.tsv")):
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        if "metric" in table:
            table = table[~table["metric"].isin(COSTS)]
        found[str(path.relative_to(folder))] = table.drop(columns=list(COSTS), errors="ignore")
    return found


def models(folder):
    """Return the parameters of the models below a folder."""
    return {
        str(path.relative_to(folder)): torch.load(path, weights_only=True)["state"]
        for path in sorted(folder.rglob("model.pt"))
    }


def matrices(folder):
    """Return the corrected expression below a folder."""
    return {
        str(path.relative_to(folder)): ad.read_h5ad(path).X
        for path in sorted(folder.rglob("corrected.h5ad"))
    }


def different(folder, expected):
    """Return the names of results that two folders do not share to the last bit, and how many there are."""
    same = {
        tables: lambda one, other: one.equals(other),
        models: lambda one, other: all(torch.equal(one[name], other[name]) for name in other),
        matrices: np.array_equal,
    }
    names, n = [], 0
    for read, equal in same.items():
        ours, theirs = read(folder), read(expected)
        n += len(theirs)
        names += sorted(ours.keys() ^ theirs.keys())
        names += [
            name for name in ours.keys() & theirs.keys() if not equal(ours[name], theirs[name])
        ]
    return names, n


def half_written(folder):
    """Return temporary files of outputs that were not renamed."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*.part*"))
