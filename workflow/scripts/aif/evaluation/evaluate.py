"""Evaluation: all metrics of a correction in each of its spaces, its pictures' coordinates, and what ran."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd

from aif.evaluation.differential_expression import CURVE_COLUMNS, de_rows, true_changes
from aif.evaluation.markers import MARKER_COLUMNS, marker_table
from aif.evaluation.metric import Groups, LeftOut, tidy
from aif.evaluation.metrics import COST, DE, METRICS
from aif.evaluation.original_metrics import Repetitions, original_rows
from aif.evaluation.provenance import IDS, ids_of, picture_in_words, provenance, space_in_words
from aif.evaluation.robust import robust_rows
from aif.evaluation.sample import judged_part
from aif.evaluation.scib_suite import scib_rows
from aif.evaluation.scores import score_rows
from aif.evaluation.space import (
    EMBEDDING,
    embed,
    group_columns,
    judged_cells,
    log_expression,
    principal_components,
    spaces_of,
    typed,
    with_neighbours,
)
from aif.evaluation.type_tables import PART_COLUMNS, TYPE_COLUMNS, type_tables
from aif.evaluation.unlabelled import Before, clusters, own_clusters, unlabelled_rows

# Where a method that made nothing would have been judged.
SPACE_OF_NONE = {
    "both": "embedding",
    **{name: name for name in ("expression", "embedding", "graph")},
}


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
    types
        The rows of types.tsv: how pure every cell type is.
    parts
        The rows of type_batches.tsv: the same of its cells in each batch.
    markers
        The rows of markers.tsv: marker genes before and after.
    provenance
        The row of provenance.tsv.
    """

    metrics: pd.DataFrame
    coordinates: pd.DataFrame
    expression: pd.DataFrame
    types: pd.DataFrame
    parts: pd.DataFrame
    markers: pd.DataFrame
    provenance: pd.DataFrame


def evaluate_apart(
    corrected: ad.AnnData,
    reference: ad.AnnData,
    options: dict[str, Any],
    groups: dict[str, np.ndarray],
    spaces: Sequence[str] | None = None,
) -> Evaluation:
    """Return all metrics of each group of cells on its own; the other tables are the first's.

    Of a group of more than `max_cells` a sample is judged (`aif.evaluation.sample`).

    Parameters
    ----------
    corrected, reference, spaces
        As in `evaluate`; either may lie on disk (anndata's backed mode).
    options
        max_cells, and what `evaluate` needs.
    groups
        (n,) bool by name, the first being shown.
    """
    found, drawn = [], (options["max_cells"], options["seed"])
    for name, mask in groups.items():
        try:
            parts = judged_part(corrected, reference, mask, *drawn)
        except LeftOut as error:
            return not_judged(corrected, {"status": "left_out", "reason": str(error)})
        found.append(evaluate(*parts, options, name, spaces))
    metrics = pd.concat([part.metrics for part in found], ignore_index=True)
    sizes = {"cells": corrected.n_obs, "batches": corrected.obs["batch"].nunique()}
    return found[0]._replace(metrics=metrics, provenance=found[0].provenance.assign(**sizes))


def evaluate(
    corrected: ad.AnnData,
    reference: ad.AnnData,
    options: dict[str, Any],
    cells_name: str = "all",
    spaces: Sequence[str] | None = None,
) -> Evaluation:
    """Return all metrics of a correction, and what its pictures show.

    Parameters
    ----------
    corrected
        As the contract of corrected.h5ad says.
    reference
        The uncorrected norm_log data, with the same cells in the same order, and all of its genes.
    options
        n_pcs, embedding, repetitions, subsample and seed.
    cells_name
        What the column `cells` calls these cells.
    spaces
        Which of its `aif.evaluation.space.spaces_of` are judged; without it all are.

    Raises
    ------
    ValueError
        If the cells are not the reference's, or a corrected value is NaN or infinite.
    InputError
        If scib's LISI program does not run.
    """
    if not corrected.obs_names.equals(reference.obs_names):
        raise ValueError("corrected.h5ad does not have the cells of norm_log.h5ad in their order")
    seed = options["seed"]
    expression = log_expression(corrected)
    before = Before(
        ad.AnnData(
            principal_components(reference.X, options["n_pcs"], seed),
            obs=group_columns(corrected.obs),
        ),
        own_clusters(reference, seed),
    )
    mask = typed(before.components.obs)
    of_types = slice(None) if mask.all() else mask
    labelled = reference if mask.all() else reference[mask].copy()
    if not corrected.var_names.equals(reference.var_names):  # made elsewhere, of some of the genes
        labelled = labelled[:, corrected.var_names].copy()
    ids = {**ids_of(corrected), "cells": cells_name}
    judged, drawn, tables = [], [], []
    for space in spaces or spaces_of(corrected):
        cells = judged_cells(corrected, space, expression, options["n_pcs"], seed)
        picture = embed(cells, options["embedding"], seed)
        judged.append(space_in_words(cells, space))
        drawn.append(picture_in_words(cells, options["embedding"], judged[-1]))
        of_space = expression[of_types] if space == "expression" else None
        uncorrected = corrected.uns["aif"].get("method") == "uncorrected"
        changed, curves = de_rows(of_space, labelled, with_counts=uncorrected)
        rows = [*judged_rows(cells, before, picture, options), *changed]
        rows += cost_rows(corrected.uns["aif"], Groups.of(cells.obs))
        own = {**ids, "space": space}
        types, type_batches = type_tables(with_types(cells, seed))
        tables.append(
            (
                tidy(rows, {**own, "n_cells": corrected.n_obs}),
                coordinate_table(cells.obs, picture, clusters(cells, seed), own),
                with_ids(curves, CURVE_COLUMNS, own),
                with_ids(types, ("space", *TYPE_COLUMNS), own),
                with_ids(type_batches, ("space", *PART_COLUMNS), own),
                with_ids(marker_table(of_space, labelled), MARKER_COLUMNS, own),
            )
        )
    parts = [pd.concat(same, ignore_index=True) for same in zip(*tables, strict=True)]
    return Evaluation(*parts, provenance(corrected, "; ".join(judged), "; ".join(drawn)))


