"""Searches for hyperparameters: sheet, runs, summary over seeds, best run."""
