"""Map a batch that a model has not seen, and compare with a training on all; see README.md, "New cells".

Every batch of every data set is left out in turn. Appends rows to a table, and skips those that it has.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from mapping_others import OTHERS
from sklearn.metrics import f1_score

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from aif.config.hyperparameters import Hyperparameters  # noqa: E402
from aif.config.schema import Correction, Mapping, load_yaml  # noqa: E402
from aif.config.variants import defaults_of, variant_of  # noqa: E402
from aif.correction.corrected import correct_dataset  # noqa: E402
from aif.data.preprocessing import standardise, transform  # noqa: E402
from aif.evaluation.evaluate import evaluate  # noqa: E402
from aif.mapping.extension import extended  # noqa: E402
from aif.mapping.mapped import mapped_dataset  # noqa: E402
from aif.mapping.naming import UNKNOWN, names_of  # noqa: E402
from aif.mapping.prepared import prepared  # noqa: E402
from aif.mapping.reference import Reference  # noqa: E402
from aif.model.numerics import prepare_for_training  # noqa: E402
from aif.model.run import Job, train_job  # noqa: E402

EVALUATION = {"n_pcs": 30, "embedding": "pca", "repetitions": 0, "subsample": 1.0, "seed": 0}
KEYS = ["data", "left_out", "method", "way", "seed"]
SCORES = ["overall", "robust_overall", "unlabelled", "bio_score", "batch_score"]
# Its name, all cells corrected, the names that the new ones got, and the seconds it took.
Way = tuple[str, ad.AnnData, pd.Series | None, float]
SOURCE = {"batch_key": "batch", "label_key": "cell_type", "unlabelled": [], "keep": []}
SOURCE |= dict.fromkeys(("min_genes", "max_genes", "max_mito", "min_cells"))
SOURCE |= {"keep_genes": [], "drop_genes": []}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--data", nargs="+", required=True, help="FILE or FILE:BATCH_KEY")
    parser.add_argument("--methods", nargs="+", default=["aif_steady"], help="variants of AIF")
    parser.add_argument("--steps", nargs="+", type=int, default=[200], help="beside 0")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--batches", nargs="+", help="those to leave out; without it all")
    parser.add_argument("--ways", nargs="+", default=["all", "mapped", *OTHERS])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    prepare_for_training(threads=1)
    for data in options.data:
        path, _, batch_key = data.partition(":")
        counts = standardise(ad.read_h5ad(path), batch_key or "batch", "cell_type")
        for seed in options.seeds:
            for left_out in ["none", *(options.batches or counts.obs["batch"].cat.categories)]:
                for method in options.methods:
                    run(options, Path(path).stem, counts, left_out, method, seed)


def run(
    options: argparse.Namespace,
    data: str,
    counts: ad.AnnData,
    left_out: str,
    method: str,
    seed: int,
) -> None:
    """Judge every way of one batch, one method and one seed that the table lacks."""
    of_none = left_out == "none"  # the training on all batches is one, whatever is left out
    for way in options.ways:
        whose = way if way in OTHERS else method
        keys = dict(zip(KEYS, (data, left_out, whose, way, seed), strict=True))
        if (way == "all") != of_none or done(options.output, keys):
            continue
        for name, corrected, names, seconds in WAYS[way](counts, left_out, method, seed, options):
            row = {**keys, "way": name, "seconds": seconds, **named(counts, left_out, names)}
            keep(options.output, judged(corrected, counts, row))


def done(output: Path, keys: dict[str, object]) -> bool:
    """Return whether a table has a row."""
    if not output.exists():
        return False
    table = pd.read_csv(output, sep="\t", dtype={"left_out": str})
    return bool((table[list(keys)] == pd.Series(keys)).all(axis=1).any())


def keep(output: Path, rows: pd.DataFrame) -> None:
    """Append rows to a table."""
    print(rows.round(3).to_string(header=False, index=False), flush=True)
    if output.exists():
        rows = pd.concat([pd.read_csv(output, sep="\t", dtype={"left_out": str}), rows])
    rows.round(4).to_csv(output, sep="\t", index=False)


def judged(corrected: ad.AnnData, counts: ad.AnnData, row: dict[str, object]) -> pd.DataFrame:
    """Return a row of scores for each output of a correction of all cells, old and new."""
    corrected = corrected[counts.obs_names].copy()
    ids = {"dataset": row["data"], "method": row["method"], "row": "", "seed": row["seed"]}
    corrected.uns["aif"] = {"transform": "norm_log", "output": "expression", **ids}
    if row["way"] in OTHERS:
        corrected.uns["aif"]["output"] = "embedding"
    metrics = evaluate(corrected, transform(counts, "norm_log"), EVALUATION).metrics
    table = metrics.pivot(index="space", columns="metric", values="value").reindex(columns=SCORES)
    return table.reset_index().assign(**row)[[*KEYS, "space", *SCORES, *list(row)[len(KEYS) :]]]


def named(counts: ad.AnnData, left_out: str, names: pd.Series | None) -> dict[str, float]:
    """Return how right names of the new cells are: of types that the others have, and of all others."""
    empty = dict.fromkeys(("accuracy", "macro_f1", "unknown", "new_types_unknown"), np.nan)
    if names is None:
        return empty
    new = (counts.obs["batch"] == left_out).to_numpy()
    own = counts.obs.loc[new, "cell_type"].astype(str)
    found = names.loc[own.index].astype(str)
    known = own.isin(set(counts.obs.loc[~new, "cell_type"].astype(str)))
    types = sorted(set(own[known]))
    scores = f1_score(own[known], found[known], labels=types, average="macro", zero_division=0)
    return {
        "accuracy": float((own == found)[known].mean()),
        "macro_f1": float(scores),
        "unknown": float((found == UNKNOWN)[known].mean()),
        "new_types_unknown": float((found == UNKNOWN)[~known].mean()) if (~known).any() else np.nan,
    }


def trained(counts: ad.AnnData, method: str, seed: int) -> tuple[object, ...]:
    """Return a model, what goes with it, its cells corrected, and the reference for new ones."""
    table = load_yaml(ROOT / "config" / "variants.yaml")
    variant = variant_of(table["variants"][method])
    job = Job("", method, "", seed, variant, [Hyperparameters(**defaults_of(table, method))], 0.0)
    cells = transform(counts, variant.input)
    done = train_job(job, cells, lambda *_: None)
    networks, info, options = (
        done.training.networks.single(0),
        done.infos[0],
        Correction().model_dump(),
    )
    learned = {}
    corrected = correct_dataset(networks, info, cells, options, learned=learned)
    return (
        networks,
        info,
        corrected,
        Reference.of(networks, cells, cells.layers["counts"], options, learned),
    )


def on_all(
    counts: ad.AnnData, left_out: str, method: str, seed: int, options: argparse.Namespace
) -> Iterator[Way]:
    """Yield the correction by a training on all batches."""
    start = time.perf_counter()
    *_, corrected, _ = trained(counts, method, seed)
    yield "all", corrected, None, time.perf_counter() - start


def mapped(
    counts: ad.AnnData, left_out: str, method: str, seed: int, options: argparse.Namespace
) -> Iterator[Way]:
    """Yield the other batches corrected with the new one mapped, without training and with steps."""
    new = (counts.obs["batch"] == left_out).to_numpy()
    networks, info, old, reference = trained(subset(counts, ~new), method, seed)
    types = old.obs["cell_type"].astype(str).reset_index(drop=True)
    for steps in (0, *options.steps):
        start = time.perf_counter()
        ready = prepared(subset(counts, new), info, reference, SOURCE, "new")
        batch = ready.counts.obs["batch"].cat.codes.to_numpy()
        wider = extended(networks, ready.cells, batch, steps, seed) if steps else None
        found = mapped_dataset(networks, info, reference, ready.counts, ready.cells, wider)
        seconds = time.perf_counter() - start
        how = Mapping()
        names = names_of(
            found.obsm["X_aif"], old.obsm["X_aif"], types, how.neighbours, how.confidence, seed
        )
        joined = together(old, found)
        name = f"mapped_{steps}" if steps else "mapped"
        yield name, joined, names["cell_type"].set_axis(found.obs_names), seconds


def by_another(
    name: str,
    counts: ad.AnnData,
    left_out: str,
    method: str,
    seed: int,
    options: argparse.Namespace,
) -> Iterator[Way]:
    """Yield new cells placed and named by another method of `OTHERS`."""
    start = time.perf_counter()
    logs = transform(counts, "norm_log")
    new = (counts.obs["batch"] == left_out).to_numpy()
    old, found = subset(logs, ~new), subset(logs, new)
    places, names = OTHERS[name](old, found, seed)
    joined = together(old, found)
    joined.obsm["X_corrected"] = places
    yield name, joined, names, time.perf_counter() - start


def together(old: ad.AnnData, new: ad.AnnData) -> ad.AnnData:
    """Return old and new cells as one data set."""
    joined = ad.concat([old, new])
    for column in ("batch", "cell_type"):
        joined.obs[column] = joined.obs[column].astype("category")
    return joined


def subset(counts: ad.AnnData, mask: np.ndarray) -> ad.AnnData:
    """Return some cells, without the batches and types that none of them has."""
    part = counts[mask].copy()
    for column in ("batch", "cell_type"):
        part.obs[column] = part.obs[column].cat.remove_unused_categories()
    return part


WAYS = {"all": on_all, "mapped": mapped} | {name: partial(by_another, name) for name in OTHERS}


if __name__ == "__main__":
    main()