def judged_rows(
    cells: ad.AnnData, before: Before, picture: np.ndarray, options: dict[str, Any]
) -> list[dict[str, object]]:
    """Return the rows of all metrics and scores of one space.

    Cells without a type are in those of the suite unlabelled only.

    Parameters
    ----------
    cells
        `aif.evaluation.space.judged_cells`.
    before
        The uncorrected cells.
    picture
        (n, k), their coordinates in the embedding that the original's metrics are computed on.
    options
        As in `evaluate`.
    """
    embedded, seed = EMBEDDING in cells.obsm, options["seed"]
    repetitions = Repetitions(options["repetitions"], options["subsample"], seed)
    of_types, labelled = typed(cells.obs), with_types(cells, seed)
    components = before.components if of_types.all() else before.components[of_types].copy()
    rows = [
        *original_rows(labelled.obs, picture[of_types] if embedded else None, repetitions),
        *scib_rows(labelled, components, seed),
        *robust_rows(labelled),
        *unlabelled_rows(cells, before, seed),
    ]
    return rows + score_rows(rows, Groups.of(cells.obs), embedded)


def with_types(cells: ad.AnnData, seed: int) -> ad.AnnData:
    """Return those of the judged cells that have a type, neighbours of each other; without labels all."""
    mask = typed(cells.obs)
    return cells if mask.all() else with_neighbours(cells[mask].copy(), seed)


def not_judged(corrected: ad.AnnData, why: dict[str, str] | None = None) -> Evaluation:
    """Return the tables of a method that did not run or failed: all rows with its status and reason.

    Parameters
    ----------
    corrected
        What `aif.correction.no_correction` returns, or a correction that cannot be judged.
    why
        status and reason; without it those of the correction.
    """
    info, groups = corrected.uns["aif"], Groups.of(group_columns(corrected.obs))
    why = why or {name: info[name] for name in ("status", "reason")}
    ids = {
        **ids_of(corrected),
        **{"cells": "all", "space": SPACE_OF_NONE[info["output"]]},
    }
    metrics = METRICS if true_changes(corrected) is None else (*METRICS, *DE)
    rows = [metric.missing(**why, groups=groups) for metric in metrics]
    nothing = np.full((corrected.n_obs, 2), np.nan)
    coordinates = coordinate_table(group_columns(corrected.obs), nothing, None, ids)
    empty = [
        with_ids(pd.DataFrame(columns=list(columns)), columns, ids)
        for columns in (
            CURVE_COLUMNS,
            ("space", *TYPE_COLUMNS),
            ("space", *PART_COLUMNS),
            MARKER_COLUMNS,
        )
    ]
    judged = tidy(rows, {**ids, "n_cells": 0})
    return Evaluation(judged, coordinates, *empty, provenance(corrected))


def coordinate_table(
    obs: pd.DataFrame,
    picture: np.ndarray,
    cluster: np.ndarray | None,
    ids: dict[str, object],
) -> pd.DataFrame:
    """Return the rows of embedding.tsv: each cell's batch, type, place (n, 2) and Leiden cluster (n,)."""
    return pd.DataFrame(
        {
            "dataset": ids["dataset"],
            "method": ids["method"],
            "space": ids["space"],
            "cell": obs.index,
            "batch": obs["batch"].to_numpy(),
            "cell_type": obs["cell_type"].to_numpy() if "cell_type" in obs else None,
            "x": picture[:, 0],
            "y": picture[:, 1],
            "cluster": cluster,
        }
    )


def with_ids(table: pd.DataFrame, columns: Sequence[str], ids: dict[str, object]) -> pd.DataFrame:
    """Return rows that carry the ids of their run, before their own columns."""
    return table.assign(**ids)[[*IDS, *columns]]


def cost_rows(info: dict[str, Any], groups: Groups) -> list[dict[str, object]]:
    """Return the rows of what a correction cost, as noted by its rule."""

    def noted(name: str) -> float:
        if name not in info:
            raise LeftOut("not recorded")
        return info[name]

    return [metric.row(lambda name=metric.name: noted(name), groups) for metric in COST]
