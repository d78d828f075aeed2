"""What can go wrong in measuring; every message says what to do.

EvalError
├── BadSuite      a suite's files or settings are not what they have to be
├── BadRun        a folder is no run, or two runs can't be put together
├── BadVote       a vote, or a file of votes, that can't be taken
├── Unscored      a metric has no value for this output, and why
└── Incomparable  numbers that were measured differently
"""


class EvalError(Exception):
    """Of all errors that are told to people as they are."""


class BadSuite(EvalError):
    """A suite's files or settings are not what they have to be."""


class BadRun(EvalError):
    """A folder is no run, or doesn't fit what is asked of it."""


class BadVote(EvalError):
    """A vote, or a file of votes, that can't be taken; nothing was stored."""


class Unscored(EvalError):
    """A metric has no value for this output; the message says why. Counted, never taken for zero."""


class Incomparable(EvalError):
    """Numbers with different fingerprints."""
