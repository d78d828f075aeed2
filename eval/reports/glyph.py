"""A gain and its interval as a small drawing within a line of a table."""

from eval.reports.markup import Html, tag
from eval.statistics import Interval
from eval.verdicts.words import signed

REACH = 4.0
"""Margins to either side; what lies further out ends in an arrow."""
WIDTH, HEIGHT = 132.0, 22.0


def glyph(gain: Interval, margin: float) -> Html:
    """In units of the margin, whose own reach is the band in the middle; to the right is better."""
    low, middle, high = (each / margin for each in (gain.low, gain.estimate, gain.high))
    y = HEIGHT / 2
    told = f"{signed(middle, 1)} margins ({signed(low, 1)} to {signed(high, 1)})"
    parts = [
        tag("title", told),
        _shape("rect", class_="band", x=_x(-1), y=2, width=_x(1) - _x(-1), height=HEIGHT - 4),
        _shape("line", class_="zero", x1=_x(0), x2=_x(0), y1=0, y2=HEIGHT),
        _shape("line", class_="reach", x1=_x(low), x2=_x(high), y1=y, y2=y),
        _arrow(y, 1) if high > REACH else "",
        _arrow(y, -1) if low < -REACH else "",
        _shape("circle", class_="dot", cx=_x(middle), cy=y, r=4.2) if abs(middle) <= REACH else "",
    ]
    return tag("svg", *parts, class_="glyph", viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img")


def _x(value: float) -> float:
    clipped = max(-REACH, min(REACH, value))
    return round((clipped / REACH * 0.5 + 0.5) * (WIDTH - 12) + 6, 1)


def _arrow(y: float, way: int) -> Html:
    x = _x(REACH * way)
    return _shape("path", class_="dot", d=f"M{x + 6 * way:g} {y:g}l{-8 * way} -5v10z")


def _shape(name: str, **attributes: str | float) -> Html:
    return tag(name, **attributes)
