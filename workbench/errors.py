"""What the studio says no to. Each message names what is wrong, which value, and what to do.

WorkbenchError
├── InvalidInput         a request that can't be run; names each field
├── NotFound             no such job or asset for this owner
├── OutOfCredits         the wallet can't cover the price
├── EngineUnavailable    no engine on this machine can run the tool in this mode
├── UnsafeAddress        a URL that leads, or might lead, to a private address
├── StorageFailed        the database or the picture store can't be used: a full disk, missing rights, a damaged file
└── Misconfigured        settings that the studio refuses to start with
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of a request and what is wrong with it."""

    field: str
    message: str


class WorkbenchError(Exception):
    """A refusal with a message for the person who asked."""

    problems: tuple[Problem, ...] = ()
    """What is wrong by field, where fields are to blame."""

    @property
    def name(self) -> str:
        return type(self).__name__


class InvalidInput(WorkbenchError):
    """A request that can't be run; `problems` has one entry a field, empty field for the request as a whole."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(map(_said, problems)))


def _said(problem: Problem) -> str:
    return f"{problem.field}: {problem.message}" if problem.field else problem.message


class NotFound(WorkbenchError):
    """No such thing, or it belongs to somebody else."""


class OutOfCredits(WorkbenchError):
    """The wallet can't cover the price."""


class EngineUnavailable(WorkbenchError):
    """No engine on this machine can run the tool in this mode; says what is missing."""


class UnsafeAddress(WorkbenchError):
    """A URL input that is not plain http(s) to a public address; names its field where the caller knows it."""

    def __init__(self, message: str, field: str = "") -> None:
        self.problems = (Problem(field, message),)
        super().__init__(_said(*self.problems))


class StorageFailed(WorkbenchError):
    """The database or the picture store can't be read or written just now."""


class Misconfigured(WorkbenchError):
    """Settings that the studio refuses to start with."""
