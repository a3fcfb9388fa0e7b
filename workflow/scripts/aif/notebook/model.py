"""A trained model in memory: `aif.correct` makes one, `aif.load` opens one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from aif.config.datasets import Dataset
from aif.config.schema import Mapping
from aif.data.groups import free_name
from aif.errors import InputError
from aif.mapping.extension import extended
from aif.mapping.mapped import mapped_dataset
from aif.mapping.naming import read_reference_cells
from aif.mapping.prepared import prepared, with_names
from aif.mapping.reference import NAME, Reference, load_with_reference, save_reference
from aif.model.model_file import ModelInfo, save_model
from aif.model.networks import Networks
from aif.notebook.counts import counts_of, warn

DEFAULT = Mapping()


@dataclass(frozen=True)
class Model:
    """A trained model and what new cells need besides.

    Attributes
    ----------
    networks, info, reference
        The model, what goes with it, and what is known of its cells.
    known
        Latent means (N, d) and types (N,) of its own cells, by which new ones are named; None without.
    """

    networks: Networks
    info: ModelInfo
    reference: Reference
    known: tuple[np.ndarray, pd.Series] | None = None

    def map(
        self,
        adata: ad.AnnData,
        batch_key: str | None = None,
        label_key: str | None = None,
        layer: str | None = None,
        neighbours: int = DEFAULT.neighbours,
        confidence: float = DEFAULT.confidence,
        steps: int = DEFAULT.steps,
    ) -> ad.AnnData:
        """Return new cells corrected, in the model's genes.

        X is corrected expression, `obsm["X_corrected"]` and `obsm["X_aif"]` are places beside those of the
        model's own cells. Where the types of these are known, `obs["named_type"]` and `obs["confidence"]` are
        what the new cells are called and how sure that is. Columns of obs are kept; those called `batch` or
        `cell_type` that the keys do not name end on `_input`.

        Parameters
        ----------
        adata
            Raw counts; unchanged.
        batch_key
            The column of obs with the batch of each cell; without it all are one.
        label_key
            The column of obs with types of your own, which stand beside the names in `obs["cell_type"]`.
        layer
            The layer that holds the counts; without it X.
        neighbours, confidence, steps
            As in the config's section `map`.

        Raises
        ------
        aif.errors.InputError
            If the cells cannot be mapped: one line that says why.
        """
        counts = counts_of(adata, layer)
        of_all = free_name("new_cells", counts.obs)
        if batch_key is None:
            counts.obs[of_all] = "new"
        keys = {"batch_key": batch_key or of_all, "label_key": label_key}
        source = Dataset(path="-", map_to="-", **keys).model_dump()
        new = prepared(counts, self.info, self.reference, source, "map")
        new.counts.obs.drop(columns=of_all, errors="ignore", inplace=True)
        warn(new.notes)
        if self.known is not None:
            how = (neighbours, confidence, self.info.seed)
            with_names(new, self.networks, self.known, *how)
        wider = None
        if steps:
            batch = new.counts.obs["batch"].cat.codes.to_numpy()
            wider = extended(self.networks, new.cells, batch, steps, self.info.seed)
        place = (self.networks, self.info, self.reference)
        return mapped_dataset(*place, new.counts, new.cells, wider)

    def save(self, path: str | Path) -> None:
        """Write the model, and reference.pt beside it, so one to a folder; neither holds cells or types."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_model(path, self.networks, self.info)
        save_reference(path.with_name(NAME), self.reference)


def load(path: str | Path, cells: ad.AnnData | None = None, label_key: str = "cell_type") -> Model:
    """Return a model of a file, with reference.pt beside it.

    Parameters
    ----------
    path
        A model.pt that the workflow or `Model.save` wrote.
    cells
        The model's own cells with their latent means in `obsm["X_aif"]`, by whose types new ones are named.
        Without them those of a corrected.h5ad beside the model are taken, if it is there.
    label_key
        The column of their obs with the types.

    Raises
    ------
    aif.errors.InputError
        If the model cannot be used: one line that says why.
    """
    networks, info, reference = load_with_reference(path)
    beside = Path(path).with_name("corrected.h5ad")
    if cells is not None:
        known = known_of(cells, label_key)
    else:
        known = read_reference_cells(str(beside)) if beside.is_file() else None
    return Model(networks, info, reference, known)


def known_of(cells: ad.AnnData, label_key: str) -> tuple[np.ndarray, pd.Series]:
    """Return latent means and types of the cells that have a type."""
    for name, place in (("X_aif", cells.obsm), (label_key, cells.obs)):
        if name not in place:
            raise InputError(f"cells: there is no {name!r}; give cells that aif.correct corrected")
    types = cells.obs[label_key]
    has_type = types.notna().to_numpy()
    return np.asarray(cells.obsm["X_aif"])[has_type], types[has_type].astype(str).reset_index(
        drop=True
    )
