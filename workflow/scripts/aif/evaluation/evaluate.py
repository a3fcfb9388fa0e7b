"""Evaluation: all metrics of a correction, its picture's coordinates, and what ran."""

from __future__ import annotations

from typing import Any, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd

from aif.evaluation.differential_expression import CURVE_COLUMNS, de_rows, true_changes
from aif.evaluation.metrics import COST, DE, METRICS, Groups, LeftOut, tidy
from aif.evaluation.original_metrics import Repetitions, original_rows
from aif.evaluation.provenance import IDS, picture_in_words, provenance, space_in_words
from aif.evaluation.scib_suite import scib_rows
from aif.evaluation.space import (
    EMBEDDING,
    embed,
    group_columns,
    judged_cells,
    log_expression,
    principal_components,
)


class Evaluation(NamedTuple):
    """The tables of an evaluation.

    Attributes
    ----------
    metrics
        The rows of metrics.tsv.
    coordinates
        The rows of embedding.tsv.
    expression
        The rows of expression.tsv: F1 of the genes found over the threshold, where the truth is known.
    provenance
        The row of provenance.tsv.
    """

    metrics: pd.DataFrame
    coordinates: pd.DataFrame
    expression: pd.DataFrame
    provenance: pd.DataFrame


def evaluate_apart(
    corrected: ad.AnnData,
    reference: ad.AnnData,
    options: dict[str, Any],
    groups: dict[str, np.ndarray],
) -> Evaluation:
    """Return all metrics of each group of cells on its own; the other tables are the first's.

    Parameters
    ----------
    corrected, reference, options
        As in `evaluate`.
    groups
        (n,) bool by name, the first being shown.
    """
    found = [
        evaluate(corrected[mask].copy(), reference[mask].copy(), options, name)
        for name, mask in groups.items()
    ]
    metrics = pd.concat([part.metrics for part in found], ignore_index=True)
    return found[0]._replace(metrics=metrics)


def evaluate(
    corrected: ad.AnnData, reference: ad.AnnData, options: dict[str, Any], cells_name: str = "all"
) -> Evaluation:
    """Return all metrics of a correction, and what its pictures show.

    Parameters
    ----------
    corrected
        As the contract of corrected.h5ad says.
    reference
        The uncorrected norm_log data, with the same cells in the same order.
    options
        n_pcs, embedding, repetitions, subsample and seed.
    cells_name
        What the column `cells` calls these cells.

    Raises
    ------
    ValueError
        If the cells are not the reference's, or a corrected value is NaN or infinite.
    InputError
        If scib's LISI program does not run.
    """
    if not corrected.obs_names.equals(reference.obs_names):
        raise ValueError("corrected.h5ad does not have the cells of norm_log.h5ad in their order")
    ids = {**{key: corrected.uns["aif"][key] for key in IDS}, "cells": cells_name}
    seed = options["seed"]
    expression = log_expression(corrected)
    cells = judged_cells(corrected, expression, options["n_pcs"], seed)
    obs, embedded = cells.obs, EMBEDDING in cells.obsm
    before = ad.AnnData(principal_components(reference.X, options["n_pcs"], seed), obs=obs)
    picture = embed(cells, options["embedding"], seed)
    repetitions = Repetitions(options["repetitions"], options["subsample"], seed)
    changed, curves = de_rows(expression, reference)
    rows = [
        *original_rows(obs, picture if embedded else None, repetitions),
        *scib_rows(cells, before, seed),
        *changed,
        *cost_rows(corrected.uns["aif"], Groups.of(obs)),
    ]
    space = space_in_words(cells, corrected.uns["aif"]["output"])
    drawn = picture_in_words(cells, options["embedding"], space)
    return Evaluation(
        tidy(rows, ids),
        coordinate_table(obs, picture, ids),
        with_ids(curves, ids),
        provenance(corrected, space, drawn),
    )


def not_judged(corrected: ad.AnnData) -> Evaluation:
    """Return the tables of a method that did not run or failed: all rows with its status and reason.

    Parameters
    ----------
    corrected
        What `aif.correction.no_correction` returns.
    """
    info, groups = corrected.uns["aif"], Groups.of(group_columns(corrected.obs))
    ids = {**{key: info[key] for key in IDS}, "cells": "all"}
    metrics = METRICS if true_changes(corrected) is None else (*METRICS, *DE)
    rows = [metric.missing(info["status"], info["reason"], groups) for metric in metrics]
    nothing = np.full((corrected.n_obs, 2), np.nan)
    curves = pd.DataFrame(columns=list(CURVE_COLUMNS))
    coordinates = coordinate_table(group_columns(corrected.obs), nothing, ids)
    return Evaluation(tidy(rows, ids), coordinates, with_ids(curves, ids), provenance(corrected))


def coordinate_table(
    obs: pd.DataFrame, picture: np.ndarray, ids: dict[str, object]
) -> pd.DataFrame:
    """Return the rows of embedding.tsv: every cell's batch, cell type and place (n, 2)."""
    return pd.DataFrame(
        {
            "dataset": ids["dataset"],
            "method": ids["method"],
            "cell": obs.index,
            "batch": obs["batch"].to_numpy(),
            "cell_type": obs["cell_type"].to_numpy() if "cell_type" in obs else None,
            "x": picture[:, 0],
            "y": picture[:, 1],
        }
    )


def with_ids(curves: pd.DataFrame, ids: dict[str, object]) -> pd.DataFrame:
    """Return the rows of expression.tsv: F1 curves that carry the ids of their run."""
    return curves.assign(**{name: ids[name] for name in IDS})[[*IDS, *CURVE_COLUMNS]]


def cost_rows(info: dict[str, Any], groups: Groups) -> list[dict[str, object]]:
    """Return the rows of what a correction cost, as noted by its rule."""

    def noted(name: str) -> float:
        if name not in info:
            raise LeftOut("not recorded")
        return info[name]

    return [metric.row(lambda name=metric.name: noted(name), groups) for metric in COST]
