"""Compare what the encoder may want of the auxiliary network's answer; see README.md, "The adversary".

Trains `aif_steady` with other terms in place of its `log_aux`, and writes a row per run, output and term.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import anndata as ad
import pandas as pd
import settings
import torch
from torch import Tensor
from torch.nn import functional as F

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from aif.data.preprocessing import standardise  # noqa: E402
from aif.model import losses  # noqa: E402
from aif.model.numerics import prepare_for_training  # noqa: E402

Term = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument("--data", nargs="+", required=True, help="files, as in settings.py")
    parser.add_argument("--terms", nargs="+", default=list(TERMS), choices=TERMS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    prepare_for_training(threads=1)
    for seed in options.seeds:
        for data in options.data:
            for name in options.terms:
                own = Path(f"{options.output}.{name}")
                with mock.patch.object(losses, "log_aux", TERMS[name](shares_of(data))):
                    settings.run(own, data, "aif_steady", "{}", seed)
    parts = [
        pd.read_csv(own, sep="\t").assign(term=name)
        for name in TERMS
        if (own := Path(f"{options.output}.{name}")).exists()
    ]
    pd.concat(parts).to_csv(options.output, sep="\t", index=False)


def shares_of(data: str) -> Tensor:
    """Return the shares of a data set's batches (b,), in the model's order."""
    path, batch_key, _ = (*data.split(":"), "", "")[:3]
    cells = standardise(ad.read_h5ad(path), batch_key or "batch", "cell_type")
    counts = cells.obs["batch"].value_counts(normalize=True, sort=False)
    return torch.tensor(counts[cells.obs["batch"].cat.categories].to_numpy(), dtype=torch.float32)


def logarithm(shares: Tensor) -> Term:
    """Return the term as it is shipped."""
    return losses.log_aux


def any_other(shares: Tensor) -> Term:
    """Return -log(1 - p) of a cell's own batch, a mean over cells."""

    def term(logits: Tensor, batch: Tensor, entropy: Tensor, weights: Tensor | None) -> Tensor:
        own = F.one_hot(batch, logits.shape[-1]).bool()
        others = logits.masked_fill(own, -torch.inf).logsumexp(-1)
        return F.softplus((logits * own).sum(-1) - others).mean(-1)

    return term


def towards(target: Tensor) -> Term:
    """Return the divergence of shares (b,) from A's answer, a mean over cells."""

    def term(logits: Tensor, batch: Tensor, entropy: Tensor, weights: Tensor | None) -> Tensor:
        known = target.clamp_min(torch.finfo(target.dtype).tiny).log()
        return (target * (known - logits.log_softmax(-1))).sum(-1).mean(-1)

    return term


TERMS: dict[str, Callable[[Tensor], Term]] = {
    "log_aux": logarithm,
    "any_other": any_other,
    "uniform": lambda shares: towards(torch.full_like(shares, 1 / len(shares))),
    "shares": towards,
}


if __name__ == "__main__":
    main()
