"""Small tables for the tests of the report, as the workflow writes them."""

import numpy as np
import pandas as pd

from aif.losses import TERMS
from aif.metrics import Groups, Metric, tidy

METRICS = (
    Metric("ARI_CT", "original", low=-0.5),
    Metric("ARI_CT_max", "original", low=-0.5),
    Metric("iLISI", "scib"),
    Metric("isolated_labels_F1", "scib"),
    Metric("bio_score", "scib"),
    Metric("batch_score", "scib", needs_types=0),
    Metric("overall", "scib"),
    Metric("seconds", "cost", high=None, better="lower", needs_types=0),
)
VALUES = {"aif": 0.9, "combat": 0.7, "uncorrected": 0.5}


def benchmark(dataset="pbmc", has_labels=True, seed=0, change=0.0):
    def isolated():
        raise ValueError("too few <b>cells</b>")

    groups = Groups(batches=2, types=3 if has_labels else 0)
    tables = []
    for method, value in VALUES.items():
        rows = [
            metric.row(
                isolated if "isolated" in metric.name else lambda v=value + change: v, groups
            )
            for metric in METRICS
        ]
        ids = {"dataset": dataset, "method": method, "row": "", "seed": seed, "cells": "all"}
        tables.append(tidy(rows, ids))
    return pd.concat(tables, ignore_index=True)


def losses(dataset="pbmc"):
    epochs = np.arange(1, 21)
    table = pd.DataFrame({term: 1 / epochs for term in (*TERMS, "dis")})
    table[[f"weight_{term}" for term in TERMS]] = 0.5
    table["proj"] = np.nan
    ids = {"dataset": dataset, "method": "aif", "row": "", "seed": 3, "epoch": epochs}
    return table.assign(**ids, selected=epochs == 19)


def embedding(dataset="pbmc", method="aif", has_labels=True):
    rng = np.random.default_rng(0)
    batch = np.array(["$a_1$", "<script>b</script>"])[np.arange(100) % 2]
    return pd.DataFrame(
        {
            "dataset": dataset,
            "method": method,
            "cell": [f"c{i}" for i in range(100)],
            "batch": batch,
            "cell_type": ["T"] * 50 + ["B"] * 50 if has_labels else np.nan,
            "x": rng.normal(size=100),
            "y": rng.normal(size=100),
        }
    )


def expression(dataset="pbmc"):
    rows = [
        (dataset, method, "", seed, "all", direction, threshold, VALUES[method] - threshold / 2)
        for method in ("aif", "combat")
        for seed in range(3)
        for direction in ("up", "down")
        for threshold in (0.0, 1.0)
    ]
    ids = ["dataset", "method", "row", "seed"]
    return pd.DataFrame(rows, columns=[*ids, "genes", "direction", "threshold", "F1"])


def checks(dataset="pbmc"):
    rows = [("cells", "ok", "100"), ("counts", "warning", "no <script>alert(1)</script> integers")]
    return pd.DataFrame(
        [(dataset, *row) for row in rows], columns=["dataset", "check", "status", "message"]
    )
