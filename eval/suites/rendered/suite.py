"""The project's own scenes as a suite of requests to all tools."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.errors import BadSuite
from eval.suites.case import Card, Case
from eval.suites.rendered.requests.cast import Requests
from eval.suites.rendered.requests.registry import REQUESTS

VERSION = "1"
"""Grows with every change of a picture, a request or a truth; `tests/eval/rendered_requests.json` notices one."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Scenes are drawn when they are asked for; a case at full size takes a few seconds of one core."""

    shrink: int = 1
    """Divides the sides of frames and pictures: 1, 2, 4 or 8. Above 1 it is another suite, for a quick look."""

    @property
    def card(self) -> Card:
        """Says so where it is shrunk."""
        small = "" if self.shrink == 1 else f" at 1/{self.shrink} of their size"
        return Card(
            name="rendered" if self.shrink == 1 else f"rendered-{self.shrink}",
            version=VERSION,
            title=f"Scenes that the project renders itself, with exact truth{small}",
            licence="Apache-2.0",
            citation=f"Fashion Workbench, rendered suite, version {VERSION}",
            source="eval/suites/rendered, drawn by seed; no photograph and no real person is in it",
        )

    @property
    def tools(self) -> tuple[str, ...]:
        """All twelve."""
        return tuple(each.tool for each in REQUESTS)

    def ids(self, tool: str) -> Sequence[str]:
        """Ids of a tool's cases, in order."""
        return self._requests(tool).ids()

    def case(self, case_id: str) -> Case:
        """One case, drawn. Raises BadSuite where there is none of that id."""
        requests = self._requests(case_id.rpartition("-")[0])
        if case_id not in requests.ids():
            raise BadSuite(f"{case_id!r} is no rendered case; there are {requests.ids()[0]} to {requests.ids()[-1]}")
        return requests.case(requests.ids().index(case_id), self.shrink)

    def _requests(self, tool: str) -> Requests:
        for each in REQUESTS:
            if each.tool == tool:
                return each
        raise BadSuite(f"the rendered suite has no cases for {tool!r}; it has {', '.join(self.tools)}")
