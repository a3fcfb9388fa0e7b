"""The methods AIF is compared with. Each takes norm_log data and returns a corrected copy.

Every method has the defaults of its own package, but scVI and scANVI: benchmarks set three of them. A package
is imported by the method that needs it, since each method has an environment of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse

from aif import __version__
from aif.correction.no_correction import no_correction
from aif.job.costs import measured, versions
from aif.methods.components import MANY, N_PCS, principal_components, shallow
from aif.methods.controls import downsampled, perfect_types, shuffled
from aif.methods.count_matrices import whole_numbers, with_logarithms_of
from aif.methods.known_effects import known_effects
from aif.methods.memory import Memory, check_memory
from aif.methods.not_run import NotInstalled, NotPossible
from aif.methods.r_methods import limma, seurat
from aif.methods.scvi_tools import SCVI_OF_BENCHMARKS, scanvi, scvi, sysvi


class Baseline(NamedTuple):
    """A method, what it returns, and the package that must be there for it to run.

    `run` takes norm_log data, a seed, and the parameters in aif.config.methods. `output` says where its
    correction lies: expression in X, an embedding in obsm["X_corrected"], `both`, or a neighbour graph in
    obsp. `uses_types` says whether it is told the cell types by which it is judged. `memory` is what it
    takes, None where that is not known or hardly more than the data.
    """

    run: Callable[..., ad.AnnData]
    output: Literal["expression", "embedding", "both", "graph"]
    package: str
    uses_types: bool = False
    memory: Memory | None = None


def uncorrected(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return the data as they are."""
    return shallow(adata)


