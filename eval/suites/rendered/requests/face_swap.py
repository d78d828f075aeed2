"""Six drawn people who get each other's faces."""

from eval.suites.case import Case, Truth
from eval.suites.rendered.case import FIRST_SEED
from eval.suites.rendered.face_swap import away_from, portrait
from eval.suites.rendered.requests.cast import FIRST, PEOPLE, Requests, frame
from pipelines.images import picture

FIRST_PORTRAIT = (FIRST - FIRST_SEED) // 100
"""Number of the first person's portrait; seeds are a hundred apart."""
SMALLEST = 400
"""Side in pixels under which faces are not found reliably; no shrinking goes below."""


def draw(case_id: str, number: int, shrink: int) -> Case:
    """Every person with the faces of four others; the cluster is the person who keeps everything else."""
    size = frame("1:1", shrink)
    if size.height < SMALLEST:
        size = type(size)(SMALLEST, SMALLEST)
    person = number % PEOPLE
    other = (person + 1 + number // PEOPLE) % PEOPLE
    kept, given = (portrait(FIRST_PORTRAIT + each, size) for each in (person, other))
    return Case(
        id=case_id,
        tool="face-swap",
        kind="drawn",
        pictures={"image": (picture(kept.rgb),), "face_reference": (picture(given.rgb),)},
        truth=Truth(before=kept.rgb, away=away_from(kept), face=given.rgb),
        clusters={"person": f"person-{person}"},
    )


REQUESTS = Requests("face-swap", draw)
