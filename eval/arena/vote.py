"""What is kept of one vote, and how a line of JSON becomes one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from eval.arena.shelf import Entrant
from eval.errors import BadVote

Choice = Literal["left", "right", "tie", "both bad"]
CHOICES: tuple[Choice, ...] = ("left", "right", "tie", "both bad")
VOTER = r"^[A-Za-z0-9_-]{8,64}$"
TOKEN = r"^[0-9a-f]{32}$"  # noqa: S105 - a pattern
MAX_SECONDS = 86_400.0
Text = Annotated[str, Field(min_length=1, max_length=300)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One side of a pair as it was shown."""

    run: Text
    setting: Text
    cell: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's choice between two outputs."""

    token: Annotated[str, Field(pattern=TOKEN)]
    """Of the pair as it was dealt to this person; a second vote with it is the same vote."""
    voter: Annotated[str, Field(pattern=VOTER)]
    """An anonymous id."""
    choice: Choice
    at: AwareDatetime
    seconds: Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False)]
    """From when both pictures were shown to the vote."""
    match: Hex
    suite: Text
    suite_version: Text
    tool: Text
    case: Text
    kind: Annotated[str, Field(max_length=300)] = ""
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)]
    left: Shown
    right: Shown
    revised: bool = False
    """Whether an earlier vote on this pair was taken back, after which the names may have been seen."""

    @property
    def entrants(self) -> tuple[Entrant, Entrant]:
        """Left and right."""
        left, right = self.left, self.right
        return Entrant(self.tool, left.setting, left.run), Entrant(self.tool, right.setting, right.run)

    @property
    def runs(self) -> frozenset[str]:
        """One run's id, or two."""
        return frozenset((self.left.run, self.right.run))

    @property
    def outcome(self) -> int:
        """1 where the left was preferred, -1 where the right was, 0 for a tie. Both bad has none; ask for `choice` first."""
        return {"left": 1, "right": -1}.get(self.choice, 0)

    @property
    def case_key(self) -> str:
        """The case's name among all tools and suites."""
        return f"{self.suite}/{self.tool}/{self.case}"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` made. Raises BadVote that names each field that is wrong."""
        try:
            return TypeAdapter(cls).validate_python(kept)
        except ValidationError as error:
            raise BadVote("; ".join(_told(dict(each)) for each in error.errors(include_url=False)[:5])) from None

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """A line of JSON, types as JSON has them. Raises BadVote."""
        try:
            return TypeAdapter(cls).validate_json(line, strict=True)
        except ValidationError as error:
            raise BadVote("; ".join(_told(dict(each)) for each in error.errors(include_url=False)[:5])) from None


def _told(problem: Mapping[str, Any]) -> str:
    where = ".".join(str(each) for each in problem["loc"])
    return f"{where}: {problem['msg']}" if where else str(problem["msg"])


def now_utc() -> datetime:
    """The present, aware."""
    from workbench.store.models import now

    return now()
