"""What has to be known of a table's figures, in words."""

from math import isfinite

from eval.arena.report import ToolReport
from eval.statistics import Interval


def remarks(told: ToolReport) -> list[str]:
    """What has to be known of a tool's figures, one sentence each."""
    found = []
    if not told.fit.connected:
        groups = " and ".join(f"({', '.join(names)})" for names in told.fit.groups)
        found.append(f"Not connected: no vote compares {groups}, so there are no strengths yet.")
    if not told.fit.bounded:
        found.append("Some settings won every vote against others, so nothing bounds their distance yet; more votes would.")
    if told.voters == 1:
        found.append("One person voted: the intervals say nothing of how people differ.")
    if told.left is not None and told.left.excludes(0.5):
        found.append(f"The left picture was preferred in {span(told.left, 100)} % of votes: the side itself seems to matter.")
    return found


def span(value: Interval, scale: float = 1) -> str:
    """`0.52 (0.31 to 0.70)`; with a scale of 100, whole percents."""
    digits = 0 if scale == 100 else 2
    estimate, low, high = (f"{scale * each:.{digits}f}" for each in (value.estimate, value.low, value.high))
    return f"{estimate} ({low} to {high})" if isfinite(value.low) and isfinite(value.high) else f"{estimate} (open)"
