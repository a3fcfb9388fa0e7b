"""Runs: what one training job makes of its data, in every mode of the workflow."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any

import anndata as ad
import numpy as np

from aif.config.hyperparameters import Hyperparameters, training_of
from aif.config.variants import Variant
from aif.data.covariates import covariates_of
from aif.data.holdout import held_out
from aif.job.costs import measured, versions
from aif.model.cells import Cells, model_cells
from aif.model.checkpoint import Checkpoints
from aif.model.device import Device, refused_memory, train_in_parts
from aif.model.model_file import ModelInfo
from aif.model.training import Progress, Training


@dataclass(frozen=True)
class Job:
    """What determines the runs of one training job, besides the cells.

    Attributes
    ----------
    dataset, method, row
        Ids; `method` is the variant, `row` is empty outside of searches.
    seed
        Of all its runs.
    variant
        The traits they share.
    stack
        The hyperparameters of each.
    holdout
        The share of cells to train without.
    rung
        That of a search that the runs belong to.
    share
        The share of the epochs to train.
    """

    dataset: str
    method: str
    row: str
    seed: int
    variant: Variant
    stack: list[Hyperparameters]
    holdout: float
    rung: int = 0
    share: float = 1.0

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Job:
        """Return the job that a rule's params describe in plain types."""
        variant = Variant(**plain["variant"])
        stack = [Hyperparameters(**model) for model in plain["stack"] or []]
        return cls(**{**plain, "variant": variant, "stack": stack})


@dataclass(frozen=True)
class TrainedJob:
    """The models of a job.

    Attributes
    ----------
    training
        The outcome of the job's distinct models, on the CPU.
    model_of
        For each set of hyperparameters, which of these models is its own: those that differ in the
        correction only have one.
    infos
        What goes with each set of hyperparameters.
    cells
        All cells, in the units of the models.
    held_out
        (n,) bool, the cells that were not trained on.
    """

    training: Training
    model_of: list[int]
    infos: list[ModelInfo]
    cells: Cells
    held_out: np.ndarray


def train_job(
    job: Job,
    adata: ad.AnnData,
    progress: Progress,
    checkpoints: Checkpoints | None = None,
    device: str = "auto",
) -> TrainedJob:
    """Train a job's stack.

    Parameters
    ----------
    job
        What to train.
    adata
        The preprocessed data set, in the variant's transform.
    progress
        Told of every epoch.
    checkpoints
        Where the training goes on from and keeps its state.
    device
        auto, cuda or cpu.

    Raises
    ------
    TrainingError
        If there is no such device or too little memory.
    """
    chosen = Device.chosen(device)
    if chosen.emulates_bfloat16() and any(model.bfloat16 for model in job.stack):
        logging.getLogger("aif").warning(
            "warning: this processor has no AVX-512, so bfloat16 takes ten times as long as float32; "
            "set bfloat16: false"
        )
    models, model_of = distinct(job)
    apart = held_out(adata.obs, job.holdout, job.seed)
    with measured() as cost, refused_memory(chosen):
        cells, scale = model_cells(adata, job.variant.input, ~apart)
        trained = cells.subset(~apart)
        models = [model.shortened(job.share, len(trained.x)) for model in models]
        training = train_in_parts(
            trained, job.variant, models, job.seed, progress, chosen, checkpoints
        )
    infos = [
        ModelInfo(
            dataset=job.dataset,
            method=job.method,
            row=job.row,
            seed=job.seed,
            transform=job.variant.input,
            scale=scale.tolist(),
            genes=list(adata.var_names),
            batches=list(adata.obs["batch"].cat.categories),
            covariates=list(covariates_of(adata)),
            variant=dataclasses.asdict(job.variant),
            hyperparameters=dataclasses.asdict(model),
            holdout=job.holdout,
            seconds=training.seconds / len(job.stack),
            peak_memory_mb=cost["peak_memory_mb"],
            peak_gpu_memory_mb=chosen.peak_memory_mb(),
            device=chosen.name,
            versions=versions("torch", "numpy", "anndata"),
        )
        for model in job.stack
    ]
    return TrainedJob(training, model_of, infos, cells, apart)


def distinct(job: Job) -> tuple[list[Hyperparameters], list[int]]:
    """Return the models that a job trains, and for each of its stack which of these it is."""
    trainings = [training_of(job.variant, model) for model in job.stack]
    firsts = [index for index, own in enumerate(trainings) if own not in trainings[:index]]
    kept = [trainings[index] for index in firsts]
    return [job.stack[index] for index in firsts], [kept.index(own) for own in trainings]
