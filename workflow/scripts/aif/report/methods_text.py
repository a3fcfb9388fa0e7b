"""The paragraphs of methods to paste into a paper, and their references, made of what ran."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from aif.config.hyperparameters import Hyperparameters
from aif.evaluation.metric import Metric
from aif.evaluation.metrics import DE, ORIGINAL, ROBUST, SCIB, UNLABELLED
from aif.report.page import environment

KNOWN = yaml.safe_load(Path(__file__).with_name("references.yaml").read_text())
SUITES = {
    "scib": SCIB,
    "robust": ROBUST,
    "unlabelled": UNLABELLED,
    "original": ORIGINAL,
    "expression": DE,
}
TOOLS = {"scanpy": "wolf2018", "anndata": "virshup2024", "torch": "paszke2019"}
SHOWN = (
    *("alpha", "rho", "beta", "delta", "gamma", "mu"),
    *("minibatch_size", "learning_rate", "latent", "hidden", "dropout"),
)
TRANSFORMS = {
    "norm_log": "scaled to the median library of these genes and transformed to log(1 + x) (norm_log)",
    "norm": "scaled to a sum of 1 per cell (norm)",
    "raw": "taken as they are (raw)",
}
# Traits of variants that are no part of the published method.
BEYOND = {
    "likelihood": "loss terms weighted in nats of a cell's likelihood",
    "log_aux": "an encoder that maximises the logarithm of the auxiliary network's cross-entropy",
    "anneal": "a learning rate that falls to 0 along a line",
    "shift": "cells that are shifted and not replaced by a decode",
    "nonnegative": "negative values and traces of expression set to 0",
    "components": "an embedding of principal components of corrected expression with a part of its noise",
    "dropout": "an encoder that a share of the genes is hidden from in each training step (dropout)",
}


# Methods that know the columns under `keep`, by patterns of their whole names.
TOLD_WHAT_TO_KEEP = {
    **{"AIF": "aif.*", "scVI": "scvi|scvi_default", "scANVI": "scanvi", "SysVI": "sysvi"},
    **{"ComBat": "combat", "limma": "limma"},
}


class Reference(NamedTuple):
    """A work that is cited, and its DOI where it has one."""

    text: str
    doi: str | None


class Citations:
    """References in the order in which they are cited, and their numbers."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, *keys: str) -> str:
        """Return the numbers of these works as a citation, such as ` [1, 4]`."""
        self.keys += [key for key in dict.fromkeys(keys) if key not in self.keys]
        numbers = sorted({self.keys.index(key) + 1 for key in keys})
        return f" [{', '.join(map(str, numbers))}]" if numbers else ""

    def references(self) -> list[Reference]:
        """Return the works that were cited."""
        entries = (KNOWN["references"][key] for key in self.keys)
        return [Reference(entry["text"], entry.get("doi")) for entry in entries]


@dataclass(frozen=True)
class MethodsText:
    """Paragraphs, and the references they cite by their number."""

    paragraphs: list[str]
    references: list[Reference]


def methods_text(
    provenance: pd.DataFrame, benchmark: pd.DataFrame, losses: pd.DataFrame, config: dict[str, Any]
) -> MethodsText:
    """Return how the results of a run were made.

    Parameters
    ----------
    provenance
        The rows of all provenance.tsv; methods that did not run are not told of.
    benchmark
        The rows of benchmark.tsv.
    losses
        The rows of all losses.tsv.
    config
        The validated configuration.
    """
    ran = provenance[provenance["status"] == "ok"]
    if ran.empty:
        return MethodsText(["No method ran to its end."], [])
    aif = ran[ran["hyperparameters"].fillna("") != ""]
    found = _metrics(benchmark)
    cite = Citations()
    text = environment(html=False).get_template("methods.txt.j2").render(
        cite=cite,
        aif=_joined(aif["versions"], "aif"),
        datasets=[
            _dataset(own, config) for _, own in ran.groupby("dataset", sort=False)
        ],
        transforms=[words for name, words in TRANSFORMS.items() if name in set(ran["transform"])],
        variants=_variants(aif, losses),
        **_settings(aif),
        others=_others(ran, config),
        n_methods=ran["method"].nunique(),
        seeds=sorted(ran["seed"].unique()),
        spaces=list(dict.fromkeys("; ".join(ran["judged_in"].dropna()).split("; "))),
        metrics={
            suite: [m.name.replace("_", " ") for m in metrics]
            for suite, metrics in found.items()
        },
        sources={suite: [key for m in own for key in m.sources] for suite, own in found.items()},
        scores=set(benchmark.loc[benchmark["value"].notna(), "metric"]),
        evaluation=config["evaluation"],
        sampled=_is_sampled(ran, benchmark),
        packages=_packages(ran),
        tools=TOOLS,
    )  # fmt: skip
    return MethodsText([_tidy(part) for part in text.split("\n----\n")], cite.references())


