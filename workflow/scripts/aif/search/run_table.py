"""The table of a search's runs: a row per run with what was asked, what it cost and how good it is."""

from __future__ import annotations

from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
from torch import Tensor

from aif.config.hyperparameters import NAMES as HYPERPARAMETERS
from aif.config.hyperparameters import key_of, plain
from aif.config.variants import Variant
from aif.correction.corrected import correct_dataset
from aif.data.holdout import cell_groups, held_out
from aif.evaluation.evaluate import evaluate_apart
from aif.evaluation.metrics import NAMES as METRICS
from aif.evaluation.sample import sampled
from aif.model.final_losses import final_losses
from aif.model.losses import TERMS
from aif.model.run import Job, TrainedJob

LOSSES = (*TERMS, "dis")
WEIGHTS = tuple(f"weight_{term}" for term in TERMS)
FINAL = tuple(f"final_{name}" for name in (*LOSSES, "selection_loss"))
JUDGED_SPACES = ("expression",)  # of a run; those of the best are judged by the pipeline
COSTS = ("device", "seconds", "peak_memory_mb", "peak_gpu_memory_mb")
COLUMNS = (
    *("dataset", "method", "row", "seed", "cells", "status", "reason", "rung", "share", "key"),
    *HYPERPARAMETERS,
    *("chosen_epoch", "selection_loss", *LOSSES, *WEIGHTS),
    *FINAL,
    *METRICS,
    *COSTS,
)


def run_table(
    job: Job,
    trained: TrainedJob,
    adata: ad.AnnData,
    reference: ad.AnnData,
    correction: dict[str, Any],
    evaluation: dict[str, Any],
) -> pd.DataFrame:
    """Correct and judge with every model of a job; return COLUMNS, a row per model.

    Where cells were held out a model has two rows, one for the cells it was trained on and one for
    the others. A model that diverged has a row with its status and reason and no results. The
    column `row` is empty: runs are known by their key, and the sheet knows the row.

    Parameters
    ----------
    job, trained
        The runs and their models.
    adata
        The data set the models were trained on, and its held-out cells; its counts are not looked at.
    reference
        The uncorrected norm_log data with their counts; they may lie on disk.
    correction, evaluation
        Options, as in `aif.config.schema`.
    """
    groups = cell_groups(trained.held_out)
    rows_judged, judged = judged_cells(adata, groups, evaluation)
    reference = reference[rows_judged].to_memory()
    final = {
        name: final_losses(
            trained.training.networks, trained.cells.subset(mask), job.variant, job.seed
        )
        for name, mask in groups.items()
    }
    rows, options = [], correction | {"output": list(JUDGED_SPACES)}
    for index in range(len(job.stack)):
        model = trained.model_of[index]
        reason = trained.training.diverged[model]
        ids = _ids(job, index, "diverged" if reason else "ok", reason)
        ids |= {name: getattr(trained.infos[index], name) for name in COSTS}
        if ids["status"] == "ok":
            try:
                networks = trained.training.networks.single(model)
                info = trained.infos[index]
                corrected = correct_dataset(networks, info, adata, options, rows_judged)
                corrected.layers["counts"] = reference.layers["counts"]
                metrics = evaluate_apart(
                    corrected, reference, evaluation, judged, JUDGED_SPACES
                ).metrics
            except FloatingPointError as error:
                ids |= {"status": "diverged", "reason": str(error)}
        for name in groups:
            row = {**ids, "cells": name}
            if row["status"] == "ok":
                row |= _final(trained, index, final[name][model])
                row |= _scores(metrics[metrics["cells"] == name])
                row |= _course(trained, index) if name != "heldout" else {}
            rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judged_cells(
    adata: ad.AnnData, groups: dict[str, np.ndarray], evaluation: dict[str, Any]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the places of the cells that will be judged, and which of them are of each group.

    Only they are corrected: the dense expression of all of very many cells fits into no memory.

    Parameters
    ----------
    adata
        All cells.
    groups
        (n,) bool by name.
    evaluation
        max_cells and seed.
    """
    drawn = (evaluation["max_cells"], evaluation["seed"])
    places = {name: sampled(adata.obs, mask, *drawn) for name, mask in groups.items()}
    rows = np.unique(np.concatenate(list(places.values())))
    return rows, {name: np.isin(rows, own) for name, own in places.items()}


def failed_table(job: Job, adata: ad.AnnData, reason: str) -> pd.DataFrame:
    """Return the rows of `run_table` for a job that could not be done, without results."""
    groups = cell_groups(held_out(adata.obs, job.holdout, job.seed))
    rows = [
        {**_ids(job, index, "failed", reason), "cells": name}
        for index in range(len(job.stack))
        for name in groups
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ids(job: Job, index: int, status: str, reason: str) -> dict[str, Any]:
    return {
        "dataset": job.dataset,
        "method": job.method,
        "seed": job.seed,
        "status": status,
        "reason": reason,
        "rung": job.rung,
        "share": job.share,
        "key": key_of([job.stack[index]]),
        **plain(job.stack[index]),
    }


def _course(trained: TrainedJob, index: int) -> dict[str, float]:
    """Return epoch, losses and weights of the epoch that was kept, as losses.tsv has them."""
    losses = trained.training.losses[trained.model_of[index]]
    kept = losses[losses["selected"]].iloc[0]
    return {
        "chosen_epoch": int(kept["epoch"]),
        **{name: kept[name] for name in ("selection_loss", *LOSSES, *WEIGHTS)},
    }


def _final(trained: TrainedJob, index: int, losses: Tensor) -> dict[str, float]:
    """Return the losses of the finished model, and the selection loss they add up to."""
    criterion = trained.training.criterion[trained.model_of[index]]
    selection = (criterion * losses[:-1])[criterion != 0].sum().item()
    values = losses.tolist()
    for unused in Variant(**trained.infos[index].variant).unused_terms():
        values[LOSSES.index(unused)] = np.nan
    return dict(zip(FINAL, [*values, selection], strict=True))


def _scores(metrics: pd.DataFrame) -> dict[str, Any]:
    """Return metrics as columns, what they cost, and why those are missing that failed."""
    failed = metrics[metrics["status"] == "failed"]
    return {
        **metrics.set_index("metric")["value"].to_dict(),
        "reason": "; ".join(failed["metric"] + " failed: " + failed["reason"]),
    }
