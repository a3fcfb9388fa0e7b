"""What is written of a correction: which outputs, and expression in pieces."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anndata as ad
import h5py
import numpy as np

from aif.correction.decoding import CHUNK, Part
from aif.model.model_file import ModelInfo

MANY = 100_000  # cells above which no expression is written where the config does not ask for it
COMPRESSED = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
# Corrected logarithms below it are no expression. A shift that is next to nothing would put all zeros of a
# batch above or below those of the others, and a test by ranks would call the gene different.
TRACE = 0.05


def outputs_of(options: dict[str, Any], n_cells: int) -> list[str]:
    """Return what a correction writes: what the config names, else expression too unless cells are MANY."""
    both = ["expression", "embedding"]
    return options.get("output") or (both if n_cells <= MANY else ["embedding"])


def appender(
    file: h5py.File, n_cells: int, n_genes: int, options: dict[str, Any]
) -> Callable[[np.ndarray], None] | None:
    """Return what appends chunks of cells (cells, G) to X of a file, which it begins, compressed.

    Where options say that no expression is written, that is None, and the log says so.
    """
    if "expression" not in outputs_of(options, n_cells):
        by_size = f"as cells are more than {MANY:,}; name it in correction.output to have it"
        why = "as correction.output says" if options.get("output") else by_size
        logging.getLogger("aif").info("no expression is written, %s", why)
        return None
    empty = np.empty((0, n_genes), dtype=np.float32)
    shape = {"maxshape": (None, n_genes), "chunks": (min(CHUNK, n_cells), n_genes)}
    ad.io.write_elem(file, "X", empty, dataset_kwargs=shape | COMPRESSED)

    def append(expression: np.ndarray) -> None:
        done = len(file["X"])
        file["X"].resize(done + len(expression), axis=0)
        file["X"][done:] = expression

    return append


def expression_of(part: Part, info: ModelInfo) -> np.ndarray:
    """Return corrected expression (cells, G) of a chunk as it is written.

    Variants with the trait `nonnegative` have 0 in place of negative values, and of logarithms below TRACE.

    Raises
    ------
    FloatingPointError
        If a value, or a place in the latent space, is not finite.
    """
    if not (np.isfinite(part.expression).all() and np.isfinite(part.latent).all()):
        raise FloatingPointError("the corrected expression is not finite")
    if not info.variant["nonnegative"]:
        return part.expression
    least = TRACE if info.variant["input"] == "norm_log" else 0
    return np.where(part.expression < least, 0, part.expression)
