"""Garments on drawn people: arms, neck, legs and the other clothes around them, the head cropped or not."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from pipelines.draft.training.garment_cuts import Piece, Points, Sketch, at, bottom, bow, hanging


def worn(rng: Generator) -> Sketch:
    """One garment and the person in it; what isn't the garment has a role of its own."""
    if rng.random() < 0.25:
        return _worn_bottom(rng, bottom(rng, worn=True))
    return _worn_top(rng, hanging(rng, str(rng.choice(["top", "outerwear", "dress"], p=[0.55, 0.2, 0.25])), worn=True))


def _worn_top(rng: Generator, sketch: Sketch) -> Sketch:
    marks = sketch.marks
    low = float(max(marks["hem_left"][1], marks["hem_right"][1]))
    behind: list[Piece] = [_neck(rng, marks)]
    front: list[Piece] = []
    for side, sign in (("left", -1.0), ("right", 1.0)):
        arm, hand = _arm(rng, sketch, side, sign)
        (front if hand and rng.random() < 0.3 else behind).append(arm)
    behind.append(_lower(rng, marks, low))
    if rng.random() < 0.3:
        x = rng.uniform(0.35, 0.75) * (1 if rng.random() < 0.5 else -1)
        front.append(Piece(bow(at(x * 0.8, -1.6), at(x, rng.uniform(0.2, 1.2)), 0.1).repeat(1, axis=0), "hair"))
        front[-1] = Piece(np.concatenate([front[-1].points, front[-1].points[::-1] + at(rng.uniform(0.1, 0.35), 0)]), "hair")
    if rng.random() < 0.12:
        spot = at(rng.uniform(-1, 1), rng.uniform(1.2, low))
        front.append(Piece(spot + rng.normal(0, 0.18, (7, 2)), "skin"))
    return replace(sketch, pieces=(*behind, *(each for each in sketch.pieces if each.role != "lining"), *front))


def _neck(rng: Generator, marks: Mapping[str, Points]) -> Piece:
    """Neck and head above the collar, down into the neckline."""
    wide, low = 0.9 * float(marks["collar_right"][0]), float(marks["collar_bottom"][1]) + 0.1
    neck = rng.uniform(0.26, 0.36)
    head = (
        bow(at(0.3, -0.55), at(-0.3, -0.55), 0.9, 13) * at(1.2, 1)
        if rng.random() < 0.5
        else np.array([(neck, -0.6), (-neck, -0.6)])
    )
    return Piece(
        np.concatenate([[at(wide, 0.05), at(neck, -0.2)], head, [at(-neck, -0.2), at(-wide, 0.05), at(0, low + 0.3)]]), "skin"
    )


def _arm(rng: Generator, sketch: Sketch, side: str, sign: float) -> tuple[Piece, bool]:
    marks = sketch.marks
    if f"cuff_{side}_outer" in marks:
        start = (marks[f"cuff_{side}_outer"] + marks[f"cuff_{side}_inner"]) / 2
        root = (marks[f"shoulder_{side}"] + marks[f"armpit_{side}"]) / 2
    else:
        root = marks[f"shoulder_{side}"] * at(1, 0) + at(sign * 0.15, 0.1)
        start = root + at(sign * rng.uniform(0.1, 0.3), 0.6)
    way = (start - root) / max(1e-6, float(np.linalg.norm(start - root)))
    whole, done = rng.uniform(2.5, 3.1), float(np.linalg.norm(start - root))
    bent = way + np.array([-sign * rng.uniform(-0.1, 1.3) * (rng.random() < 0.4), 0])
    wrist = start + bent / float(np.linalg.norm(bent)) * max(0.25, whole - done)
    return Piece(_limb(root, start, wrist, rng.uniform(0.18, 0.26)), "skin"), bool(abs(wrist[0]) < 0.9)


def _limb(root: Points, elbow: Points, wrist: Points, thick: float) -> Points:
    across = np.array([wrist[1] - root[1], root[0] - wrist[0]])
    across = across / max(1e-6, float(np.linalg.norm(across)))
    hand = wrist + (wrist - elbow) / max(1e-6, float(np.linalg.norm(wrist - elbow))) * 0.35
    return np.array([root + across * thick, elbow + across * thick, wrist + across * thick * 0.6, hand + across * 0.1, hand - across * 0.1,
                     wrist - across * thick * 0.6, elbow - across * thick, root - across * thick])  # fmt: skip


def _lower(rng: Generator, marks: Mapping[str, Points], low: float) -> Piece:
    """Trousers or bare legs that go on below the hem."""
    left, right = marks["hem_left"], marks["hem_right"]
    wide, end = float(right[0] - left[0]) / 2 * rng.uniform(0.6, 1.05), low + rng.uniform(0.8, 3.5)
    middle = (left[0] + right[0]) / 2
    points = [at(middle - wide, low - 0.4), at(middle + wide, low - 0.4), at(middle + wide * 1.05, end), at(middle + 0.1, end), at(middle, low + 0.7),
              at(middle - 0.1, end), at(middle - wide * 1.05, end)]  # fmt: skip
    return Piece(np.array(points), "other" if rng.random() < 0.75 else "skin")


def _worn_bottom(rng: Generator, sketch: Sketch) -> Sketch:
    """A trunk above, in something else or bare, over the waistband at times; calves and shoes below."""
    marks, u = sketch.marks, rng.uniform
    tall, over = u(0.8, 2.4), u(-0.05, 0.35)
    trunk = Piece(
        np.array([at(-1.15, -tall), at(1.15, -tall), at(1.02, over), at(-1.02, over)]), "other" if rng.random() < 0.85 else "skin"
    )
    below = []
    for side, sign in (("left", -1.0), ("right", 1.0)):
        outer, inner = marks[f"hem_{side}"], marks.get(f"leg_{side}_inner", at(sign * 0.15, float(marks[f"hem_{side}"][1])))
        middle, end = (outer + inner) / 2, u(0.25, 2.0)
        below.append(
            Piece(
                np.array([middle + at(-0.25, -0.3), middle + at(0.25, -0.3), middle + at(0.2, end), middle + at(-0.2, end)]),
                "skin",
            )
        )
        below.append(
            Piece(
                np.array(
                    [
                        middle + at(-0.3, end - 0.1),
                        middle + at(0.3, end - 0.1),
                        middle + at(0.35, end + 0.3),
                        middle + at(-0.35, end + 0.3),
                    ]
                ),
                "other",
            )
        )
    arms = [
        Piece(_limb(at(sign * 1.35, -tall), at(sign * u(1.4, 1.8), -0.4), at(sign * u(1.1, 1.7), u(0.3, 1.3)), 0.17), "skin")
        for sign in (-1, 1)
        if rng.random() < 0.6
    ]
    if "crotch" not in marks:
        below = [each for each in below if each.role == "skin"]
    covers = rng.random() < 0.6
    if covers and over > 0:
        marks = {**marks, "waist_left": at(-1.03, over), "waist_right": at(1.03, over)}
    layers = (*sketch.pieces, trunk) if covers else (trunk, *sketch.pieces)
    return replace(sketch, pieces=(*below, *layers, *arms), marks=marks)
