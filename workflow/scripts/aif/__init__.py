"""Adversarial Information Factorization for batch effects: the model and everything around it."""

import importlib
import logging
from typing import Any

# Of the workflow; a new one alone computes nothing anew (`aif.workflow.sources`).
__version__ = "1.1.0"

# What libraries warn of belongs into the log files of the rules, not into the terminal
# (umap warns on import, whatever the filters say).
logging.captureWarnings(True)

# What notebooks use. It is looked up when it is asked for: Snakemake imports modules of this package where
# there is no torch.
_OF_NOTEBOOK = {"correct": "training", "load": "model", "Model": "model"}


def __getattr__(name: str) -> Any:
    if name in _OF_NOTEBOOK:
        return getattr(importlib.import_module(f"aif.notebook.{_OF_NOTEBOOK[name]}"), name)
    raise AttributeError(f"module 'aif' has no attribute {name!r}")
