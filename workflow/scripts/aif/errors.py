"""What goes wrong, for whoever runs the workflow, in a module that Snakemake alone can read."""

FAILURE_STARTS = b'{"failure":'  # how a model.pt starts that holds why there is no model


class InputError(Exception):
    """Something the user gave is wrong: one line that names it and says what to do."""


class TrainingError(InputError):
    """A training that cannot be done here: why, as it stands in the rows of its runs."""
