"""reference.pt: what new cells take of the cells that a model corrected, and model.pt does not hold.

No cell and no cell's name is in it: numbers of genes, axes and settings.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import torch
from torch import Tensor

from aif import __version__
from aif.errors import InputError
from aif.job.files import atomic
from aif.model.cells import READ
from aif.model.model_file import ModelInfo, failure_of, load_model
from aif.model.networks import Networks
from aif.reading.genes import ids_of, without_version

NAME = "reference.pt"  # beside the model
FORMAT = 1  # of the file; another one is not read


@dataclass(frozen=True)
class Reference:
    """What is known of the cells that a model was trained on and corrected.

    Attributes
    ----------
    model
        The `fingerprint` of the model that it is of.
    version
        The workflow's that wrote it.
    ids
        Stable ids of the model's genes, without versions; none where the cells came without.
    library
        The median sum of counts of a cell over the model's genes.
    share
        (G,), the mean share that each gene has of a cell's counts; they sum to 1.
    mean
        (G,), mean expression in the units of the variant's input.
    options
        How the cells were corrected, see `aif.config.schema.Correction`.
    learned
        What `aif.correction.corrected.correct` has learned of them.
    """

    model: str
    version: str
    ids: list[str]
    library: float
    share: Tensor
    mean: Tensor
    options: dict[str, Any]
    learned: dict[str, Tensor]

    @classmethod
    def of(
        cls,
        networks: Networks,
        adata: ad.AnnData,
        counts: Any,
        options: dict[str, Any],
        learned: dict[str, Tensor],
    ) -> Reference:
        """Return that of a model and the preprocessed cells (N, G) that it has corrected.

        Their expression and their counts (N, G) are CSR, in memory or on disk (anndata's CSRDataset).
        """
        totals, share, mean = [], np.zeros(adata.n_vars), np.zeros(adata.n_vars)
        for start in range(0, adata.n_obs, READ):
            part = counts[start : start + READ]
            own = np.asarray(part.sum(axis=1), dtype=float).ravel()
            totals.append(own)
            share += part.T @ np.divide(1, own, out=np.zeros_like(own), where=own > 0)
            mean += np.asarray(adata.X[start : start + READ].sum(axis=0)).ravel() / adata.n_obs
        of_cells = np.concatenate(totals)
        of_cells = of_cells[of_cells > 0]
        ids = ids_of(adata.var)
        return cls(
            model=fingerprint(networks),
            version=__version__,
            ids=[] if ids is None else [str(name) for name in without_version(ids)],
            library=float(np.median(of_cells)),
            share=torch.from_numpy(share / max(len(of_cells), 1)).float(),
            mean=torch.from_numpy(mean).float(),
            options=options,
            learned=learned,
        )


def fingerprint(networks: Networks) -> str:
    """Return a hash of all parameters of a model."""
    digest = hashlib.sha256()
    for name, value in sorted(networks.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(value.numpy()).tobytes())
    return digest.hexdigest()


def save_reference(path: str | Path, reference: Reference) -> None:
    """Write a reference whole, or not at all."""
    fields = {field.name: getattr(reference, field.name) for field in dataclasses.fields(reference)}
    with atomic(str(path)) as temporary, open(temporary, "wb") as file:
        torch.save({"format": FORMAT, **fields}, file)


def load_reference(path: str | Path) -> Reference:
    """Return a saved reference.

    Raises
    ------
    InputError
        If the file is no reference, or one of another format.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        version, written = content["version"], content.pop("format")
        if written == FORMAT:
            return Reference(**content)
    except Exception as error:  # torch raises anything when a file is damaged
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{path} is no reference of this workflow ({reason}); correct the model's own cells again"
        ) from error
    raise InputError(
        f"{path} was written by version {version} of the workflow, in format {written} and not {FORMAT}; "
        "map with that version, or correct the model's own cells with this one"
    )


def load_with_reference(model: str | Path) -> tuple[Networks, ModelInfo, Reference]:
    """Return a saved model, what goes with it, and what lies beside it.

    Raises
    ------
    InputError
        If one of them cannot be used, or if they are not of each other.
    """
    if not Path(model).is_file():
        raise InputError(f"there is no model {str(model)!r}; give the path of a model.pt")
    failure = failure_of(model)
    if failure:
        raise InputError(f"{model} holds no model: it {failure['status']} ({failure['reason']})")
    networks, info = load_model(model)
    beside = Path(model).with_name(NAME)
    if not beside.is_file():
        raise InputError(
            f"there is no {beside} beside the model, which new cells need; correct the model's own cells "
            "again, as older versions wrote none"
        )
    reference = load_reference(beside)
    if reference.model != fingerprint(networks):
        raise InputError(f"{beside} is of another model than {model}; take both from one folder")
    if info.covariates:
        raise InputError(
            f"{model} was told {', '.join(info.covariates)} of its cells (keep), which new cells cannot be "
            "told; train a model without keep"
        )
    return networks, info, reference
