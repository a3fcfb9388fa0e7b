"""The correction of new cells by a model that has not seen them.

The encoder is never told the batch, so a cell of a batch that nobody has seen is encoded as any other, and
decoded as the model's own cells were: as the mean of the known batches, say. All new cells are taken as
cells of new batches, those of a known one too.

Cells that are shifted become x* + residual · r: x* is their decode under the target, stretched as that of
the model's own cells, and r what this decode misses of them, with the mean and spread in each new batch
that the target has. So what a new batch changes in all of its cells goes, as its mean residual.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import torch
from torch import Tensor

from aif import __version__
from aif.correction.decoding import (
    CHUNK,
    Part,
    correction_target,
    decoded_expression,
    hidden_decodes,
)
from aif.correction.outputs import appender, expression_of, outputs_of
from aif.correction.residuals import Moments, Residuals
from aif.correction.shift import Setting
from aif.mapping.new_cells import NewCells
from aif.mapping.reference import Reference
from aif.model.model_file import ModelInfo
from aif.model.networks import Networks


@torch.no_grad()
def latent_means(networks: Networks, cells: NewCells) -> np.ndarray:
    """Return the latent means (n, d) of new cells."""
    parts = [networks.encoder(x[None])[0][0] for x, _ in cells.chunks(CHUNK)]
    return torch.cat(parts).numpy()


def mapped_parts(
    networks: Networks,
    info: ModelInfo,
    reference: Reference,
    cells: NewCells,
    batch: np.ndarray,
    extended: Networks | None = None,
) -> Iterator[Part]:
    """Yield corrected new cells, one chunk after the other.

    Parameters
    ----------
    networks, info, reference
        A model, what goes with it and what lies beside it.
    cells
        The new cells.
    batch
        (n,), the index of each cell's batch among the new ones.
    extended
        The model with labels for the new batches after those it had (`aif.mapping.extension`); r is
        then what a cell's decode under its own label misses.
    """
    target = correction_target(reference.options["target"], info.batches)
    sampling = {"n_samplings": reference.options["n_samplings"], "seed": info.seed}
    if not info.variant["shift"]:
        return decoded_expression(networks, cells, target, **sampling)
    own = torch.zeros(0, networks.shape.batches)
    if extended is not None:
        networks, known = extended, networks.shape.batches
        own = torch.eye(networks.shape.batches)[known:]
        target = replace(target, labels=_padded(target.labels, len(own)))
    labels = torch.cat([target.labels, own])
    decoded = hidden_decodes(networks, cells.chunks(CHUNK), labels, **sampling)
    codes = torch.tensor(batch, dtype=torch.int64)
    return _shifted(networks, info, reference, cells, codes, target.weights, decoded)


def _shifted(
    networks: Networks,
    info: ModelInfo,
    reference: Reference,
    cells: NewCells,
    codes: Tensor,
    weights: Tensor,
    decoded: Iterator[tuple[Tensor, Tensor, Tensor]],
) -> Iterator[Part]:
    """Yield shifted cells; the first of their hidden decodes, as many as weights, are of the target."""
    setting, decodes = Setting.of(info.hyperparameters), networks.decoder.decodes
    slope, offset, *of_target = (
        reference.learned[name] for name in ("slope", "offset", "target_mean", "target_spread")
    )
    moments = Moments(int(codes.max()) + 1, networks.shape.genes)
    kept = []
    for code, (x, hidden, mean) in zip(codes.split(CHUNK), decoded, strict=True):
        at_target = torch.tensordot(weights, hidden[: len(weights)], 1)
        own = hidden[len(weights) :]
        own = own[code, torch.arange(len(code))] if len(own) else at_target
        moments.add(x, decodes(own), code)
        kept.append((code, at_target, own, mean))
    residuals = Residuals.towards(moments, slope, offset, *of_target)
    for (x, _), (code, at_target, own, mean) in zip(cells.chunks(CHUNK), kept, strict=True):
        moved = offset + slope * decodes(at_target)
        left = residuals.at_target(x - offset - slope * decodes(own), code)
        left[:, cells.missing] = residuals.target_mean[cells.missing]
        expression, smooth = (
            (moved + share * left).numpy() * cells.scale
            for share in (setting.residual, setting.embedding_residual)
        )
        yield Part(expression, mean.numpy(), smooth)


def _padded(labels: Tensor, more: int) -> Tensor:
    return torch.cat([labels, torch.zeros(len(labels), more)], dim=1)


def embedding_of(part: Part, info: ModelInfo, reference: Reference) -> np.ndarray:
    """Return what users cluster and draw of new cells (cells, k), in the space of the model's own cells."""
    if "components" not in reference.learned:
        return part.latent
    axes, mean = (reference.learned[name].numpy() for name in ("components", "component_mean"))
    return ((part.smooth - mean) @ axes.T).astype(np.float32)


