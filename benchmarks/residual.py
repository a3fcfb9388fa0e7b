"""Compare the decoded correction with one that keeps each cell's residual; see benchmarks/README.md.

The residual is what the model does not explain of a cell: its expression minus its decode under its
own batch. The trial adds it to the decode under all batches. It is no part of the method.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from aif.cells import model_cells  # noqa: E402
from aif.config import load_yaml  # noqa: E402
from aif.decoding import corrected_expression, correction_target  # noqa: E402
from aif.evaluation import evaluate  # noqa: E402
from aif.preprocessing import standardise, transform  # noqa: E402
from aif.training import train  # noqa: E402
from aif.variants import Hyperparameters, defaults_of, variant_of  # noqa: E402

VARIANT = "aif_norm_log_rel_dyn"
EVALUATION = {"n_pcs": 30, "embedding": "pca", "repetitions": 1, "subsample": 1.0, "seed": 0}
SHOWN = ("iLISI", "NMI", "ASW_label", "bio_score", "batch_score", "overall", "DE_AUC_up_all",
         "DE_AUC_down_all")  # fmt: skip


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--setting", default="{}", help="JSON of hyperparameters")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for path in options.data:
        logs = transform(standardise(ad.read_h5ad(path), "batch", "cell_type", None), "norm_log")
        for name, x in corrections(logs, json.loads(options.setting)).items():
            found = evaluate(as_corrected(logs, x), logs, EVALUATION).metrics
            values = found.set_index("metric")["value"].astype(float).round(3).to_dict()
            scores = {key: values[key] for key in SHOWN if key in values}
            print(Path(path).stem, options.setting, name, scores, flush=True)


def corrections(logs: ad.AnnData, setting: dict[str, object]) -> dict[str, np.ndarray]:
    """Return the decoded correction of one training, and the one that keeps the residual."""
    table = load_yaml(ROOT / "config" / "variants.yaml")
    cells, scale = model_cells(logs, "norm_log")
    hyperparameters = Hyperparameters(**{**defaults_of(table, VARIANT), **setting})
    variant = variant_of(table["variants"][VARIANT])
    networks = train(cells, variant, [hyperparameters], seed=0).networks
    batches, x = list(logs.obs["batch"].cat.categories), logs.X.toarray()

    def decoded(mask: np.ndarray, target: str) -> np.ndarray:
        labels = correction_target(target, batches)
        return corrected_expression(networks, x[mask], scale, labels, 20, 0)[0]

    own = np.zeros_like(x)
    for batch in batches:
        mask = (logs.obs["batch"] == batch).to_numpy()
        own[mask] = decoded(mask, batch)
    mean = decoded(np.ones(len(x), dtype=bool), "mean")
    return {"decoded": mean, "with residual": x + mean - own}


def as_corrected(logs: ad.AnnData, x: np.ndarray) -> ad.AnnData:
    """Return a data set as the evaluation takes it."""
    result = logs.copy()
    result.X = x
    ids = {"dataset": "", "method": "", "row": "", "seed": 0}
    result.uns["aif"] = {**ids, "transform": "norm_log", "output": "expression"}
    return result


if __name__ == "__main__":
    main()
