"""The renderer's own garments as cut-outs, flat and worn, with the landmarks of their construction."""

from collections.abc import Mapping, Sequence
from typing import get_args

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.draft.training.garment_cuts import Points, Sketch, at
from pipelines.draft.training.garment_paint import CANVAS, Sample, sampled
from pipelines.images import Floats, Mask
from pipelines.sizes import Size
from pipelines.vision.people.body import Part, Point
from pipelines.vision.rendering import figure as figures
from pipelines.vision.rendering.cloth import CATEGORIES, SIDES_OF_PICTURE, landmarks_of, render_garment, sleeves_of
from pipelines.vision.rendering.figure import SKIN_FINISHES, Build, Figure, Pose
from pipelines.vision.rendering.render import render_body
from pipelines.vision.rendering.textile import Colour, Pattern, Textile
from pipelines.vision.rendering.wear import BOTTOMS, TOPS, GarmentSpec, Kind

WORN_SIDE = 288
"""Height in pixels of a figure, of which a garment is a part."""
_PARTS = {"top": Part.UPPER, "outerwear": Part.UPPER, "bottom": Part.LOWER, "dress": Part.DRESS}


def rendered(rng: Generator) -> Sequence[Sample]:
    """A few flat garments, and one figure with what it wears."""
    kinds: tuple[Kind, ...] = get_args(Kind)
    flat = [_flat(GarmentSpec(kinds[int(rng.integers(len(kinds)))], _textile(rng), float(rng.uniform(-0.004, 0.014)), int(rng.integers(10_000))), rng)
            for _ in range(4)]  # fmt: skip
    return [*flat, *_worn(rng)]


def _flat(spec: GarmentSpec, rng: Generator) -> Sample:
    made = render_garment(spec, Size(CANVAS, CANVAS), rng, oversample=1)
    alpha = made.alpha
    if rng.random() < 0.7:
        alpha = _with_inside(made.rgb, alpha)
    sketch = Sketch(CATEGORIES[spec.kind], (), marks=_marks(made.garment.landmarks), sleeves=sleeves_of(spec.kind), shot="ghost")
    return sampled(made.rgb, alpha, sketch)


def _with_inside(rgb: Floats, alpha: Floats) -> Floats:
    """With the inside of the back that shows through the neckline, as a matte has it."""
    solid = (alpha > 0.5).astype(np.uint8)
    hull = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (31, 31)))
    dark = (rgb.mean(axis=2) < 0.6) & (hull > 0)
    upper = np.arange(alpha.shape[0])[:, None] < np.flatnonzero(solid.any(axis=1))[0] + 0.25 * alpha.shape[0]
    return np.asarray(np.maximum(alpha, (dark & upper).astype(np.float32)), dtype=np.float32)


def _worn(rng: Generator) -> list[Sample]:
    builds, poses = get_args(Build), get_args(Pose)
    spec = Figure(("woman", "man", "neutral")[int(rng.integers(3))], builds[int(rng.integers(len(builds)))], poses[int(rng.integers(len(poses)))],
                  SKIN_FINISHES[int(rng.integers(len(SKIN_FINISHES)))], sway=float(rng.uniform(-1, 1)))  # fmt: skip
    lower = GarmentSpec(BOTTOMS[int(rng.integers(len(BOTTOMS)))], _textile(rng), seed=int(rng.integers(10_000)))
    upper = GarmentSpec(
        TOPS[int(rng.integers(len(TOPS)))], _textile(rng), float(rng.uniform(-0.003, 0.01)), int(rng.integers(10_000))
    )
    outfit = (GarmentSpec("dress", _textile(rng)),) if rng.random() < 0.2 else (lower, upper)
    shot = render_body(spec, Size(WORN_SIDE * 2 // 3, WORN_SIDE), rng, outfit, oversample=1)
    bones = figures.skeleton(spec)
    made = []
    for garment in outfit:
        mask = shot.body.parts == _PARTS[CATEGORIES[garment.kind]]
        if mask.sum() > 400:
            places = landmarks_of(garment, bones, shot.view)
            # The pattern's armpits lie where the sleeves come free of the sides, far down where arms hang.
            places |= {
                f"armpit_{name}": shot.body.joints[f"{own}_armpit"] for name, own in SIDES_OF_PICTURE if "armpit_left" in places
            }
            places |= _seen_waist(mask) if CATEGORIES[garment.kind] == "bottom" else {}
            made.append(_cropped(shot.rgb, mask, _marks(places), garment, shot.alpha if rng.random() < 0.25 else None))
    return made


def _seen_waist(mask: Mask) -> dict[str, Point]:
    """The upper corners of what is seen of trousers or a skirt below a top."""
    row = int(np.flatnonzero(mask.sum(axis=1) > 0.5 * mask.sum(axis=1).max())[0]) + 1
    columns = np.flatnonzero(mask[row])
    return {"waist_left": Point(columns[0] + 0.5, row), "waist_right": Point(columns[-1] + 0.5, row)}


def _cropped(rgb: Floats, mask: Mask, marks: Mapping[str, Points], spec: GarmentSpec, whole: Floats | None) -> Sample:
    """The garment's part of a picture, enlarged to the canvas; with `whole`, the figure around it stays."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    side = 1.1 * max(np.ptp(rows), np.ptp(columns))
    scale = CANVAS / side
    middle = at((columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2)
    shift = (CANVAS - 1) / 2 - scale * middle
    frame = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    cover = mask.astype(np.float32) if whole is None else whole
    pictures = [
        cv2.warpAffine(np.asarray(each, np.float32), frame, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR) for each in (rgb, cover)
    ]
    moved = {name: place * scale + shift for name, place in marks.items()}
    category = CATEGORIES[spec.kind]
    sketch = Sketch(category, (), marks=moved, sleeves=sleeves_of(spec.kind), shot="worn")
    return sampled(pictures[0].astype(np.float32), pictures[1].astype(np.float32), sketch)


def _marks(landmarks: Mapping[str, Point]) -> dict[str, Points]:
    """Landmarks with whole numbers at pixel centres, and the middle of the back's edge."""
    places = {name: at(place.x - 0.5, place.y - 0.5) for name, place in landmarks.items()}
    if "collar_left" in places:
        places["collar_back"] = (places["collar_left"] + places["collar_right"]) / 2
    return places


def _textile(rng: Generator) -> Textile:
    patterns: tuple[Pattern, ...] = get_args(Pattern)
    pattern: Pattern = patterns[int(rng.integers(len(patterns)))] if rng.random() < 0.6 else "plain"
    return Textile(_colour(rng), _colour(rng), pattern, float(rng.uniform(0.7, 2.0)), int(rng.integers(1000)))


def _colour(rng: Generator) -> Colour:
    red, green, blue = np.clip(rng.uniform(0.05, 0.95) + rng.normal(0, 0.15, 3), 0.02, 0.98)
    return float(red), float(green), float(blue)
