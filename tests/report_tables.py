"""Small tables for the tests of the report, as the workflow writes them."""

import json

import numpy as np
import pandas as pd

from aif.evaluation.metric import Groups, Metric, tidy
from aif.evaluation.ranks import ranks
from aif.model.losses import TERMS
from aif.report.report_page import Tables

METRICS = (
    Metric("ARI_CT", "original", low=-0.5),
    Metric("ARI_CT_max", "original", low=-0.5),
    Metric("iLISI", "scib"),
    Metric("isolated_labels_F1", "scib"),
    Metric("bio_score", "scib"),
    Metric("batch_score", "scib"),
    Metric("overall", "scib"),
    Metric("unlabelled", "unlabelled", needs_types=0),
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
        ids |= {"n_cells": 1100, "space": "expression", "uses_types": False}
        tables.append(tidy(rows, ids))
    return pd.concat(tables, ignore_index=True)


def losses(dataset="pbmc"):
    epochs = np.arange(1, 21)
    table = pd.DataFrame({term: 1 / epochs for term in (*TERMS, "dis")})
    table[[f"weight_{term}" for term in TERMS]] = 0.5
    table[["log_aux", "proj"]] = np.nan
    ids = {"dataset": dataset, "method": "aif", "row": "", "seed": 3, "epoch": epochs}
    return table.assign(**ids, selected=epochs == 19)


def embedding(dataset="pbmc", method="aif", has_labels=True):
    rng = np.random.default_rng(0)
    batch = np.array(["$a_1$", "<script>b</script>"])[np.arange(100) % 2]
    return pd.DataFrame(
        {
            "dataset": dataset,
            "method": method,
            "space": "expression",
            "cell": [f"c{i}" for i in range(100)],
            "batch": batch,
            "cell_type": ["T"] * 50 + ["B"] * 50 if has_labels else np.nan,
            "x": rng.normal(size=100),
            "y": rng.normal(size=100),
        }
    )


def cells(dataset="pbmc", n=100):
    """The cells of `embedding`, in another order, and what else is known of them."""
    names = [f"c{i}" for i in reversed(range(n))]
    of = np.arange(n)[::-1]
    return pd.DataFrame(
        {
            "dataset": dataset,
            "cell": names,
            "batch": np.array(["$a_1$", "<script>b</script>"])[of % 2],
            "cell_type": np.where(of < 50, "T", None),
            "depth": of / 7.0,
            "version": "1",
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


def composition(dataset="pbmc", has_labels=True):
    types = ["T", "<b>B</b>"] if has_labels else [None]
    rows = [(dataset, batch, name, 50) for batch in ("$a_1$", "b") for name in types]
    return pd.DataFrame(rows, columns=["dataset", "batch", "cell_type", "n_cells"])


def types(dataset="pbmc"):
    """AIF and uncorrected cells, seed 0: every type as pure as before."""
    rows = [
        (
            dataset,
            method,
            0,
            "expression",
            name,
            100,
            2,
            0.9,
            "B" if name == "T" else "T",
            0.1,
            0.05,
        )
        for method in ("aif", "uncorrected")
        for name in ("B", "T")
    ]
    names = ["dataset", "method", "seed", "space", "cell_type", "n_cells", "n_batches"]
    return pd.DataFrame(
        rows, columns=[*names, "purity", "other_type", "other_share", "foreign_share"]
    )


def genes(dataset="pbmc"):
    return pd.DataFrame({"dataset": dataset, "gene": ["CD3D", "<b>LYZ</b>"]})


HYPERPARAMETERS = {
    **{"alpha": 0.05, "rho": 0.5, "beta": 0, "delta": 0.01, "gamma": 0.3, "mu": 0.05},
    **{"minibatch_size": 32, "learning_rate": 0.001, "latent": 100, "hidden": 400},
    **{"selection_start": 0.9, "residual": 0.5, "tolerance": None, "likeness": None, "dropout": 0},
}
TRAITS = {"weighting": "intrinsic", "anneal": False, "shift": False}


def provenance(dataset="pbmc"):
    """A variant and ComBat ran, Harmony is not installed."""
    rows = [
        ("aif", "ok", "raw", "aif 1.0.0, torch 2.13.0", json.dumps(HYPERPARAMETERS)),
        ("combat", "ok", "norm_log", "aif 1.0.0, scanpy 1.12, anndata 0.12", None),
        ("harmony", "not_run", "norm_log", "", None),
    ]
    table = pd.DataFrame(
        rows, columns=["method", "status", "transform", "versions", "hyperparameters"]
    )
    return table.assign(
        **{"dataset": dataset, "row": "", "seed": 3, "cells": 1100, "batches": 2, "genes": 60},
        variant=[json.dumps(TRAITS), None, None],
        correction=json.dumps({"target": "mean", "n_samplings": 20}),
        holdout=0.0,
        judged_in="30 principal components of its expression",
        judged_with="scib 1.1.7",
        picture="t-SNE of them",
        device="cpu",
        parameters=None,
    )


def config(dataset="pbmc", **entry):
    known = {"path": "<img src=x onerror=alert(1)>", "batch_key": "tech", "label_key": "type"}
    known |= dict.fromkeys(
        ("simulate", "n_top_genes", "min_genes", "min_cells", "keep", "samples", "tables", "join")
    )
    known |= dict.fromkeys(("unlabelled", "max_genes", "max_mito", "keep_genes", "drop_genes"))
    evaluation = {"repetitions": 20, "subsample": 0.8, "embedding": "tsne", "max_cells": 20_000}
    return {"datasets": {dataset: {**known, **entry}}, "evaluation": evaluation, "methods": {}}


def tables(dataset="pbmc", **changes):
    """Return all tables of a report, some of them given."""
    given = {"benchmark": benchmark(dataset), **changes}
    return Tables(
        **{
            "ranks": ranks(given["benchmark"]),
            "expression": expression(dataset),
            "losses": losses(dataset),
            "checks": checks(dataset),
            "composition": composition(dataset),
            "genes": genes(dataset),
            "types": types(dataset),
            "provenance": provenance(dataset),
            **given,
        }
    )
