"""Errors with a message for whoever runs the workflow, in a module that Snakemake alone can read."""


class InputError(Exception):
    """Something the user gave is wrong: one line that names it and says what to do."""


class TrainingError(Exception):
    """A training that cannot be done here: why, as it stands in the rows of its runs."""
