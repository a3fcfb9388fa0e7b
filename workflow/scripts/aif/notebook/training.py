"""Train a model on a notebook's data set, and correct it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import anndata as ad
import torch

import aif
from aif.config.checks import HYPERPARAMETERS
from aif.config.datasets import Dataset
from aif.config.hyperparameters import NAMES, completed
from aif.config.names import instead
from aif.config.schema import Correction, load_yaml
from aif.config.variants import defaults_of, variant_of
from aif.correction.corrected import correct_dataset
from aif.data.checks import check_dataset
from aif.data.preprocessing import STANDARDISED_BY, standardise, transform
from aif.errors import InputError, TrainingError
from aif.job.progress import ProgressLog
from aif.mapping.new_cells import check_counts
from aif.mapping.reference import Reference
from aif.model.numerics import prepare_for_training
from aif.model.run import Job, train_job
from aif.notebook.counts import counts_of, said_in_one_line, warn
from aif.notebook.model import Model, known_of

VARIANTS = "config/variants.yaml"  # in the package where it is installed, else in the repository
BOTH = ["expression", "embedding"]
EMBEDDING, LATENT, LAYER = "X_corrected", "X_aif", "aif"


def correct(
    adata: ad.AnnData,
    batch_key: str | list[str],
    *,
    label_key: str | None = None,
    layer: str | None = None,
    keep: str | list[str] = (),
    variant: str = "aif_steady",
    target: str | dict[str, float] = "mean",
    n_samplings: int = 20,
    seed: int = 0,
    device: str = "auto",
    **hyperparameters: Any,
) -> Model:
    """Train AIF on a data set, correct its cells in place, and return the model.

    `obsm["X_corrected"]` is the embedding for neighbours, clusters and UMAP, `obsm["X_aif"]` the latent means
    (the same in many variants), `layers["aif"]` corrected expression, in logarithms where the variant takes
    these. All genes are taken: leave out those of no interest before.

    Parameters
    ----------
    adata
        Raw counts.
    batch_key
        The column of obs with the batch of each cell, or several whose combinations name it.
    label_key
        The column of obs with cell types. They change nothing of the correction; new cells are named by them.
    layer
        The layer that holds the counts; without it X.
    keep
        Columns of obs whose effect on expression is to stay.
    variant
        One of config/variants.yaml.
    target, n_samplings
        As in the config's section `correction`.
    seed
        Seeds all that is random.
    device
        auto, cuda or cpu.
    hyperparameters
        Others than the variant's own, such as `epochs`.

    Raises
    ------
    aif.errors.InputError
        If the cells cannot be corrected: one line that says why.
    """
    with said_in_one_line():
        own = {"label_key": label_key, "keep": keep if isinstance(keep, str) else list(keep)}
        source = Dataset(path="-", batch_key=batch_key, **own).model_dump()
        options = Correction(target=target, n_samplings=n_samplings, output=BOTH).model_dump()
        job = job_of(variant, hyperparameters, seed)
    counts = counts_of(adata, layer)
    check_counts(counts, "correct")
    by = {name: source[name] for name in STANDARDISED_BY}
    standard = standardise(counts, **by, key="correct")
    notes = check_dataset(standard, "correct", source)
    warn([note for note in notes if label_key is not None or note.check != "cell types"])
    cells = transform(standard, job.variant.input)
    prepare_for_training(torch.get_num_threads())
    with ProgressLog(logging.getLogger("aif")) as progress:
        trained = train_job(job, cells, progress, device=device)
    if trained.training.diverged[0]:
        raise TrainingError(f"the training diverged: {trained.training.diverged[0]}")
    networks, info = trained.training.networks, trained.infos[0]
    learned: dict[str, torch.Tensor] = {}
    corrected = correct_dataset(networks, info, cells, options, learned=learned)
    for key in (LATENT, EMBEDDING):
        adata.obsm[key] = corrected.obsm[key]
    adata.layers[LAYER] = corrected.X
    adata.uns["aif"] = corrected.uns["aif"]
    known = known_of(corrected, "cell_type") if label_key is not None else None
    reference = Reference.of(networks, cells, cells.layers["counts"], options, learned)
    return Model(networks, info, reference, known)


def job_of(variant: str, hyperparameters: dict[str, Any], seed: int) -> Job:
    """Return the training of a variant with its hyperparameters, some of them others than its own."""
    table = load_yaml(variants_file())
    if variant not in table["variants"]:
        raise InputError(
            f"variant: unknown {variant!r}; {instead(variant, list(table['variants']))}"
        )
    for name in hyperparameters:
        if name not in NAMES:
            raise InputError(f"{name}: no such argument; {instead(name, list(NAMES))}")
    given = completed(defaults_of(table, variant), hyperparameters)
    model = HYPERPARAMETERS.validate_python(given)
    traits = variant_of(table["variants"][variant])
    return Job("notebook", variant, "", seed, traits, [model], holdout=0.0)


def variants_file() -> Path:
    """Return config/variants.yaml, wherever the package is."""
    package = Path(aif.__file__).parent
    installed = package / VARIANTS
    return installed if installed.is_file() else package.parents[2] / VARIANTS
