"""The authors' package, batchaif 0.0.4, driven as its scripts drive it.

It is not installed, as its setup.py installs nothing, but put on the path (`make benchmark-speed` fetches
it). Worked round is what stops it with today's packages: the names it imports from scikit-network and
never uses here, and its table of losses, which calls what pandas 2 no longer has.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import torch
from places import ROOT
from torch.utils.data import DataLoader

INSTALLED = ROOT / ".venv" / "batchaif"  # with harmonypy 0.0.10, which it needs
WEIGHTS = {
    "mse": 1,
    "kl": 0.05,
    "class": 0.5,
    "class_rec": 0.05,
    "aux": 0.5,
    "gen": 0.1,
    "proj": 0.1,
}
SAVE = {"cvae": False, "aux": False, "dis": False, "loss": True, "time": True}


def imported() -> tuple[ModuleType, ...]:
    """Return its modules of training, models, data, correction and metrics."""
    sys.path[:0] = [str(INSTALLED), str(INSTALLED / "batchaif-0.0.4")]
    clustering = ModuleType("sknetwork.clustering")
    clustering.Louvain = clustering.modularity = None
    sys.modules["sknetwork"] = ModuleType("sknetwork")
    sys.modules["sknetwork.clustering"] = clustering
    from batchaif import (
        batch_removal_functions,
        dataload,
        metrics_functions,
        models,
        training_functions,
    )

    return training_functions, models, dataload, batch_removal_functions, metrics_functions


class Reference:
    """One data set of the reference: `proj_boost_norm_log_rel_dyn`, minibatches of 32, its sizes.

    Parameters
    ----------
    cells
        Logarithms in X, obs batch and cell_type.
    folder
        Where it finds and leaves its files.
    """

    def __init__(self, cells: ad.AnnData, folder: Path) -> None:
        self.training, self.models, self.data, self.correction, self.metrics = imported()
        self.cells, self.folder = cells, folder
        self.batches = cells.obs["batch"].cat.categories
        (folder / "cells").mkdir(parents=True)
        codes = pd.DataFrame({"batch": cells.obs["batch"].cat.codes.to_numpy()})
        codes.to_csv(folder / "cells" / "yTrain.csv", index=False)
        x = pd.DataFrame(cells.to_df().to_numpy())
        x.to_csv(folder / "cells" / "xTrain_norm_log.csv", index=False, float_format="%.5g")
        dataset = self.data.Biodataset(
            root=folder,
            norm=True,
            log_transfo=True,
            filename="cells",
            n_labels=len(self.batches),
        )
        self.loader = DataLoader(dataset, batch_size=32, shuffle=True)

    def model(self) -> dict[str, Any]:
        """Return its three networks, with the sizes of its scripts."""
        sizes = {"input_size": self.cells.n_vars, "hidden_units": [800, 800]}
        labels = {"nz": 100, "n_labels": len(self.batches)}
        return {
            "cvae": self.models.CVAE(**sizes, **labels, sigma=1, activation="ReLU", norm=True),
            "dis": self.models.Discriminator(**sizes, activation="ReLU"),
            "aux": self.models.Auxiliary(hidden_units=[800, 800], **labels, activation="ReLU"),
        }

    def train(
        self, model: dict[str, Any], epochs: int, weights: dict[str, float], seed: int
    ) -> None:
        """Train as its robust grid search does."""
        for network in model.values():
            self.training.reset_weights(network)
        optimizers = {
            name: torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.99))
            for name, network in model.items()
        }
        self.training.train_model(
            model=model,
            optimizer=optimizers,
            train_loader=self.loader,
            end_epoch=epochs,
            out_dir_name=str(self.folder / "run"),
            losses_enc_weights=weights,
            weighting_strategy="rel",
            losses_norm={},
            save=SAVE,
            plot=False,
            verbose=False,
            early_stopping=True,
            min_epochs=int(0.9 * epochs),
            dynamic_ratio=0.1,
            projection_constraint={"random": True, "avg": True},
            seed=seed,
        )

    def seconds_per_step(self, epochs: int) -> float:
        """Return what a step takes, after an epoch that is not counted."""
        model = self.model()
        self.train(model, 1, WEIGHTS, seed=0)
        start = time.perf_counter()
        self.train(model, epochs, WEIGHTS, seed=0)
        return (time.perf_counter() - start) / (epochs * len(self.loader))

    def run(self, epochs: int, weights: dict[str, float], seed: int) -> np.ndarray:
        """Train, correct and judge one run of a search; return the corrected cells (n, genes)."""
        model = self.model()
        self.train(model, epochs, weights, seed)
        corrected = self.correction.batch_removal_conditional_robust(
            adata=self.cells, cvae=model["cvae"], label_projection=0, n_samplings=20, seed=seed
        )
        types = self.cells.obs["cell_type"].cat.categories
        palette = itertools.cycle(["tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple"])
        self.metrics.compute_and_plot_best_clustering(
            corrected_data=corrected.X,
            adata=self.cells,
            metric_names=["ARI", "ASW", "LISI"],
            shared_ct={"LISI": True, "ARI": True, "ASW": False},
            data_embedding="tsne",
            n_components=20,
            n_repetitions=20,
            percent_samples=0.8,
            seed=seed,
            metric_best="F1_ARI",
            colors_batch=dict(zip(self.batches, palette, strict=False)),
            colors_cell_types=dict(zip(types, palette, strict=False)),
            colors_clusters=dict(zip(range(len(types)), palette, strict=False)),
            save_plot=True,
            saving_path=str(self.folder / "run"),
            show_plot=False,
        )
        return corrected.X
