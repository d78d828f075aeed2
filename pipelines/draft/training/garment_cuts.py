"""Paper patterns: outlines, seams and landmarks of garments of any cut, as points in the plane, x to the right, y down.

The unit is half the width at the armpits, or at the waistband. Everything is drawn by chance from a generator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Points = NDArray[np.float64]
Role = Literal["cloth", "sleeve", "lining", "trim", "skin", "hair", "other", "metal", "inner"]
Neck = Literal["crew", "scoop", "v", "square", "boat", "high", "wrap"]
Collar = Literal["none", "shirt", "lapel", "hood", "rib"]
Closure = Literal["none", "buttons", "zip", "open"]
SIDES = (("right", 1.0), ("left", -1.0))


@dataclass(frozen=True, slots=True)
class Piece:
    """A closed outline and what fills it; later ones lie on top."""

    points: Points
    role: Role = "cloth"


@dataclass(frozen=True, slots=True)
class Line:
    """Something sewn: `width` is in units of the garment."""

    points: Points
    width: float = 0.02
    light: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """A garment before it has a colour."""

    category: str
    pieces: tuple[Piece, ...]
    lines: tuple[Line, ...] = ()
    dots: Points = field(default_factory=lambda: np.zeros((0, 2)))
    """(n, 2) buttons and rivets."""
    marks: Mapping[str, Points] = field(default_factory=dict)
    """Each landmark as (2,)."""
    sleeves: str = "none"
    is_open: bool = False
    shot: str = "flat"


@dataclass(frozen=True, slots=True)
class Cut:
    """One half of what hangs from the shoulders."""

    neck: float
    shoulder: Points
    armpit: Points
    waist: Points
    hem: Points
    sleeve: float
    """Length; 0 is none."""
    angle: float
    """Degrees from hanging down to stretched out."""
    bend: float
    """Degrees by which the lower arm turns inward."""
    cuff: float
    puff: float


def at(*values: float) -> Points:
    """A point."""
    return np.array(values, dtype=np.float64)


def bow(first: Points, last: Points, bulge: float, count: int = 7) -> Points:
    """(count, 2) from one point to another, bent to the left of the way by a share of its length."""
    t = np.linspace(0, 1, count)[:, None]
    way = last - first
    return np.asarray(first + way * t + 4 * bulge * t * (1 - t) * np.array([way[1], -way[0]]))


def direction(degrees: float) -> Points:
    """Unit vector: 0 is down, 90 to the right."""
    turn = np.radians(degrees)
    return np.array([np.sin(turn), np.cos(turn)])


def any_of(rng: Generator, choices: Mapping[str, float]) -> str:
    """A key, as often as its weight says."""
    weights = np.array(list(choices.values()), dtype=np.float64)
    return list(choices)[int(rng.choice(len(weights), p=weights / weights.sum()))]


SLEEVED = {"top": {"none": 0.24, "short": 0.4, "long": 0.36}, "outerwear": {"none": 0.12, "short": 0.04, "long": 0.84},
           "dress": {"none": 0.5, "short": 0.22, "long": 0.28}}  # fmt: skip
COLLARS = {"top": {"none": 0.5, "rib": 0.25, "shirt": 0.25}, "outerwear": {"none": 0.15, "rib": 0.1, "shirt": 0.2, "lapel": 0.3, "hood": 0.25},
           "dress": {"none": 0.8, "shirt": 0.14, "rib": 0.06}}  # fmt: skip
CLOSURES = {"top": {"none": 0.74, "buttons": 0.24, "zip": 0.02}, "outerwear": {"buttons": 0.36, "zip": 0.34, "open": 0.3},
            "dress": {"none": 0.8, "buttons": 0.18, "zip": 0.02}}  # fmt: skip
NECKS = {"crew": 0.26, "scoop": 0.22, "v": 0.24, "square": 0.07, "boat": 0.06, "high": 0.08, "wrap": 0.07}


def hanging(rng: Generator, category: str, worn: bool = False) -> Sketch:
    """A top, something to wear over it, or a dress."""
    sleeves = any_of(rng, SLEEVED[category])
    collar, closure = any_of(rng, COLLARS[category]), any_of(rng, CLOSURES[category])
    neck = any_of(rng, NECKS) if collar in ("none", "rib") else ("v" if collar == "lapel" else "crew")
    right = _cut(rng, category, sleeves, neck, worn)
    left = _other_side(rng, right)
    depth = _depth(rng, neck, collar, closure)
    legs = category == "dress" and not worn and rng.random() < 0.1
    sketch = _assembled(rng, category, (right, left), neck, depth, closure == "open")
    sketch = _with_legs(rng, sketch, right) if legs else sketch
    sketch = _collared(rng, sketch, right, collar, depth, neck)
    sketch = _closed(rng, sketch, right, closure, depth)
    return replace(_trimmed(rng, sketch, right), sleeves=sleeves, is_open=closure == "open", shot="worn" if worn else sketch.shot)


def _cut(rng: Generator, category: str, sleeves: str, neck: str, worn: bool) -> Cut:
    u = rng.uniform
    straps = sleeves == "none"
    wide = u(0.26, 0.52) if not straps else u(0.3, 0.72)
    if neck == "boat":
        wide = u(0.5, 0.72)
    band = u(0.3, 0.62) if not straps else float(rng.choice([u(0.04, 0.1), u(0.12, 0.3), u(0.28, 0.5)]))
    shoulder = wide + band
    if not straps:
        shoulder = max(shoulder, u(0.78, 1.04))
    deep = u(0.55, 1.0) if not straps else u(0.5, 0.95)
    ad = at(1.0, deep)
    length = _length(rng, category)
    waist_y = deep + (length - deep) * u(0.35, 0.6) if category != "dress" else u(1.5, 2.3)
    waist_x = u(0.68, 1.04) if category != "outerwear" else u(0.85, 1.1)
    hem_x = _hem_width(rng, category, waist_x)
    loose = u(0, 1)
    angle = u(4, 32) if worn else float(rng.choice([u(3, 24), u(20, 55), u(40, 88)], p=[0.4, 0.35, 0.25]))
    if sleeves == "short" and not worn:
        angle = u(15, 82)
    reach = {"none": 0.0, "short": float(rng.choice([u(0.35, 0.8), u(0.7, 1.3)])), "long": u(1.7, 3.1)}[sleeves]
    armhole = float(np.hypot(shoulder - 1.0, deep - 0.2))
    cuff = armhole * (u(0.6, 1.05) if sleeves == "short" else u(0.26, 0.55) if rng.random() < 0.9 else u(0.6, 1.2))
    bend = float(rng.choice([u(-8, 14), u(10, 40), u(60, 140)], p=[0.75, 0.2, 0.05])) if sleeves == "long" else 0.0
    return Cut(wide, at(min(shoulder, 1.25), u(0.08, 0.3) * min(1.0, band / 0.4)), ad, at(waist_x, waist_y), at(hem_x, length),
               reach, angle, bend, cuff, 0.06 + 0.12 * loose * (rng.random() < 0.3))  # fmt: skip


def _length(rng: Generator, category: str) -> float:
    u = rng.uniform
    if category == "dress":
        return float(rng.choice([u(3.7, 4.6), u(4.2, 6.2), u(5.8, 7.6)], p=[0.45, 0.35, 0.2]))
    if category == "outerwear":
        return float(rng.choice([u(1.9, 2.9), u(2.6, 3.6), u(3.5, 5.4)], p=[0.45, 0.3, 0.25]))
    return float(rng.choice([u(1.35, 1.9), u(1.9, 3.0), u(2.7, 3.75)], p=[0.14, 0.52, 0.34]))


def _hem_width(rng: Generator, category: str, waist: float) -> float:
    u = rng.uniform
    if category == "dress":
        return float(rng.choice([u(0.75, 1.15), u(1.1, 1.7), u(1.6, 2.6)], p=[0.4, 0.35, 0.25]))
    return float(np.clip(waist + u(-0.06, 0.2), 0.7, 1.4)) if rng.random() < 0.8 else u(0.75, 1.6)


def _other_side(rng: Generator, cut: Cut) -> Cut:
    """The same but for a cutter's and a photographer's inexactness; at times another shoulder."""
    n = rng.normal
    one_strap = not cut.sleeve and rng.random() < 0.12
    shoulder = cut.shoulder + n(0, 0.02, 2)
    if one_strap:
        shoulder = at(max(cut.neck + 0.03, shoulder[0] + rng.uniform(-0.3, 0.25)), cut.shoulder[1] + n(0, 0.05))
    return Cut(cut.neck * float(np.exp(n(0, 0.05))), shoulder, cut.armpit + n(0, 0.025, 2), cut.waist + n(0, 0.035, 2), cut.hem + n(0, 0.04, 2),
               cut.sleeve * float(np.exp(n(0, 0.05))), cut.angle + n(0, 6), cut.bend if rng.random() < 0.7 else n(0, 14), cut.cuff * float(np.exp(n(0, 0.06))), cut.puff)  # fmt: skip


def _depth(rng: Generator, neck: str, collar: str, closure: str) -> float:
    u = rng.uniform
    if collar == "lapel":
        return u(0.8, 1.7)
    if collar in ("shirt", "hood"):
        return u(0.15, 0.3) if closure != "none" else u(0.3, 0.6)
    if neck in ("v", "wrap"):
        return u(0.35, 1.15)
    return {"crew": u(0.16, 0.34), "scoop": u(0.35, 0.85), "square": u(0.4, 0.8), "boat": u(0.06, 0.18), "high": u(0.12, 0.22)}[
        neck
    ]


def _neckline(right: Points, left: Points, depth: float, power: float, skew: float = 0.0) -> Points:
    """From the right collar point down and up to the left one."""
    t = np.linspace(1, -1, 17)
    line = left + (right - left) * ((t + 1) / 2)[:, None]
    bent = np.clip(t + skew * (1 - t * t), -1, 1)
    return np.asarray(line + np.outer(depth * (1 - np.abs(bent) ** power), [0.0, 1.0]))


def _assembled(rng: Generator, category: str, halves: tuple[Cut, Cut], neck: str, depth: float, is_open: bool) -> Sketch:
    edges, sleeves, marks = [], [], {}
    for (name, sign), cut in zip(SIDES, halves, strict=True):
        edges.append(_edge(rng, cut, category) * at(sign, 1))
        for key, place in (("collar", at(cut.neck, 0)), ("shoulder", cut.shoulder), ("armpit", cut.armpit), ("waist", cut.waist), ("hem", cut.hem)):  # fmt: skip
            marks[f"{key}_{name}"] = place * at(sign, 1)
        if cut.sleeve:
            sleeve = _sleeve(cut)
            sleeves.append(Piece(sleeve.outline * at(sign, 1), "sleeve"))
            marks |= {f"cuff_{name}_outer": sleeve.outer * at(sign, 1), f"cuff_{name}_inner": sleeve.inner * at(sign, 1)}
    power = {"v": rng.uniform(0.85, 1.25), "wrap": rng.uniform(0.9, 1.3), "square": rng.uniform(4, 9)}.get(
        neck, rng.uniform(1.6, 2.8)
    )
    skew = rng.uniform(-0.4, 0.4) if neck == "wrap" else 0.0
    right, left = marks["collar_right"], marks["collar_left"]
    front, back = _neckline(right, left, depth, power, skew), _neckline(right, left, rng.uniform(-0.03, 0.12), 2.0)
    hem = bow(halves[0].hem, halves[1].hem * at(-1, 1), rng.uniform(-0.03, 0.09), 11)
    body = Piece(np.concatenate([edges[0], hem, edges[1][::-1], front[::-1]]))
    lining = Piece(np.concatenate([back, front[::-1] + at(0, 0.03)]), "lining")
    marks |= {"collar_bottom": front[int(np.argmax(front[:, 1]))], "collar_back": back[8]}
    over = bool(rng.random() < 0.6) or any(cut.bend > 50 for cut in halves)
    pieces = (lining, body, *sleeves) if over else (lining, *sleeves, body)
    return Sketch(category, pieces, _hems(rng, halves, front), marks=marks, shot="ghost" if rng.random() < 0.5 else "flat")


def _edge(rng: Generator, cut: Cut, category: str) -> Points:
    """The right outline from the collar to the hem."""
    collar = at(cut.neck, 0)
    top = bow(collar, cut.shoulder, rng.uniform(-0.05, 0.03), 4)
    hollow = 0.0 if cut.sleeve else -rng.uniform(0.12, 0.3) * min(1.0, (cut.armpit[0] - cut.shoulder[0]) * 4 + 0.3)
    armhole = bow(cut.shoulder, cut.armpit, hollow)
    side = bow(cut.armpit, cut.waist, rng.uniform(-0.03, 0.04))
    swing = rng.uniform(-0.12, 0.08) if category == "dress" else rng.uniform(-0.04, 0.05)
    return np.concatenate([top, armhole, side, bow(cut.waist, cut.hem, -swing, 9)])


@dataclass(frozen=True, slots=True)
class _Sleeve:
    outline: Points
    outer: Points
    inner: Points


def _sleeve(cut: Cut) -> _Sleeve:
    first = direction(cut.angle)
    second = direction(cut.angle - cut.bend)
    across_first, across = np.array([first[1], -first[0]]), np.array([second[1], -second[0]])
    start = (cut.shoulder + cut.armpit) / 2
    elbow = start + first * cut.sleeve * 0.5
    end = elbow + second * cut.sleeve * 0.5
    half = float(np.linalg.norm(cut.shoulder - cut.armpit)) / 2
    middle = (half + cut.cuff / 2) / 2 * (1 + cut.puff)
    bisector = (across_first + across) / max(1e-6, float(np.linalg.norm(across_first + across)))
    outer, inner = end + across * cut.cuff / 2, end - across * cut.cuff / 2
    outline = [bow(cut.shoulder, elbow + bisector * middle, 0.07 + cut.puff * 0.4), bow(elbow + bisector * middle, outer, 0.02 + cut.puff * 0.3),
               bow(outer, inner, 0.03, 4), bow(inner, elbow - bisector * middle, 0.02), bow(elbow - bisector * middle, cut.armpit, 0.0),
               np.stack([cut.armpit * at(0.9, 1.0), cut.shoulder * at(0.9, 1.05)])]  # fmt: skip
    return _Sleeve(np.concatenate(outline), outer, inner)


def _hems(rng: Generator, halves: tuple[Cut, Cut], front: Points) -> tuple[Line, ...]:
    """Stitches along the hem, the armholes and the neckline."""
    made = []
    right, left = halves
    rise = rng.uniform(0.04, 0.18)
    made.append(Line(bow(right.hem - at(0, rise), left.hem * at(-1, 1) - at(0, rise), 0.02, 9), 0.015))
    if rng.random() < 0.8:
        made.append(Line(front + at(0, rng.uniform(0.03, 0.1)), 0.015))
    for (_, sign), cut in zip(SIDES, halves, strict=True):
        if cut.sleeve:
            made.append(Line(bow(cut.shoulder, cut.armpit, -0.08) * at(sign, 1), 0.02))
    return tuple(made)


def _with_legs(rng: Generator, sketch: Sketch, cut: Cut) -> Sketch:
    """A jumpsuit: legs from the hips on."""
    hip, gap, hem = cut.waist[1] + rng.uniform(0.7, 1.2), rng.uniform(0.02, 0.3), rng.uniform(0.3, 0.7)
    end, crotch = rng.uniform(3.2, 6.8), at(0.0, hip + rng.uniform(0.1, 0.4))
    marks, pieces = dict(sketch.marks), list(sketch.pieces)
    marks["crotch"] = crotch
    for name, sign in SIDES:
        waist = marks[f"waist_{name}"]
        outer, inner = at(sign * (gap / 2 + 2 * hem), end), at(sign * gap / 2, end)
        leg = np.concatenate(
            [[at(0, waist[1] - 0.2)], bow(waist - at(0, 0.1), outer, sign * 0.06), bow(outer, inner, 0), [crotch]]
        )
        pieces.append(Piece(leg))
        marks |= {f"hem_{name}": outer, f"leg_{name}_inner": inner}
    kept = [replace(each, points=np.minimum(each.points, [9, waist[1] + 0.05])) if each.role == "cloth" and number == 1 else each
            for number, each in enumerate(pieces)]  # fmt: skip
    body = next(number for number, each in enumerate(sketch.pieces) if each.role == "cloth")
    kept[body] = replace(pieces[body], points=np.minimum(pieces[body].points, [9, cut.waist[1] + 0.05]))
    return replace(sketch, pieces=tuple(kept), marks=marks, lines=sketch.lines[1:])


def _collared(rng: Generator, sketch: Sketch, cut: Cut, collar: str, depth: float, neck: str) -> Sketch:
    """With a turtleneck, a collar, lapels, a rib or a hood sewn on."""
    wide, pieces, lines = cut.neck, list(sketch.pieces), list(sketch.lines)
    if neck == "high":
        rise, narrow = rng.uniform(0.12, 0.5), wide * rng.uniform(0.8, 1.0)
        lower, top = (
            _neckline(at(wide, 0), at(-wide, 0), depth, 2.0),
            _neckline(at(narrow, -rise), at(-narrow, -rise), -0.02, 2.0),
        )
        pieces.append(Piece(np.concatenate([lower, top[::-1]]), "cloth"))
        lines += [Line(lower, 0.025), Line(top + at(0, rise * 0.5), 0.012)]
        return replace(
            sketch,
            pieces=tuple(pieces),
            lines=tuple(lines),
            marks={**sketch.marks, "collar_bottom": lower[8], "collar_back": top[8]},
        )
    if collar == "rib":
        power = 1.0 if neck in ("v", "wrap") else 2.2
        inner, outer = (
            _neckline(at(wide, 0), at(-wide, 0), depth, power),
            _neckline(at(wide + 0.07, 0.02), at(-wide - 0.07, 0.02), depth + 0.09, power),
        )
        pieces.append(Piece(np.concatenate([inner, outer[::-1]]), "trim" if rng.random() < 0.4 else "cloth"))
    if collar == "hood":
        tall, fat = rng.uniform(0.5, 1.1), wide * rng.uniform(1.1, 1.7)
        hood = np.concatenate([bow(at(wide + 0.08, 0.05), at(fat, -tall * 0.5), 0.1), bow(at(fat, -tall * 0.5), at(-fat, -tall * 0.5), 0.3, 11),
                               bow(at(-fat, -tall * 0.5), at(-wide - 0.08, 0.05), 0.1)])  # fmt: skip
        pieces.insert(0, Piece(hood, "cloth"))
        hollow = Piece(np.concatenate([hood * at(0.75, 0.8), bow(at(-wide, 0.02), at(wide, 0.02), 0.15)]), "lining")
        pieces.insert(1, hollow)
        return replace(sketch, pieces=tuple(pieces), marks={**sketch.marks, "collar_back": at(0, -tall * 1.05)})
    if collar in ("shirt", "lapel"):
        pieces += _leaves(rng, wide, depth, collar)
        stand = rng.uniform(0.03, 0.16)
        back = _neckline(at(wide, -0.02), at(-wide, -0.02), -stand, 2.0)
        pieces.insert(1, Piece(np.concatenate([back, bow(at(-wide, 0.02), at(wide, 0.02), 0.1)]), "inner"))
        return replace(sketch, pieces=tuple(pieces), lines=tuple(lines), marks={**sketch.marks, "collar_back": back[8]})
    return replace(sketch, pieces=tuple(pieces), lines=tuple(lines))


def _leaves(rng: Generator, wide: float, depth: float, collar: str) -> list[Piece]:
    role: Role = "trim" if rng.random() < 0.25 else "cloth"
    low = depth if collar == "lapel" else depth + rng.uniform(0.0, 0.1)
    spread = rng.uniform(0.12, 0.3)
    made = []
    for _, sign in SIDES:
        if collar == "lapel":
            notch = at(wide + spread, depth * rng.uniform(0.25, 0.45))
            points = [at(wide * 0.8, -0.08), at(wide + 0.06, 0.0), notch, at(0.02, low + 0.05), at(wide * 0.55, depth * 0.5)]
        else:
            tip = at(wide * rng.uniform(0.4, 0.9), low + rng.uniform(0.12, 0.3))
            points = [at(wide * 0.75, -0.1), at(wide + 0.06, 0.02), tip, at(0.02, low), at(wide * 0.55, low * 0.45)]
        made.append(Piece(np.array(points) * at(sign, 1), role))
    return made


def _closed(rng: Generator, sketch: Sketch, cut: Cut, closure: str, depth: float) -> Sketch:
    """With a placket and buttons, a zip, or hanging open over what is behind it."""
    end = float(cut.hem[1])
    shift = rng.uniform(-0.05, 0.05) if rng.random() < 0.8 else rng.uniform(0.15, 0.4)
    line = bow(at(shift, depth), at(shift + rng.normal(0, 0.02), end), 0, 5)
    if closure == "zip":
        return replace(
            sketch,
            lines=(*sketch.lines, Line(line, rng.uniform(0.03, 0.07), bool(rng.random() < 0.5)), Line(line + at(0.05, 0), 0.01)),
        )
    if closure == "buttons":
        count = int(rng.integers(3, 9))
        last = end - 0.2 if rng.random() < 0.7 else end * 0.6
        dots = np.column_stack([np.full(count, shift), np.linspace(depth + 0.08, last, count)])
        if rng.random() < 0.2:
            dots = np.concatenate([dots, dots + at(0.3, 0)])
        return replace(sketch, lines=(*sketch.lines, Line(line + at(0.08, 0), 0.015), Line(line - at(0.08, 0), 0.015)), dots=dots)
    if closure == "open":
        half, low = rng.uniform(0.03, 0.3), rng.uniform(0.05, 0.4)
        gap = np.array(
            [
                at(0.9 * cut.neck, 0.02),
                at(half, depth),
                at(low, end + 0.2),
                at(-low, end + 0.2),
                at(-half, depth),
                at(-0.9 * cut.neck, 0.02),
            ]
        )
        return replace(sketch, pieces=(*sketch.pieces, Piece(gap, "inner")))
    return sketch


def _trimmed(rng: Generator, sketch: Sketch, cut: Cut) -> Sketch:
    """With pockets, a belt, ties, gathers, quilting: things at the edge of which nothing of the cut is."""
    u, lines, pieces = rng.uniform, list(sketch.lines), list(sketch.pieces)
    marks = sketch.marks
    if rng.random() < 0.25:
        x, y, side = u(0.25, 0.6), u(0.7, 2.0), u(0.2, 0.45)
        box = np.array(
            [(x - side / 2, y), (x + side / 2, y), (x + side / 2, y + side), (x - side / 2, y + side), (x - side / 2, y)]
        )
        lines += [Line(box, 0.015)] + ([Line(box * at(-1, 1), 0.015)] if rng.random() < 0.5 else [])
    if rng.random() < 0.18:
        high = u(0.03, 0.14)
        belt = [
            marks["waist_right"] - at(0, high),
            marks["waist_right"] + at(0, high),
            marks["waist_left"] + at(0, high),
            marks["waist_left"] - at(0, high),
        ]
        pieces.append(Piece(np.array(belt), "trim" if rng.random() < 0.6 else "cloth"))
    if rng.random() < 0.12:
        start = marks["waist_right" if rng.random() < 0.5 else "waist_left"] * u(0.2, 0.95)
        for _ in range(int(rng.integers(1, 3))):
            end = start + at(u(-0.25, 0.35) * np.sign(start[0]), u(0.6, 1.8))
            pieces.append(
                Piece(
                    np.concatenate(
                        [bow(start, end, u(-0.2, 0.2)), bow(end + at(u(0.06, 0.25), u(-0.2, 0.1)), start + at(0.05, 0.1), 0.05)]
                    )
                )
            )
    if sketch.category == "outerwear" and rng.random() < 0.2:
        lines += [Line(bow(at(1.05, y), at(-1.05, y), 0.015, 5), 0.03) for y in np.arange(u(0.2, 0.5), cut.hem[1], u(0.25, 0.5))]
    if rng.random() < 0.2:
        level = float(marks["waist_right"][1])
        lines.append(Line(bow(marks["waist_right"], marks["waist_left"], u(-0.05, 0.05)), 0.02))
        lines += [
            Line(bow(at(x, level), at(x * u(1.0, 1.5), level + u(0.3, 2.0)), 0), 0.012)
            for x in np.linspace(-0.7, 0.7, int(rng.integers(4, 12)))
        ]
    return replace(sketch, lines=tuple(lines), pieces=tuple(pieces))


def bottom(rng: Generator, worn: bool = False) -> Sketch:
    """Trousers, shorts or a skirt."""
    kind = any_of(rng, {"trousers": 0.5, "shorts": 0.2, "skirt": 0.3})
    made = _skirt(rng) if kind == "skirt" else _legs(rng, kind == "shorts")
    high = rng.uniform(0.08, 0.3)
    right, left = made.marks["waist_right"], made.marks["waist_left"]
    band = Line(bow(right * at(1.02, 1) + at(0, high), left * at(1.02, 1) + at(0, high), rng.uniform(-0.02, 0.06), 9), 0.02)
    dip = rng.uniform(-0.04, 0.1)
    pieces = made.pieces
    if not worn and dip < 0 and rng.random() < 0.8:
        back = np.concatenate([bow(left, right, rng.uniform(0.0, 0.06), 9), bow(right, left, rng.uniform(0.02, 0.06), 9)])
        pieces = (Piece(back, "lining"), *pieces)
    dots = np.array([at(0.02, high / 2)]) if rng.random() < 0.5 else np.zeros((0, 2))
    return replace(made, pieces=pieces, lines=(*made.lines, band), dots=dots, shot="worn" if worn else made.shot)


def _legs(rng: Generator, short: bool) -> Sketch:
    u = rng.uniform
    rise, hip = u(1.15, 2.0), u(1.02, 1.5)
    length = rise + (u(0.45, 1.9) if short else u(3.0, 4.9))
    wide = u(0.28, 0.6) if not short else u(0.5, 0.85)
    if rng.random() < 0.25:
        wide = u(0.6, 1.15)
    gap = float(rng.choice([u(-0.25, 0.05), u(0.02, 0.35), u(0.3, 1.1)], p=[0.25, 0.5, 0.25]))
    crotch = at(rng.normal(0, 0.03), rise)
    marks: dict[str, Points] = {"crotch": crotch}
    pieces, lines = [], []
    sag = u(-0.04, 0.05)
    for name, sign in SIDES:
        jitter = rng.normal(0, 0.03, 4)
        waist, hips = at(sign * 1.0, jitter[0] * 0.6), at(sign * hip, rise * u(0.6, 0.9))
        inner = at(sign * (gap / 2) + jitter[1], length + jitter[2])
        outer = at(inner[0] + sign * 2 * wide, length + jitter[2] + jitter[3] - gap * 0.15)
        half = [bow(at(-sign * 0.02, sag), waist, 0, 3), bow(waist, hips, -sign * 0.06), bow(hips, outer, sign * u(-0.04, 0.06)),
                bow(outer, inner, -sign * u(-0.06, 0.08), 4), bow(inner, crotch, sign * u(-0.03, 0.05)), np.stack([crotch - at(sign * 0.03, 0.05)])]  # fmt: skip
        pieces.append(Piece(np.concatenate(half)))
        marks |= {f"waist_{name}": waist, f"hem_{name}": outer, f"leg_{name}_inner": inner}
        if rng.random() < 0.6:
            lines.append(Line(bow(waist * at(0.6, 1) + at(0, 0.2), at(sign * hip * 0.95, rise * 0.6), sign * u(0, 0.2)), 0.02))
        if rng.random() < 0.4:
            lines.append(Line(bow(waist * 0.55 + at(0, 0.2), (inner + outer) / 2, 0, 5), 0.012))
    lines.append(Line(bow(at(0.03, 0.1), crotch, u(-0.05, 0.05)), 0.02))
    if rng.random() < 0.5:
        pieces = pieces[::-1]
    return Sketch("bottom", tuple(pieces), tuple(lines), marks=marks, shot="ghost" if rng.random() < 0.4 else "flat")


def _skirt(rng: Generator) -> Sketch:
    u = rng.uniform
    length, hem = (
        float(rng.choice([u(1.3, 2.2), u(2.2, 3.8), u(3.6, 5.6)])),
        float(rng.choice([u(0.85, 1.3), u(1.2, 2.0), u(1.9, 3.2)])),
    )
    hips = u(1.05, 1.35)
    marks: dict[str, Points] = {}
    sides = []
    for name, sign in SIDES:
        waist, end = (
            at(sign * 1.0, rng.normal(0, 0.02)),
            at(sign * hem * float(np.exp(rng.normal(0, 0.03))), length + rng.normal(0, 0.05)),
        )
        middle = at(sign * max(hips, 0.6 + 0.4 * hem), min(1.1, 0.45 * length))
        sides.append(np.concatenate([bow(waist, middle, -sign * 0.06), bow(middle, end, sign * u(-0.04, 0.06))]))
        marks |= {f"waist_{name}": waist, f"hem_{name}": end}
    below = bow(marks["hem_right"], marks["hem_left"], u(-0.02, 0.12), 13)
    if rng.random() < 0.25:
        below = below + np.column_stack([np.zeros(13), np.linspace(0, rng.normal(0, 0.6), 13) * np.linspace(1, 0, 13)])
    above = bow(marks["waist_left"], marks["waist_right"], -u(-0.02, 0.08), 9)
    count = int(rng.integers(0, 16)) if rng.random() < 0.6 else 0
    pleats = [Line(bow(at(x, 0.1), at(x * hem, length - 0.05), 0, 4), 0.02) for x in np.linspace(-0.9, 0.9, count)]
    if rng.random() < 0.15:
        pleats.append(Line(bow(at(u(-0.5, 0.5), 0), at(u(-0.5, 0.9) * hem, length), 0.1), 0.03))
    body = Piece(np.concatenate([sides[0], below, sides[1][::-1], above]))
    return Sketch("bottom", (body,), tuple(pleats), marks=marks, shot="ghost" if rng.random() < 0.4 else "flat")
