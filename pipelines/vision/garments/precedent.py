"""What somebody wears on the trunk as the precedent for what replaces it: where its sides run and where its hem lies.

A garment's own measures say within some percent how wide and how long it is on a body; most tops end and stand off about
where the one that is seen does. Where both nearly agree, the outline that is seen is the more exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.vision.garments.pattern import SIDES, Side
from pipelines.vision.people.body import Part, Point
from pipelines.vision.people.view import runs

Profile = NDArray[np.float64]
ROWS = 24
"""At which the sides are looked for."""
LEAST_HEM = 0.6
"""Share of the columns between the hips in which lower clothes follow directly on the top."""
TOUCHING = 0.03
"""Of the shoulder width: how far below the top's last row the lower clothes begin at most."""
UNEVEN = 0.03
"""Of the shoulder width: what a hem departs from a parabola at most, as a median; else it is tucked in at places or knotted."""
BESIDE = 0.20
"""Of the shoulder width: what runs on further beyond the body's side is a sleeve that touches the trunk."""
STANDS_OFF = 0.012
"""Of the shoulder width: from where on a hem beside the lower clothes hangs over them."""
AT_HIPS = 1.0
"""Of the way from waist to hips: a hem that lies lower hangs too, since waistbands lie higher."""
LEAST_SIDE = 0.35
"""Share of its rows in which a side has to be seen against the background."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """The outline of a top that is worn, in pixels."""

    hem: Mapping[Side, float]
    """Row of each corner of the hem; of one that sags in the middle, so low that a straight line covers it."""
    rows: Profile
    """(n,) ascending, from below the armpits to the hem."""
    edges: Mapping[Side, Profile]
    """(n,) columns of each side; a side that can't be seen is absent."""
    hangs: bool
    """Whether it lies at the hips or is seen to stand off beside the lower clothes; else it may be tucked in, and says nothing about lengths."""

    @property
    def middle(self) -> float:
        """Row of the middle between the hem's corners."""
        return (self.hem["left"] + self.hem["right"]) / 2

    def edge(self, side: Side, rows: Profile) -> Profile | None:
        """Columns of a side at rows, at its ends as it is there."""
        return np.interp(rows, self.rows, self.edges[side]) if side in self.edges else None


def precedent_of(parts: NDArray[np.uint8], trunk: Mapping[Side, Sequence[Point]], unit: float) -> Precedent | None:
    """The outline of the top in the labels `parts`; None where its hem isn't seen above lower clothes, or isn't even.

    `trunk` is armpit, waist and hip of each side, `unit` the shoulder width.
    """
    first, last = (int(np.clip(trunk[side][-1].x, 0, parts.shape[1] - 1)) for side in SIDES)
    top = int(np.clip(np.mean([trunk[side][0].y for side in SIDES]), 0, parts.shape[0] - 1))
    line = _hem_line(parts[top:], np.arange(first, last + 1), unit)
    if line is None:
        return None
    rows = np.linspace(top + 0.05 * unit, float(line((first + last) / 2)) + top - 0.02 * unit, ROWS)
    if rows[-1] < rows[0] + 0.2 * unit:
        return None
    usual = {side: np.interp(rows, [at.y for at in trunk[side]], [at.x for at in trunk[side]]) for side in SIDES}
    below = parts[min(len(parts) - 1, int(rows[-1] + (0.02 + TOUCHING) * unit))]
    found = {side: _side(parts, below, rows, usual, side, unit) for side in SIDES}
    edges = {side: each.edge for side, each in found.items() if each.edge is not None}
    corners = {"left": first, "right": last} | {side: edge[-1] for side, edge in edges.items()}
    ends = {side: float(line(corners[side])) for side in SIDES}
    sag = float(line(sum(corners.values()) / 2)) - sum(ends.values()) / 2
    hem = {side: end + top + max(0.0, sag) for side, end in ends.items()}
    waist, hip = (float(np.mean([trunk[side][k].y for side in SIDES])) for k in (-2, -1))
    low = rows[-1] > waist + AT_HIPS * (hip - waist)
    stands_off = max(each.stands for each in found.values()) > STANDS_OFF * unit
    return Precedent(hem, rows, edges, bool(low or stands_off))


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a top."""

    edge: Profile | None
    """Its column in each row; None where it isn't seen."""
    stands: float
    """Pixels by which it stands off from what is worn below; 0 where that can't be told."""


def _side(
    parts: NDArray[np.uint8], below: NDArray[np.uint8], rows: Profile, usual: Mapping[Side, Profile], side: Side, unit: float
) -> _Side:
    """What is seen of a side in `rows`, beside the body's own there; `below` is the row of labels under the hem."""
    sign = -1 if side == "left" else 1
    middles = (usual["left"] + usual["right"]) / 2
    seen = np.array([_edge(parts[int(row)], middle, sign) for row, middle in zip(rows, middles, strict=True)])
    covered = _end(below == Part.LOWER, middles[-1], sign)
    stands = 0.0 if np.isnan(covered) or np.isnan(seen[-1]) else (float(seen[-1]) - covered) * sign
    if np.isnan(seen[-1]):  # a top covers the lower clothes below it
        seen[-1] = covered
    off = _bridged((seen - usual[side]) * sign, BESIDE * unit)
    return _Side(None if off is None else usual[side] + sign * off, stands)


def _hem_line(parts: NDArray[np.uint8], columns: NDArray[np.intp], unit: float) -> np.polynomial.Polynomial | None:
    """Row just below the top in dependence of the column."""
    if columns.size < 8:
        return None
    upper, lower = parts[:, columns] == Part.UPPER, parts[:, columns] == Part.LOWER
    ends = len(upper) - upper[::-1].argmax(axis=0)
    below = np.clip(ends + max(1, round(TOUCHING * unit)), 0, len(parts) - 1)
    seen = upper.any(axis=0) & lower[below, np.arange(columns.size)]
    if seen.mean() < LEAST_HEM:
        return None
    x, y = columns[seen].astype(np.float64), ends[seen].astype(np.float64)
    near = np.abs(y - np.median(y)) < 0.15 * unit
    line = np.polynomial.Polynomial.fit(x[near], y[near], 2)
    off = np.abs(line(x) - y)
    return line if np.median(off) < UNEVEN * unit and (off < 3 * UNEVEN * unit).mean() > LEAST_HEM else None


def _edge(labels: NDArray[np.uint8], middle: float, sign: int) -> float:
    """Where the top ends beside a column against the background; not a number where something else lies there."""
    edge = _end(labels == Part.UPPER, middle, sign)
    if np.isnan(edge):
        return edge
    beyond = int(edge) - 2 if sign < 0 else int(edge) + 1
    return edge if 0 <= beyond < len(labels) and labels[beyond] == Part.BACKGROUND else float("nan")


def _end(line: NDArray[np.bool_], middle: float, sign: int) -> float:
    """Where the run that contains a column ends on one side; not a number where there is none."""
    own = next((run for run in runs(line) if run.start <= middle < run.end), None)
    return float("nan") if own is None else float(own.start if sign < 0 else own.end)


def _bridged(off: Profile, most: float) -> Profile | None:
    """Distances with those that aren't seen, or are more than `most`, taken from above and below; None where few are left.

    Where little more than the end at the hem is known, from the body's side at the armpit to that.
    """
    rows = np.arange(len(off))
    seen = np.isfinite(off) & (np.abs(off) < most)
    if seen.mean() < LEAST_SIDE:
        if not seen[-1]:
            return None
        return np.linspace(0.0, float(off[-1]), len(off))
    return np.interp(rows, rows[seen], off[seen])