def write_mapped(
    path: Path,
    networks: Networks,
    info: ModelInfo,
    reference: Reference,
    counts: ad.AnnData,
    cells: NewCells,
    extended: Networks | None = None,
) -> None:
    """Write new cells corrected, in the form of corrected.h5ad, a chunk in memory at a time.

    Parameters
    ----------
    path
        The file.
    counts
        As `aif.mapping.new_cells.placed` returns them, with what obs shall say; obs has batch.
    networks, info, reference, cells, extended
        As in `mapped_parts`.

    Raises
    ------
    FloatingPointError
        If a corrected value is not finite.
    """
    batch = counts.obs["batch"].cat.codes.to_numpy()
    rest = ad.AnnData(obs=counts.obs, var=counts.var, layers=dict(counts.layers))
    latent, embedding = [], []
    rest.write_h5ad(path)
    with h5py.File(path, "r+") as file:
        append = appender(file, *rest.shape, reference.options)
        for part in mapped_parts(networks, info, reference, cells, batch, extended):
            expression = expression_of(part, info)
            if append is not None:
                append(expression)
            latent.append(part.latent)
            embedding.append(embedding_of(part, info, reference))
        ad.io.write_elem(file["obsm"], "X_aif", np.concatenate(latent))
        ad.io.write_elem(file["obsm"], "X_corrected", np.concatenate(embedding))
        ad.io.write_elem(file["uns"], "aif", provenance(info, reference, len(batch)))


def mapped_dataset(
    networks: Networks,
    info: ModelInfo,
    reference: Reference,
    counts: ad.AnnData,
    cells: NewCells,
    extended: Networks | None = None,
) -> ad.AnnData:
    """Return what `write_mapped` writes; parameters and errors are the same."""
    batch = counts.obs["batch"].cat.codes.to_numpy()
    parts = list(mapped_parts(networks, info, reference, cells, batch, extended))
    result = ad.AnnData(obs=counts.obs, var=counts.var, layers=dict(counts.layers))
    result.X = np.concatenate([expression_of(part, info) for part in parts])
    result.obsm["X_aif"] = np.concatenate([part.latent for part in parts])
    embedding = [embedding_of(part, info, reference) for part in parts]
    result.obsm["X_corrected"] = np.concatenate(embedding)
    result.uns["aif"] = provenance(info, reference, len(batch))
    return result


def provenance(info: ModelInfo, reference: Reference, n_cells: int) -> dict[str, Any]:
    """Return what uns["aif"] says: the ids of the model, and how the cells were mapped."""
    with_expression = "expression" in outputs_of(reference.options, n_cells)
    return {
        **info.ids(),
        "version": __version__,
        "output": "expression" if with_expression else "embedding",
        "mapped_to": reference.model,
        "variant": json.dumps(info.variant),
        "hyperparameters": json.dumps(info.hyperparameters),
        "correction": json.dumps(reference.options),
    }
