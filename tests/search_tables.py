"""Small tables of a search for the tests of its pictures and its page."""

import itertools

import numpy as np
import pandas as pd

from aif.config.hyperparameters import Hyperparameters, key_of, plain
from aif.report.search_figures import SCORES
from aif.search.run_table import COLUMNS
from aif.search.summary import numbered_runs

NEUTRAL = Hyperparameters(alpha=0.1, rho=0.5, beta=0, delta=0.1, gamma=0.1)


def runs(lists, method="aif", dataset="pbmc", seeds=(0, 1, 2), failing=(), labels=True):
    """Return the runs of the product of the lists; those of the rows `failing` diverged."""
    rng = np.random.default_rng(0)
    sheet, rows = [], []
    for row, values in enumerate(itertools.product(*lists.values()), start=1):
        model = Hyperparameters(**{**vars(NEUTRAL), **dict(zip(lists, values, strict=True))})
        sheet.append({"row": row, "key": key_of([model])})
        for seed in seeds:
            run = dict.fromkeys(COLUMNS) | plain(model)
            run |= {"dataset": dataset, "method": method, "seed": seed, "cells": "all"}
            run |= {"rung": 0, "share": 1.0}
            run |= {"key": key_of([model]), "status": "diverged", "reason": "not <b>finite</b>"}
            if row not in failing:
                run |= {"status": "ok", "reason": None, "selection_loss": row + 0.1 * rng.normal()}
                scores = SCORES if labels else ("unlabelled",)
                run |= {score: 1 / row + 0.01 * rng.normal() for score in scores}
            rows.append(run)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).infer_objects()
    numeric = dict.fromkeys(("selection_loss", *SCORES), float)
    return numbered_runs(table.astype(numeric), pd.DataFrame(sheet), [list(seeds)])


def references(method="aif", dataset="pbmc", uncorrected=0.4, defaults=0.9):
    """Return metrics.tsv of uncorrected cells and of a variant with its defaults, of the scores."""
    rows = [
        {"dataset": dataset, "method": name, "metric": score, "value": value + shift}
        | {"space": space, "cells": "all"}
        for name, value in (("uncorrected", uncorrected), (method, defaults))
        for space, shift in (("expression", 0), ("embedding", 0.05))
        for score in SCORES
    ]
    return pd.DataFrame(rows)
