"""Landmarks of a garment from its outline: support points, concavities and profiles of the silhouette.

A support point is where a line of a given direction touches the outline from outside. It holds still under folds, noise
and small tears, which is why nearly every landmark here is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.vision.people.body import Point
from pipelines.vision.people.view import Run, largest_piece, runs

OUTLINE_SIDE = 512
"""Long side in pixels at which an outline is read."""
Points = NDArray[np.float64]


def outline_of(alpha: Floats) -> "Outline":
    """The outline of the largest piece of float32 (h, w)."""
    scale = min(1.0, OUTLINE_SIDE / max(alpha.shape))
    size = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    mask = largest_piece(small > 0.5)
    padded = np.pad(mask, 3)  # so that what touches the edge of the picture has an outline there too
    return Outline(padded, scale, 3)


@dataclass(frozen=True)
class Outline:
    """A silhouette at working size; `scale` of its pixels, after `pad`, to one of the picture."""

    mask: Mask
    scale: float
    pad: int

    @cached_property
    def contour(self) -> Points:
        """(n, 2) points x, y along the outer contour."""
        found, _ = cv2.findContours(self.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        longest = max(found, key=len, default=np.zeros((1, 1, 2), np.int32))
        return np.asarray(longest.reshape(-1, 2), dtype=np.float64)

    @cached_property
    def top(self) -> int:
        return int(self._rows[0])

    @cached_property
    def bottom(self) -> int:
        return int(self._rows[-1])

    @cached_property
    def _rows(self) -> NDArray[np.intp]:
        counts = self.mask.sum(axis=1)
        return np.flatnonzero(counts > 0.02 * max(1, counts.max()))

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @cached_property
    def width(self) -> int:
        columns = np.flatnonzero(self.mask.any(axis=0))
        return int(columns[-1] - columns[0])

    @cached_property
    def axis(self) -> float:
        """Column of the torso's middle."""
        middles = [max(line, key=lambda run: run.width).middle for y in self._band(0.3, 0.7) if (line := runs(self.mask[y]))]
        return float(np.median(middles))

    @cached_property
    def _middle(self) -> float:
        """Column halfway between the outermost ones."""
        return float(np.flatnonzero(self.mask.any(axis=0))[[0, -1]].mean())

    @cached_property
    def profile(self) -> NDArray[np.int64]:
        """Topmost row of each column; the height of the mask where there is none."""
        return np.asarray(np.where(self.mask.any(axis=0), self.mask.argmax(axis=0), self.mask.shape[0]), dtype=np.int64)

    @cached_property
    def ragged(self) -> bool:
        """Whether this is too torn for a garment: a small share of its hull, or an outline as long as a coast."""
        area = float(self.mask.sum())
        hull = cv2.contourArea(cv2.convexHull(self.contour.astype(np.float32)))
        smooth = cv2.approxPolyDP(self.contour.astype(np.float32), 2.0, closed=True)
        return area < 0.3 * hull or cv2.arcLength(smooth, closed=True) ** 2 / max(1.0, area) > 160

    @property
    def mirrored(self) -> "Outline":
        return Outline(np.ascontiguousarray(self.mask[:, ::-1]), self.scale, self.pad)

    def _band(self, first: float, last: float) -> range:
        return range(self.top + int(first * self.height), self.top + int(last * self.height))

    def _in_picture(self, point: Point) -> Point:
        return Point((point.x - self.pad + 0.5) / self.scale, (point.y - self.pad + 0.5) / self.scale)

    @cached_property
    def has_legs(self) -> bool:
        """Two alike runs with the axis between them, over the lowest third or more."""
        rows = self._band(0.72, 0.93)
        return sum(self._two_legs(y) for y in rows) > 0.7 * len(rows)

    def _two_legs(self, row: int) -> bool:
        line = [run for run in runs(self.mask[row]) if run.width > 0.08 * self.width]
        if len(line) != 2:
            return False
        first, second = line
        alike = 0.55 < first.width / second.width < 1.8
        return alike and abs((first.end + second.start) / 2 - self._middle) < 0.15 * self.width

    @cached_property
    def straight_top(self) -> bool:
        """Whether the upper edge is one straight line as of a waistband."""
        row = self.top + int(0.06 * self.height)
        line = max(runs(self.mask[row]), key=lambda run: run.width, default=None)
        if line is None or line.width < 0.3 * self.width or line.width < 0.9 * self.mask[row].sum():
            return False
        edge = self.profile[line.start + line.width // 12 : line.end - line.width // 12].astype(float)
        fit = np.polyval(np.polyfit(np.arange(len(edge)), edge, 2), np.arange(len(edge)))
        return bool(np.ptp(edge) < 0.16 * line.width and np.abs(edge - fit).max() < 0.05 * line.width)

    @cached_property
    def waisted(self) -> bool:
        """Whether it narrows below its upper part and widens again: what hangs from shoulders, not from a waistband."""
        widths = np.array([self.mask[y].sum() for y in self._band(0.04, 0.97)], dtype=np.float64)
        if widths.size < 20:
            return False
        highest_above = np.maximum.accumulate(widths)
        highest_below = np.maximum.accumulate(widths[::-1])[::-1]
        dip = np.minimum(highest_above, highest_below) - widths
        upper = slice(int(0.1 * widths.size), int(0.6 * widths.size))
        return bool(dip[upper].max() > 0.04 * widths.max())

    @cached_property
    def flares(self) -> bool:
        first, last = (np.median([self.mask[y].sum() for y in self._band(*band)]) for band in ((0.02, 0.1), (0.85, 0.97)))
        return bool(last > 1.12 * first)

    @cached_property
    def has_sleeves(self) -> bool:
        return self._side.sleeved or self.mirrored._side.sleeved

    @cached_property
    def _side(self) -> "_Side":
        return _Side(self)

    def top_landmarks(self) -> Mapping[str, Point]:
        """Landmarks of something that hangs from the shoulders, in pixels of the picture."""
        found: dict[str, Point] = {}
        last = self.mask.shape[1] - 1
        for name, outline in (("left", self), ("right", self.mirrored)):
            for key, at in outline._side.landmarks().items():
                flipped = at if name == "left" else Point(last - at.x, at.y)
                found[key.replace("side", name)] = self._in_picture(flipped)
        found["collar_bottom"] = self.upper_edge(found["collar_left"], found["collar_right"])
        return self._levelled(found)

    def _levelled(self, found: dict[str, Point]) -> dict[str, Point]:
        """Without sleeves, an armpit that lies far above the other one is a strap's end: it goes as low as the other."""
        left, right = found["armpit_left"], found["armpit_right"]
        if self.has_sleeves or abs(left.y - right.y) < 0.15 * abs(right.x - left.x):
            return found
        row = max(left.y, right.y)
        line = runs(self.mask[int(np.clip(row * self.scale + self.pad, 0, self.mask.shape[0] - 1))])
        if not line:
            return found
        name, column = ("armpit_left", line[0].start) if left.y < right.y else ("armpit_right", line[-1].end - 1)
        return {**found, name: Point((column - self.pad + 0.5) / self.scale, row)}

    def upper_edge(self, left: Point, right: Point) -> Point:
        """The lowest point of the upper edge between the collar points, in pixels of the picture."""
        start, end = (round(at.x * self.scale + self.pad) for at in (left, right))
        between = self.profile[start + 1 : max(start + 2, end)]
        between = np.where(between >= self.mask.shape[0], 0, between)
        column = start + 1 + int(np.argmax(between))
        return self._in_picture(Point(float(column), float(between.max())))

    def bottom_landmarks(self) -> Mapping[str, Point]:
        """Landmarks of trousers, shorts or a skirt, in pixels of the picture."""
        last = [run for run in runs(self.mask[self.bottom - max(2, int(0.04 * self.height))]) if run.width > 0.04 * self.width]
        upper = self.contour[self.contour[:, 1] < self.top + 0.2 * self.height]
        found = {
            "waist_left": support(upper, -0.45, -0.9),
            "waist_right": support(upper, 0.45, -0.9),
            "hem_left": self._hem_corner(last[0], -1),
            "hem_right": self._hem_corner(last[-1], 1),
        }
        if self.has_legs and len(last) >= 2:
            found["leg_left_inner"] = self._hem_corner(last[0], 1)
            found["leg_right_inner"] = self._hem_corner(last[-1], -1)
            found["crotch"] = self._crotch()
        return {name: self._in_picture(at) for name, at in found.items()}

    def _hem_corner(self, end: Run, side: int) -> Point:
        """Where a side meets the hem of the leg, or the skirt, that passes through `end`; a hem that sags ends higher there."""
        x, y = self.contour.T
        out = (x - end.middle) * side
        near = self.contour[(y > self.bottom - 0.2 * self.height) & (out > 0) & (out < 0.65 * end.width + 2)]
        return support(near, 0.6 * side, 0.8) if len(near) else Point(end.middle, float(self.bottom))

    def _crotch(self) -> Point:
        x = self._middle
        for row in range(self.bottom - 2, self.top, -1):
            line = [run for run in runs(self.mask[row]) if run.width > 0.05 * self.width]
            if len(line) < 2:
                return Point(x, float(row))
            x = (line[0].end + line[1].start) / 2
        return Point(x, float(self.top + 0.4 * self.height))

    def length(self, landmarks: Mapping[str, Point]) -> float:
        """Collar to hem over the width at the armpits."""
        width = landmarks["armpit_right"].x - landmarks["armpit_left"].x
        top = min(landmarks["collar_left"].y, landmarks["collar_right"].y)
        return float((max(landmarks["hem_left"].y, landmarks["hem_right"].y) - top) / max(1.0, width))

    def confidence(self, landmarks: Mapping[str, Point]) -> float:
        """How far the two sides agree and stand in the right order."""
        left, right = landmarks["armpit_left"], landmarks["armpit_right"]
        width = right.x - left.x
        if width < 0.15 * self.width / self.scale:
            return 0.1
        level = 1 - min(0.6, abs(left.y - right.y) / width)
        collars = landmarks["collar_right"].x - landmarks["collar_left"].x
        plausible = 1.0 if 0.1 < collars / width < 1.05 else 0.5
        paired = 1.0 if self._side.sleeved == self.mirrored._side.sleeved else 0.7
        return float(np.clip(0.95 * level * plausible * paired, 0.05, 0.95))


def support(points: Points, x: float, y: float) -> Point:
    """The point of (n, 2), n > 0, farthest in direction (x, y)."""
    best = points[int(np.argmax(points @ np.array([x, y])))]
    return Point(float(best[0]), float(best[1]))


@dataclass(frozen=True)
class _Side:
    """The left half of a garment that hangs from the shoulders; the right half is the left one of the mirror image."""

    outline: Outline

    @cached_property
    def torso(self) -> float:
        """Width of the torso: the median of the run on the axis over the lower half above the hem."""
        shape = self.outline
        found = []
        for y in shape._band(0.5, 0.8):
            near = min(runs(shape.mask[y]), key=lambda run: run.distance(shape.axis), default=None)
            if near:
                found.append(near.width)
        return float(np.median(found)) if found else 0.5 * shape.width

    @cached_property
    def _notches(self) -> list[Point]:
        """Points that may be armpits: of each concavity on this side, the deepest one first, what lies farthest in and up."""
        contour = self.outline.contour.astype(np.int32)
        hull = cv2.convexHull(contour, returnPoints=False)
        hull = np.sort(hull, axis=0)[::-1]
        defects = cv2.convexityDefects(contour, hull) if len(hull) > 3 else None
        if defects is None:
            return []
        shape = self.outline
        least = 0.03 * np.hypot(shape.width, shape.height)
        found = []
        for start, end, far, depth in sorted(defects.reshape(-1, 4).tolist(), key=lambda defect: -defect[3]):
            x, y = contour[int(far)]
            if depth / 256 < least or x > shape.axis - 0.04 * shape.width or not 0.08 < (y - shape.top) / shape.height < 0.8:
                continue
            stretch = contour[start : end + 1] if start < end else np.concatenate([contour[start:], contour[: end + 1]])
            on_side = stretch[stretch[:, 0] < shape.axis].astype(np.float64)
            if len(on_side):
                found += [support(on_side, 0.5, -0.86), support(on_side, 0.75, -0.66)]
        return found

    @cached_property
    def _sleeve_notch(self) -> Point | None:
        """The notch that has cloth above and outward of it: between a sleeve and the torso."""
        shape = self.outline
        for notch in self._notches:
            row = int(notch.y - 0.03 * shape.height)
            line = runs(shape.mask[max(0, row)])
            outer = line[0].start if line else notch.x
            if notch.x - outer > 0.07 * self.torso and row > shape.top:
                return notch
        return None

    @property
    def sleeved(self) -> bool:
        return self._sleeve_notch is not None

    @cached_property
    def armpit(self) -> Point:
        if self._sleeve_notch is not None:
            return self._sleeve_notch
        return self._armhole_end

    @cached_property
    def _armhole_end(self) -> Point:
        """Where the armhole of something without sleeves meets the side: the first row in which the edge has come out again
        from where it had gone in.
        """
        shape = self.outline
        rows = np.arange(shape.top + 2, shape.top + max(6, int(0.45 * shape.height)))
        edge = np.array([self._edge(int(row)) for row in rows])
        rise = np.maximum.accumulate(edge) - edge
        if rise.max() < 0.03 * self.torso:
            row = int(shape.top + 0.25 * shape.height)
            return Point(self._edge(row), float(row))
        first = int(np.flatnonzero(rise >= 0.92 * rise.max())[0])
        return Point(float(edge[first]), float(rows[first]))

    def _edge(self, row: int) -> float:
        shape = self.outline
        line = runs(shape.mask[min(row, shape.mask.shape[0] - 1)])
        return float(line[0].start) if line else shape.axis

    @cached_property
    def shoulder(self) -> Point:
        shape = self.outline
        above = shape.contour[(shape.contour[:, 1] < self.armpit.y) & (shape.contour[:, 0] < shape.axis)]
        if not len(above):
            return self.armpit
        if not self.sleeved:
            return support(above, -0.5, -0.87)
        corner = support(above, -0.57, -0.82)
        x = float(np.clip(corner.x, self.armpit.x - 0.06 * self.torso, self.armpit.x + 0.12 * self.torso))
        return Point(x, float(shape.profile[int(np.clip(x, 0, len(shape.profile) - 1))]))

    @cached_property
    def collar(self) -> Point:
        """The high point of the shoulder; on a strap its inner end."""
        shape = self.outline
        columns = np.arange(int(self.shoulder.x), max(int(self.shoulder.x) + 2, int(shape.axis - 0.04 * self.torso)))
        edge = np.column_stack([columns, shape.profile[np.clip(columns, 0, len(shape.profile) - 1)]]).astype(np.float64)
        peak = support(edge, -0.24, -0.97)
        upper, lower = (self._strap(peak, share) for share in (0.045, 0.09))
        if upper and lower and lower.width < 1.4 * upper.width + 2:  # a shoulder would widen quickly
            return Point(float(upper.end - 1), float(shape.profile[upper.end - 1]))
        return peak

    def _strap(self, peak: Point, share: float) -> Run | None:
        """The narrow run below a peak that ends before the middle."""
        shape = self.outline
        row = min(int(peak.y + share * shape.height), shape.mask.shape[0] - 1)
        near = min(runs(shape.mask[row]), key=lambda run: run.distance(peak.x), default=None)
        narrow = near is not None and near.width < 0.42 * self.torso and near.end < shape.axis - 0.04 * self.torso
        return near if near is not None and narrow and near.distance(peak.x) < 0.05 * self.torso else None

    @cached_property
    def hem_row(self) -> float:
        """Lower end of this half of the torso: the median of its columns' lowest rows, so that a tie or a tail doesn't count."""
        shape = self.outline
        columns = np.arange(int(shape.axis - 0.42 * self.torso), int(shape.axis - 0.08 * self.torso) + 1)
        part = shape.mask[:, np.clip(columns, 0, shape.mask.shape[1] - 1)]
        lowest = part.shape[0] - 1 - part[::-1].argmax(axis=0)
        return float(np.median(lowest[part.any(axis=0)])) if part.any() else float(shape.bottom)

    def torso_edge(self, row: float) -> float:
        """Outer column of the torso in a row below the armpit; what sticks out of it doesn't count."""
        shape = self.outline
        near = min(
            runs(shape.mask[int(np.clip(row, 0, shape.mask.shape[0] - 1))]),
            key=lambda run: run.distance(shape.axis),
            default=None,
        )
        usual = shape.axis - 0.5 * self.torso
        edge = float(near.start) if near else usual
        reach = 0.22 + 0.25 * max(0.0, (row - self.armpit.y) / max(1.0, self.torso))
        return float(np.clip(edge, min(self.armpit.x, usual) - reach * self.torso, usual + 0.25 * self.torso))

    def landmarks(self) -> Mapping[str, Point]:
        """Landmarks of this half; `side` stands for its name."""
        drop = self.hem_row - self.armpit.y
        rows = self.armpit.y + np.linspace(0.25, 0.7, 10) * drop
        edges = [self.torso_edge(row) for row in rows]
        waist = int(np.argmax(edges))
        hem = self.hem_row - 0.03 * drop
        found = {
            "collar_side": self.collar,
            "shoulder_side": self.shoulder,
            "armpit_side": self.armpit,
            "waist_side": Point(edges[waist], float(rows[waist])),
            "hem_side": self._hem_corner(self.torso_edge(hem)),
        }
        cuff = self._cuff()
        if cuff:
            found["armpit_side"] = self._under_sleeve(cuff["cuff_side_inner"])
        return {**found, **cuff}

    def _hem_corner(self, edge: float) -> Point:
        """Where the side, at column `edge` just above, turns into the hem."""
        x, y = self.outline.contour.T
        beside = (x > edge - 0.08 * self.torso) & (x < edge + 0.2 * self.torso)
        low = (y > self.hem_row - 0.2 * self.torso) & (y < self.hem_row + 0.08 * self.torso)
        near = self.outline.contour[beside & low]
        return support(near, -0.6, 0.8) if len(near) else Point(edge, self.hem_row)

    def _under_sleeve(self, cuff: Point) -> Point:
        """The armpit; where the sleeve lies against the side down to its cuff, as high as armholes usually end."""
        notch, usual = self.armpit, self.shoulder.y + 0.45 * self.torso
        if notch.y < usual + 0.12 * self.torso or np.hypot(cuff.x - notch.x, cuff.y - notch.y) > 0.2 * self.torso:
            return notch
        return Point(notch.x + 0.01 * self.torso, usual)

    def sleeve(self) -> Mask:
        """What the line from shoulder to armpit cuts off on the outer side."""
        shape = self.outline
        cut = shape.mask.astype(np.uint8)
        seam = np.array([[self.shoulder.x, self.shoulder.y], [self.armpit.x, self.armpit.y]])
        along = (seam[1] - seam[0]) / max(1.0, float(np.linalg.norm(seam[1] - seam[0])))
        ends = np.array([seam[0] - 4 * along, seam[1] + 3 * along]).round().astype(int)
        cv2.line(cut, ends[0].tolist(), ends[1].tolist(), 0, 2)
        _, labels = cv2.connectedComponents(cut, connectivity=4)
        middle = (seam[0] + seam[1]) / 2
        outward = np.array([-along[1], along[0]])
        outward = outward if outward[0] < 0 else -outward
        probe = (middle + 5 * outward).round().astype(int)
        label = labels[np.clip(probe[1], 0, labels.shape[0] - 1), np.clip(probe[0], 0, labels.shape[1] - 1)]
        return np.asarray((labels == label) & (label > 0))

    def _cuff(self) -> Mapping[str, Point]:
        if not self.sleeved:
            return {}
        sleeve = self.sleeve()
        rows, columns = np.nonzero(sleeve)
        if len(rows) < 20 or len(rows) > 0.5 * self.outline.mask.sum():
            return {}
        points = np.column_stack([columns, rows]).astype(np.float64)
        seam = np.array([(self.shoulder.x + self.armpit.x) / 2, (self.shoulder.y + self.armpit.y) / 2])
        away = np.linalg.norm(points - seam, axis=1)
        axis = points[away >= np.percentile(away, 95)].mean(axis=0) - seam
        axis /= max(1e-6, float(np.linalg.norm(axis)))
        across = np.array([axis[1], -axis[0]])
        shoulder = np.array([self.shoulder.x, self.shoulder.y]) - seam
        across = across if across @ shoulder > 0 else -across
        outer, inner = 0.8 * axis + 0.6 * across, 0.8 * axis - 0.6 * across
        return {"cuff_side_outer": support(points, *outer), "cuff_side_inner": support(points, *inner)}
