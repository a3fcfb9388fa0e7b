"""Adversarial Information Factorization for batch effects: the model and everything around it."""

import logging

# Of the workflow; a new one alone computes nothing anew (`aif.workflow.sources`).
__version__ = "1.1.0"

# What libraries warn of belongs into the log files of the rules, not into the terminal
# (umap warns on import, whatever the filters say).
logging.captureWarnings(True)
