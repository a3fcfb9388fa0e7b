"""Adversarial Information Factorization for batch effects: the model and everything around it."""

import logging

# What libraries warn of belongs into the log files of the rules, not into the terminal
# (umap warns on import, whatever the filters say).
logging.captureWarnings(True)
