"""Other methods that place new cells beside those of a reference, and name them; see mapping.py.

Each takes cells (n, G) with a batch, logarithms in X and counts in a layer: old ones with types, new ones
whose types it does not look at. It returns the places of old and new cells in this order, and the new
ones' names.
"""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc

UNKNOWN = "unknown"  # what scANVI calls cells without a type
# As scArches asks for, and benchmarks of integration (Lotfollahi et al. 2022, Luecken et al. 2022).
SCVI = {"n_layers": 2, "n_latent": 30, "gene_likelihood": "nb", "encode_covariates": True}
SCVI |= {"use_layer_norm": "both", "use_batch_norm": "none", "deeply_inject_covariates": False}
Placed = tuple[np.ndarray, pd.Series]


def symphony(old: ad.AnnData, new: ad.AnnData, seed: int) -> Placed:
    """Return what Symphony finds on a reference that Harmony corrected (Kang et al. 2021)."""
    import symphonypy as sp

    old, new = old.copy(), new.copy()
    old.X = old.X.toarray()
    for cells in (old, new):
        cells.uns["log1p"] = {"base": None}
    sc.pp.scale(old, max_value=10)
    sc.pp.pca(old, n_comps=min(30, old.n_vars - 1), zero_center=False, random_state=seed)
    sp.pp.harmony_integrate(old, key="batch", random_seed=seed)
    sp.tl.map_embedding(new, old, key="batch", use_genes_column=None)
    sp.tl.transfer_labels_kNN(new, old, "cell_type")
    both = [cells.obsm["X_pca_harmony"] for cells in (old, new)]
    return np.concatenate(both), new.obs["cell_type"]


def scanvi(old: ad.AnnData, new: ad.AnnData, seed: int) -> Placed:
    """Return what scANVI finds, extended by the new batch as scArches does."""
    import scvi

    scvi.settings.seed = seed
    old, new = (
        ad.AnnData(cells.layers["counts"], obs=cells.obs[["batch", "cell_type"]], var=cells.var)
        for cells in (old, new)
    )
    new.obs["cell_type"] = UNKNOWN
    quiet = {"enable_progress_bar": False, "logger": False}
    scvi.model.SCVI.setup_anndata(old, batch_key="batch")
    first = scvi.model.SCVI(old, **SCVI)
    first.train(**quiet)
    typed = scvi.model.SCANVI.from_scvi_model(first, UNKNOWN, labels_key="cell_type")
    typed.train(max_epochs=20, n_samples_per_label=100, **quiet)
    wider = scvi.model.SCANVI.load_query_data(new, typed)
    wider.train(max_epochs=100, plan_kwargs={"weight_decay": 0.0}, **quiet)
    places = [typed.get_latent_representation(old), wider.get_latent_representation(new)]
    return np.concatenate(places), pd.Series(wider.predict(new), index=new.obs_names)


OTHERS = {"symphony": symphony, "scanvi": scanvi}