def _is_sampled(ran: pd.DataFrame, benchmark: pd.DataFrame) -> bool:
    """Return whether less cells of some data set were judged than it has; 0 are where nothing was."""
    of_all = benchmark[(benchmark["cells"] == "all") & (benchmark["n_cells"] > 0)]
    judged = of_all.groupby("dataset")["n_cells"].max()
    return bool((judged < ran.groupby("dataset")["cells"].max().reindex(judged.index)).any())


def _dataset(own: pd.DataFrame, config: dict[str, Any]) -> dict[str, Any]:
    """Return a data set's entry in the config, its name, its sizes and who was told what to keep."""
    first = own.iloc[0]
    sizes = first[["cells", "batches", "genes"]].to_dict()
    elsewhere = config["datasets"][first["dataset"]].get("corrections", {})
    ran = [_method_of(name, config) for name in own["method"].unique() if name not in elsewhere]
    told = {
        name: any(re.fullmatch(pattern, method) for method in ran)
        for name, pattern in TOLD_WHAT_TO_KEEP.items()
    }
    return {
        **config["datasets"][first["dataset"]],
        **{"name": first["dataset"], **sizes},
        "told": [name for name, ran in told.items() if ran],
    }


def _variants(aif: pd.DataFrame, losses: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the trainings, one of each variant and data set: seeds differ in nothing else."""
    courses = losses.groupby(["dataset", "method"])
    epochs, projected = courses["epoch"].max(), courses["proj"].count() > 0
    variants = []
    for place, rows in aif.groupby(["dataset", "method"], sort=False):
        trained = round(rows["cells"].iloc[0] * (1 - rows["holdout"].iloc[0]))
        given = Hyperparameters(**json.loads(rows["hyperparameters"].iloc[0]))
        values = dataclasses.asdict(given.fitted(trained))
        idle = {"mu": not projected[place], "dropout": not values["dropout"]}
        names = [name for name in SHOWN if not idle.get(name)]
        variants.append(
            {
                "dataset": place[0],
                "method": place[1],
                "transform": rows["transform"].iloc[0],
                "epochs": epochs[place],
                "hyperparameters": {name: f"{values[name]:g}" for name in names},
            }
        )
    return variants


def _settings(aif: pd.DataFrame) -> dict[str, Any]:
    """Return what a config sets for all variants alike, and which of them do what with it."""
    if aif.empty:
        return {}
    first = aif.iloc[0]
    hyperparameters = json.loads(first["hyperparameters"])
    correction = json.loads(first["correction"])
    traits = {
        row.method: json.loads(row.variant)
        | {"dropout": json.loads(row.hyperparameters)["dropout"] > 0}
        for row in aif.itertuples()
    }
    has = {
        name: [method for method, own in traits.items() if name in own.values() or own.get(name)]
        for name in BEYOND
    }
    return {
        "kept_from": f"{1 - hyperparameters['selection_start']:.0%}",
        "residuals": _residuals(aif[aif["method"].isin(has["shift"])]),
        "holdout": f"{first['holdout']:.0%}" if first["holdout"] else "",
        "correction": correction,
        "target": _target(correction["target"]),
        "shifted": has["shift"],
        "limited": {
            name: [method for method in has["shift"] if _hyperparameter_of(aif, method, name)]
            for name in ("likeness", "tolerance")
        },
        "decoded": [method for method in traits if method not in has["shift"]],
        "beyond": {BEYOND[name]: methods for name, methods in has.items() if methods},
    }


def _residuals(shifted: pd.DataFrame) -> dict[str, list[str]]:
    """Return the shares of the residual that are kept, each with the variants that keep it."""
    shares: dict[str, list[str]] = {}
    for row in shifted.drop_duplicates("method").itertuples():
        share = f"{json.loads(row.hyperparameters)['residual']:g}"
        shares.setdefault(share, []).append(row.method)
    return shares


def _hyperparameter_of(aif: pd.DataFrame, method: str, name: str) -> float | None:
    """Return what a variant has of a hyperparameter."""
    first = aif[aif["method"] == method].iloc[0]
    return json.loads(first["hyperparameters"])[name]


def _target(target: str | dict[str, float]) -> str:
    """Return in words what cells are decoded as."""
    if target == "mean":
        return "the mean over all batches"
    if isinstance(target, str):
        return f"cells of the batch {target}"
    shares = ", ".join(f"{share:g} of {batch}" for batch, share in target.items())
    return f"cells of a label between batches ({shares})"


def _others(ran: pd.DataFrame, config: dict[str, Any]) -> list[dict[str, str]]:
    """Return the methods that AIF is compared with, and how they were run."""
    unsaid = dict.fromkeys(("cite", "how", "by_default", "package", "version", "called"), "")
    unsaid |= {"parameters": {}}
    others = []
    for name, rows in ran.groupby("method", sort=False):
        if any(name in config["datasets"][d].get("corrections", {}) for d in rows["dataset"]):
            others.append({**unsaid, "name": name, "how": "corrected elsewhere"})
        elif (method := _method_of(name, config)) in KNOWN["methods"]:
            known = {**unsaid, **KNOWN["methods"][method]}
            known["version"] = _joined(rows["versions"], known["package"], True)
            known["parameters"] = json.loads(rows["parameters"].fillna("").iloc[0] or "{}")
            known["called"] = name if name != method else ""
            others.append(known)
    return others


def _method_of(name: str, config: dict[str, Any]) -> str:
    """Return the method that a name stands for, its own or a setting's."""
    return config["methods"].get(name, {}).get("of", name)


def _metrics(benchmark: pd.DataFrame) -> dict[str, list[Metric]]:
    """Return the metrics that have values, by suite; maxima are left out."""
    used = set(benchmark.loc[benchmark["value"].notna(), "metric"])
    found = {suite: [m for m in metrics if m.name in used] for suite, metrics in SUITES.items()}
    return {suite: metrics for suite, metrics in found.items() if metrics}


def _packages(ran: pd.DataFrame) -> dict[str, str]:
    """Return the packages behind methods and metrics, as name and versions, by their names."""
    texts = pd.concat([ran["versions"], ran["judged_with"]])
    names = [name for name in _versions(texts) if name != "aif"]
    return {name: _joined(texts, name, True) for name in names}


def _joined(texts: pd.Series, package: str, named: bool = False) -> str:
    """Return the versions of a package, after its name if it is to be `named`; none is no text."""
    found = " and ".join(_versions(texts).get(package, []))
    return f"{package} {found}" if found and named else found


def _versions(texts: pd.Series) -> dict[str, list[str]]:
    """Return the versions by package, of texts such as `python 3.11.7, torch 2.13.0`."""
    parts = dict.fromkeys(part for text in texts.dropna() for part in text.split(", ") if part)
    found: dict[str, list[str]] = {}
    for part in parts:
        name, _, version = part.partition(" ")
        found.setdefault(name, []).append(version)
    return found


def _tidy(paragraph: str) -> str:
    """Return a paragraph of the template as one line, without blanks before commas and stops."""
    return re.sub(r" ([,.;)])", r"\1", re.sub(r"\( ", "(", " ".join(paragraph.split())))