def combat(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return ComBat's correction (Johnson et al. 2007; scanpy).

    Genes that do not vary have no scale to adjust by and are left as they are.
    """
    result, known = adata.copy(), known_effects(adata)
    result.X = adata.X.toarray()
    varies = result.X.var(axis=0) > 0
    cells = ad.AnnData(result.X[:, varies], obs=known.assign(batch=adata.obs["batch"]))
    result.X[:, varies] = sc.pp.combat(cells, "batch", covariates=list(known), inplace=False)
    return result


def combat_seq(adata: ad.AnnData, seed: int) -> ad.AnnData:
    """Return the logarithms of ComBat-seq's counts (Zhang et al. 2020; inmoose).

    It looks at genes that all batches have. Cells without counts of these are left as they are.

    Raises
    ------
    NotPossible
        If the counts are no whole numbers.
    """
    from inmoose.pycombat import pycombat_seq

    counts = whole_numbers(adata.layers["counts"]).toarray()
    batches = adata.obs["batch"]
    in_all = (pd.DataFrame(counts).groupby(batches.to_numpy(), observed=True).sum() > 0).all()
    cells = counts[:, in_all].any(axis=1)
    counts[cells] = pycombat_seq(counts[cells].T, batches[cells].astype(str).to_numpy()).T
    return with_logarithms_of(adata, sparse.csr_matrix(counts, dtype=np.float32))


def harmony(adata: ad.AnnData, seed: int, n_pcs: int = N_PCS, **parameters: Any) -> ad.AnnData:
    """Return Harmony's embedding (Korsunsky et al. 2019; harmonypy) of the principal components."""
    import harmonypy

    result = shallow(adata)
    if "nclust" in parameters:  # with more clusters than cells it never ends
        parameters["nclust"] = min(parameters["nclust"], adata.n_obs)
    fit = harmonypy.run_harmony(
        *(principal_components(adata, seed, n_pcs), adata.obs, "batch"),
        **{"random_state": seed, "verbose": False, **parameters},
    )
    result.obsm["X_corrected"] = np.asarray(fit.Z_corr).reshape(adata.n_obs, -1)
    return result


def scanorama(adata: ad.AnnData, seed: int, **parameters: Any) -> ad.AnnData:
    """Return Scanorama's embedding and expression (Hie et al. 2019).

    Scanorama scales every cell to length 1; here its expression gets each cell's length back, so
    that it is in the units of the logarithms again.
    """
    import scanorama as package

    parts = [
        adata[cells].copy() for cells in adata.obs.groupby("batch", observed=True).groups.values()
    ]
    settings = {"return_dimred": True, "seed": seed, "verbose": 0, **parameters}
    corrected = ad.concat(package.correct_scanpy(parts, **settings))
    corrected = corrected[adata.obs_names, adata.var_names]
    result = adata.copy()
    result.X = sparse.csr_matrix(corrected.X.multiply(sparse.linalg.norm(adata.X, axis=1)[:, None]))
    result.obsm["X_corrected"] = np.asarray(corrected.obsm["X_scanorama"])
    return result


def bbknn(
    adata: ad.AnnData,
    seed: int,
    neighbors_within_batch: int = 3,
    n_pcs: int = N_PCS,
    **parameters: Any,
) -> ad.AnnData:
    """Return BBKNN's neighbour graph (Polański et al. 2020) of the principal components.

    It takes 3 neighbours from every batch, fewer where a batch has fewer cells.
    """
    import bbknn as package

    result = adata.copy()
    result.obsm["X_pca"] = principal_components(adata, seed, n_pcs)
    smallest = int(adata.obs["batch"].value_counts().min())
    neighbours = min(neighbors_within_batch, smallest)
    settings = {"neighbors_within_batch": neighbours, "n_pcs": n_pcs, **parameters}
    package.bbknn(result, batch_key="batch", **settings)
    return result


def concord(adata: ad.AnnData, seed: int, n_epochs: int = 15, **parameters: Any) -> ad.AnnData:
    """Return CONCORD's latent space of the logarithms (Zhu et al. 2025).

    Neighbours are drawn after two epochs, or after one of two.
    """
    from concord import Concord

    result = adata.copy()
    epochs = {"n_epochs": n_epochs, "knn_warmup_epochs": min(2, n_epochs - 1)}
    settings = {"domain_key": "batch", "seed": seed, "save_dir": None, **epochs, **parameters}
    model = Concord(adata.copy(), **settings)
    model.fit_transform(output_key="latent")
    result.obsm["X_corrected"] = np.asarray(model.adata.obsm["latent"])
    result.uns["device"] = str(model.config.device)
    return result


def corrected_or_reason(
    baseline: Baseline,
    adata: ad.AnnData,
    ids: dict[str, object],
    parameters: dict[str, Any],
    memory_mb: float = np.inf,
) -> ad.AnnData:
    """Return a method's correction, or the data set without X and the reason why there is none.

    Parameters
    ----------
    baseline
        The method.
    adata
        norm_log data.
    ids
        dataset, method, row and seed.
    parameters
        Those that are given, by their names.
    memory_mb
        What the machine has; a method that takes more is not run.
    """
    facts = {
        **ids,
        "version": __version__,
        "transform": "norm_log",
        "output": baseline.output,
        "uses_types": baseline.uses_types,
        "device": "cpu",
        "versions": versions("scanpy", "numpy", "anndata", baseline.package),
        "parameters": json.dumps(parameters) if parameters else "",
    }
    try:
        if baseline.memory is not None:
            check_memory(baseline.memory, adata, memory_mb)
        with measured() as cost:
            result = _finite(baseline.run(adata, ids["seed"], **parameters))
    except (NotInstalled, NotPossible, ModuleNotFoundError) as error:
        return no_correction(adata, facts | {"status": "not_run", "reason": _one_line(error)})
    except Exception as error:
        logging.getLogger("aif").exception("the method failed")
        reason = f"{type(error).__name__}: {_one_line(error)}"
        return no_correction(adata, facts | {"status": "failed", "reason": reason})
    facts["versions"] |= result.uns.pop("versions", {})
    facts["device"] = result.uns.pop("device", facts["device"])
    result.uns["aif"] = facts | cost
    return result


def _finite(result: ad.AnnData) -> ad.AnnData:
    """Return a correction as it is, if all its values are numbers."""
    for values in (result.X, result.obsm.get("X_corrected")):
        numbers = values.data if sparse.issparse(values) else values
        if numbers is not None and not np.isfinite(numbers).all():
            raise ValueError("it returned values that are NaN or infinite")
    return result


def _one_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


BASELINES = {
    "uncorrected": Baseline(uncorrected, "expression", "scanpy"),
    "combat": Baseline(combat, "expression", "scanpy", memory=Memory(11)),
    "combat_seq": Baseline(combat_seq, "expression", "inmoose"),
    "harmony": Baseline(harmony, "embedding", "harmonypy", memory=Memory(2.5, dense=MANY)),
    "scanorama": Baseline(scanorama, "both", "scanorama", memory=Memory(30)),
    "scvi": Baseline(partial(scvi, **SCVI_OF_BENCHMARKS), "both", "scvi-tools"),
    "scvi_default": Baseline(scvi, "both", "scvi-tools"),
    "scanvi": Baseline(partial(scanvi, **SCVI_OF_BENCHMARKS), "both", "scvi-tools", True),
    "sysvi": Baseline(sysvi, "embedding", "scvi-tools"),
    "bbknn": Baseline(bbknn, "graph", "bbknn", memory=Memory(5)),
    "concord": Baseline(concord, "embedding", "concord-sc"),
    "limma": Baseline(limma, "expression", "limma", memory=Memory(11)),
    "seurat": Baseline(seurat, "expression", "Seurat", memory=Memory(26, per_pair=1)),
    "shuffled": Baseline(shuffled, "expression", "scanpy"),
    "downsampled": Baseline(downsampled, "expression", "scanpy"),
    "perfect_types": Baseline(perfect_types, "embedding", "scanpy", True),
}
