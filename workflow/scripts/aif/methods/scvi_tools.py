"""The methods of scvi-tools: variational autoencoders of counts (scVI, scANVI) and of logarithms (SysVI)."""

from __future__ import annotations

import logging
from typing import Any

import anndata as ad
import numpy as np

from aif.data.covariates import covariates_of
from aif.methods.known_effects import numbered
from aif.methods.not_run import NotPossible

# scVI as benchmarks of integration run it (Luecken et al. 2022).
SCVI_OF_BENCHMARKS = {"n_layers": 2, "n_latent": 30, "gene_likelihood": "nb"}
UNTYPED = "-1"  # what pandas numbers a cell without a type


def scvi(
    adata: ad.AnnData, seed: int, max_epochs: int | None = None, **settings: Any
) -> ad.AnnData:
    """Return scVI's latent space and its expression decoded as every batch (Lopez et al. 2018).

    Parameters
    ----------
    adata, seed
        As every method has them.
    max_epochs
        Of training; without it the package decides by the number of cells.
    settings
        Of the package's SCVI, where they are not its defaults.
    """
    import scvi as package

    return _decoded(_trained_scvi(package, _counts(adata), seed, max_epochs, settings), adata)


def scanvi(
    adata: ad.AnnData,
    seed: int,
    max_epochs: int | None = None,
    type_epochs: int | None = None,
    **settings: Any,
) -> ad.AnnData:
    """Return the same of scANVI, which is told the cell types that are known (Xu et al. 2021).

    Parameters
    ----------
    adata, seed, max_epochs, settings
        As in `scvi`, whose model it begins with.
    type_epochs
        Of the training with types that follows; without it the package decides.

    Raises
    ------
    NotPossible
        If there are none, or one.
    """
    if "cell_type" not in adata.obs:
        raise NotPossible("no label_key")
    if adata.obs["cell_type"].nunique() < 2:
        raise NotPossible("there is one cell type only")
    import scvi as package

    counts = _counts(adata)
    counts.obs["cell_type"] = adata.obs["cell_type"].astype("category").cat.codes.astype(str)
    trained = _trained_scvi(package, counts, seed, max_epochs, settings)
    model = package.model.SCANVI.from_scvi_model(trained, UNTYPED, labels_key="cell_type")
    _train(model, type_epochs)
    return _decoded(model, adata)


def sysvi(
    adata: ad.AnnData,
    seed: int,
    max_epochs: int | None = None,
    kl_weight: float = 1.0,
    z_distance_cycle_weight: float = 2.0,
    **settings: Any,
) -> ad.AnnData:
    """Return SysVI's latent space of the logarithms (Hrovatin et al. 2025).

    Parameters
    ----------
    adata, seed, max_epochs
        As in `scvi`.
    kl_weight, z_distance_cycle_weight
        What the terms of its loss weigh; the defaults are the package's.
    settings
        Of the package's SysVI, where they are not its defaults.
    """
    import scvi as package

    _prepare(package, seed)
    known = numbered(covariates_of(adata))
    cells = ad.AnnData(adata.X, obs=known.assign(batch=adata.obs["batch"]))
    package.external.SysVI.setup_anndata(
        cells, "batch", continuous_covariate_keys=list(known) or None
    )
    model = package.external.SysVI(cells, **settings)
    weights = {"kl_weight": kl_weight, "z_distance_cycle_weight": z_distance_cycle_weight}
    _train(model, max_epochs, plan_kwargs=weights)
    result = adata.copy()
    result.obsm["X_corrected"] = model.get_latent_representation()
    result.uns["device"] = str(model.device)
    return result


def _counts(adata: ad.AnnData) -> ad.AnnData:
    """Return counts with batches and the covariates that are known."""
    known = numbered(covariates_of(adata))
    return ad.AnnData(adata.layers["counts"], obs=known.assign(batch=adata.obs["batch"]))


def _trained_scvi(
    package: Any, counts: ad.AnnData, seed: int, max_epochs: int | None, settings: dict[str, Any]
) -> Any:
    _prepare(package, seed)
    known = [name for name in counts.obs if name not in ("batch", "cell_type")]
    package.model.SCVI.setup_anndata(
        counts, batch_key="batch", continuous_covariate_keys=known or None
    )
    model = package.model.SCVI(counts, **settings)
    _train(model, max_epochs)
    return model


def _prepare(package: Any, seed: int) -> None:
    for name in ("scvi", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    package.settings.seed = seed


def _train(model: Any, max_epochs: int | None, **options: Any) -> None:
    model.train(max_epochs=max_epochs, enable_progress_bar=False, logger=False, **options)


def _decoded(model: Any, adata: ad.AnnData) -> ad.AnnData:
    """Return a model's latent space, and the mean of its decodes as every batch.

    The expression is scaled to the median library, in logarithms.
    """
    counts = model.adata
    result = adata.copy()
    result.obsm["X_corrected"] = model.get_latent_representation()
    result.uns["device"] = str(model.device)
    result.X = np.log1p(
        model.get_normalized_expression(
            transform_batch=list(adata.obs["batch"].cat.categories),
            library_size=float(np.median(np.asarray(counts.X.sum(axis=1)))),
            return_numpy=True,
        )
    )
    return result
