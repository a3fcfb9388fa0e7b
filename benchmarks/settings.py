"""Compare settings of hyperparameters over data sets, variants and seeds; see benchmarks/README.md.

Appends a row per run to a table, and skips the runs the table already has.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from dataclasses import asdict, replace
from pathlib import Path

import anndata as ad
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from aif.config.hyperparameters import NAMES, Hyperparameters, training_of  # noqa: E402
from aif.config.schema import Correction, load_yaml  # noqa: E402
from aif.config.variants import defaults_of, variant_of  # noqa: E402
from aif.correction.corrected import correct_dataset  # noqa: E402
from aif.data.covariates import covariates_of  # noqa: E402
from aif.data.gene_choice import Choice, chosen_genes  # noqa: E402
from aif.data.preprocessing import standardise, transform  # noqa: E402
from aif.evaluation.evaluate import evaluate  # noqa: E402
from aif.methods.baselines import BASELINES  # noqa: E402
from aif.model.numerics import prepare_for_training  # noqa: E402
from aif.model.run import Job, TrainedJob, train_job  # noqa: E402

EVALUATION = {"n_pcs": 30, "embedding": "pca", "repetitions": 1, "subsample": 1.0, "seed": 0}
LAST: dict[str, object] = {}  # the last training, and what it was made for
KEYS = ["data", "method", "setting", "seed"]
KEPT = ("iLISI", "cLISI", "NMI", "ARI", "ASW_label", "ASW_batch", "isolated_labels_F1",
        "isolated_labels_ASW", "graph_connectivity", "PCR_comparison", "kBET", "purity", "BRAS",
        "CiLISI", "structure", "mixing", "variance_removed", "bio_score", "batch_score", "overall",
        "robust_overall", "unlabelled", "DE_AUC_up_all", "DE_AUC_down_all")  # fmt: skip
SHOWN = (*KEYS, "space", "overall", "robust_overall", "unlabelled")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument(
        "--data", nargs="+", required=True, help="FILE, FILE:BATCH_KEY or FILE:BATCH_KEY:GENES"
    )
    parser.add_argument("--methods", nargs="+", required=True, help="variants or baselines")
    settings = "JSON of hyperparameters and of the variant's traits"
    parser.add_argument("--settings", nargs="+", default=["{}"], help=settings)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    prepare_for_training(threads=1)
    for seed in options.seeds:
        for data in options.data:
            for method in options.methods:
                for setting in options.settings:
                    run(Path(options.output), data, method, setting, seed)


def run(output: Path, data: str, method: str, setting: str, seed: int) -> None:
    """Train, correct and evaluate one run, unless the table has it."""
    path, batch_key, genes = (*data.split(":"), "", "")[:3]
    name = f"{Path(path).stem}, {genes} genes" if genes else Path(path).stem
    keys = dict(zip(KEYS, (name, method, setting, seed), strict=True))
    if output.exists() and (pd.read_csv(output, sep="\t")[KEYS] == pd.Series(keys)).all(1).any():
        return
    counts = standardise(ad.read_h5ad(path), batch_key or "batch", "cell_type")
    reference = transform(counts, "norm_log")
    if genes:
        counts = counts[:, chosen_genes(reference, Choice(int(genes)), path)[0]].copy()
        reference = transform(counts, "norm_log")
    start = time.perf_counter()
    if method in BASELINES:
        corrected, facts = BASELINES[method].run(reference, seed), {}
        corrected.uns["aif"] = {"transform": "norm_log", "output": BASELINES[method].output}
    else:
        corrected, facts = aif(counts, keys["data"], method, json.loads(setting), seed)
    seconds = time.perf_counter() - start
    corrected.uns["aif"] |= {"dataset": keys["data"], "method": method, "row": "", "seed": seed}
    metrics = evaluate(corrected, reference, EVALUATION).metrics
    values = metrics.pivot(index="space", columns="metric", values="value").reindex(columns=KEPT)
    table = values.reset_index().assign(**keys, seconds=seconds, **facts)
    table = table[[*KEYS, *table.columns.drop(KEYS)]]
    print(table[list(SHOWN)].to_string(header=False, index=False), flush=True)
    if output.exists():
        table = pd.concat([pd.read_csv(output, sep="\t"), table])
    table.round(4).to_csv(output, sep="\t", index=False)


def aif(
    counts: ad.AnnData, data: str, name: str, setting: dict, seed: int
) -> tuple[ad.AnnData, dict[str, float]]:
    """Return the data corrected by a variant with a setting, and facts of its last epoch."""
    table = load_yaml(ROOT / "config" / "variants.yaml")
    traits = {key: value for key, value in setting.items() if key not in NAMES}
    setting = {key: value for key, value in setting.items() if key in NAMES}
    variant = replace(variant_of(table["variants"][name]), **traits)
    hyperparameters = Hyperparameters(**{**defaults_of(table, name), **setting})
    cells = transform(counts, variant.input)
    job = Job(data, name, "", seed, variant, [hyperparameters], holdout=0.0)
    trained = trained_once(job, cells)
    training = trained.training
    info = replace(
        trained.infos[0], variant=asdict(variant), hyperparameters=asdict(hyperparameters)
    )
    corrected = correct_dataset(training.networks, info, cells, Correction().model_dump())
    last = training.losses[0].iloc[-1]
    facts = {f"last_{term}": last[term] for term in ("rec", "kl", "class", "aux", "gan", "dis")}
    n_cells = corrected.n_obs
    fitted = hyperparameters.fitted(n_cells)
    facts["steps"] = fitted.n_epochs(n_cells) * fitted.steps_per_epoch(n_cells)
    return corrected, facts


def trained_once(job: Job, cells: ad.AnnData) -> TrainedJob:
    """Train, unless the last training differed in nothing but how it corrects cells."""
    made_for = (
        *(job.dataset, job.seed, list(covariates_of(cells))),
        training_of(job.variant, job.stack[0]),
    )
    if LAST.get("made_for") != made_for:
        LAST.update(made_for=made_for, trained=train_job(job, cells, lambda *_: None))
    return LAST["trained"]


if __name__ == "__main__":
    main()
