"""Why a method has not run: these are no failures, and the row of its metrics says them."""


class NotInstalled(Exception):
    """A program or package is not there; the message says which and what to do."""


class NotPossible(Exception):
    """A method or control cannot be made of a data set; the message says why."""
