"""The error of whoever runs the workflow, in a module that Snakemake alone can read."""


class InputError(Exception):
    """Something the user gave is wrong: one line that names it and says what to do."""
