"""Product pictures of rendered garments: laid flat or as on an invisible mannequin, with exact mattes and landmarks.

A garment is cut as a worn one is, for an average body with its arms held away, then pressed flat. CGI, and looks it.
"""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, linear, resized, srgb
from pipelines.sizes import Size
from pipelines.vision.garments.garment import Category, Garment, Sleeves
from pipelines.vision.people.body import Point
from pipelines.vision.rendering import figure as figures
from pipelines.vision.rendering.backdrop import Backdrop, grained
from pipelines.vision.rendering.figure import Figure, Side, Skeleton
from pipelines.vision.rendering.light import Light, Shading, Surface, lit, shaded
from pipelines.vision.rendering.relief import HEM_SAG, Profile, Relief, Strip, View
from pipelines.vision.rendering.textile import Swatch
from pipelines.vision.rendering.wear import CUTS, GarmentSpec, Kind, Opening, armhole, buttoned, neckline, panels_of, worn

CATEGORIES: dict[Kind, Category] = {
    "t-shirt": "top", "sweater": "top", "shirt": "top", "tank": "top", "jacket": "outerwear", "dress": "dress",
    "skirt": "bottom", "trousers": "bottom", "shorts": "bottom",
}  # fmt: skip
PRESSED = 0.40
"""What is left of a garment's depth when it lies flat."""
FLAT_LIGHT = Light(key=(-0.42, 0.62, 0.66), key_power=0.72, fill_power=0.12, ambient=0.36, rim_power=0.05)
MARGIN = 0.07
"""Free share of the picture around a garment."""
SIDES_OF_PICTURE: tuple[tuple[str, Side], ...] = (("left", "right"), ("right", "left"))
"""Side of the picture, and the wearer's side that is there."""


@dataclass(frozen=True, slots=True)
class RenderedGarment:
    """A product picture of (h, w) pixels."""

    rgb: Floats
    """float32 (h, w, 3), sRGB: on its backdrop, with its shadow."""
    alpha: Floats
    garment: Garment
    """Exact; its confidence is 1."""


def render_garment(
    spec: GarmentSpec,
    size: Size,
    rng: np.random.Generator,
    backdrop: Backdrop | None = None,
    shadow: float = 1.0,
    oversample: int = 2,
) -> RenderedGarment:
    """Lay the garment out on a studio table; landmarks and alpha come from its construction. `rng` makes the grain.

    `shadow` 1 is a garment on a table, 0 one that hangs free before a distant wall, as on an invisible mannequin.
    """
    bones = figures.skeleton(Figure("neutral", pose="spread"))
    fine = Size(size.width * oversample, size.height * oversample)
    view = _framed(spec, bones, fine)
    cloth = worn(spec, bones, view, fine)
    textile = buttoned(spec.textile, cloth)
    relief = _pressed(cloth.relief, textile, view)
    shading = shaded(relief.height, FLAT_LIGHT, view.scale)
    colour = lit(textile.albedo, shading, FLAT_LIGHT, Surface(sheen=0.08))
    back = _back(spec, bones, view, relief)
    alpha = resized(relief.coverage, size)
    solid = np.maximum(alpha, 1e-4)[..., None]
    own = resized(cast(Floats, colour * relief.coverage[..., None]), size) / solid
    lining = _lining(textile, relief, shading)
    inside = resized(back, size)
    table = _table(
        backdrop or Backdrop((0.925, 0.922, 0.915), 0.06), np.maximum(alpha, inside), size, view.scale / oversample, shadow
    )
    table = table + (lining - table) * inside[..., None]
    scene = table + (own - table) * alpha[..., None]
    landmarks = landmarks_of(spec, bones, view.zoomed(1 / oversample))
    garment = Garment(srgb(np.clip(own, 0, 1)), alpha, CATEGORIES[spec.kind], landmarks, sleeves_of(spec.kind), 1.0)
    return RenderedGarment(grained(srgb(np.clip(scene, 0, 1)), rng, 0.004), alpha, garment)


def sleeves_of(kind: Kind) -> Sleeves:
    """How long the sleeves of a kind of garment are."""
    return "none" if not CUTS[kind].sleeve else "long" if CUTS[kind].sleeve > 0.8 else "short"


def _framed(spec: GarmentSpec, bones: Skeleton, size: Size) -> View:
    """The camera in which the garment fills the picture up to its margin."""
    places = np.array([[each.axis[:, 0].min() - each.left.max(), each.axis[:, 0].max() + each.right.max(),
                        each.axis[:, 1].min(), each.axis[:, 1].max()] for each in panels_of(spec, bones)])  # fmt: skip
    left, right, low, high = places[:, 0].min(), places[:, 1].max(), places[:, 2].min(), places[:, 3].max() + 0.012
    scale = min(size.width * (1 - 2 * MARGIN) / (right - left), size.height * (1 - 2 * MARGIN) / (high - low))
    return View(scale, size.width / 2 - scale * (left + right) / 2, size.height / 2 + scale * (low + high) / 2)


def _pressed(relief: Relief, textile: Swatch, view: View) -> Relief:
    """The relief flattened, but with the folds and the yarn that it has."""
    inside = (relief.outline > -1).astype(np.float32)
    sigma = 0.022 * view.scale
    step = max(1, int(sigma / 4))
    small = Size(relief.height.shape[1] // step, relief.height.shape[0] // step)
    high = cv2.resize(relief.height * inside, (small.width, small.height), interpolation=cv2.INTER_AREA)
    weight = cv2.resize(inside, (small.width, small.height), interpolation=cv2.INTER_AREA)
    broad = cv2.GaussianBlur(high, (0, 0), sigma / step) / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma / step), 1e-3)
    spread = cv2.resize(broad, relief.height.shape[::-1], interpolation=cv2.INTER_LINEAR)
    flat = spread * PRESSED * 0.5 + (relief.height - spread) * 0.75 + textile.height * view.scale
    rim = 0.006 * view.scale * np.sqrt(np.clip(relief.outline / (0.010 * view.scale), 0, 1))
    return replace(relief, height=np.where(inside > 0, flat + rim, -0.02 * view.scale).astype(np.float32))


def _back(spec: GarmentSpec, bones: Skeleton, view: View, relief: Relief) -> Floats:
    """float32 (h, w): coverage of the inside of the back, seen through the neckline."""
    cut = spec.cut
    if not cut.neck_wide:
        return np.zeros_like(relief.outline)
    front = neckline(cut, bones)
    rows, columns = relief.outline.shape
    centre = view.point(front.x, front.y)
    dx = (np.arange(columns, dtype=np.float32) + 0.5 - centre.x)[None, :] / (front.wide * view.scale)
    dy = (np.arange(rows, dtype=np.float32) + 0.5 - centre.y)[:, None] / view.scale
    nape = 0.008 * (1 - dx * dx)
    inside = np.minimum((dy - nape) * view.scale, 1.5 - relief.outline)
    lower = (front.deep + 0.002 - dy) * view.scale
    beside = (1 - np.abs(dx)) * front.wide * view.scale
    depth = np.minimum(np.minimum(inside, lower), beside)
    return cast(Floats, np.clip(depth + 0.5, 0, 1).astype(np.float32))


def _lining(textile: Swatch, relief: Relief, shading: Shading) -> Floats:
    """Linear colour of the inside of the cloth, in shadow."""
    inside = relief.coverage > 0.5
    mean = (textile.albedo[inside] * shading.diffuse[inside][:, None]).mean(axis=0)
    return cast(Floats, np.float32(0.52) * mean.astype(np.float32))


def _table(backdrop: Backdrop, alpha: Floats, size: Size, unit: float, shadow: float) -> Floats:
    """The table under the garment, linear, with contact and cast shadow."""
    x = (np.arange(size.width, dtype=np.float32) / size.width - backdrop.glow_x)[None, :]
    y = (np.arange(size.height, dtype=np.float32) / size.height - 0.42)[:, None]
    paper = (1 + backdrop.glow * (0.5 - np.hypot(x, y) * 1.3))[..., None] * linear(np.array(backdrop.colour, np.float32))
    shift = np.array([[1, 0, 0.006 * unit], [0, 1, 0.011 * unit]], np.float32)
    moved = cv2.warpAffine(alpha, shift, (size.width, size.height))
    contact = cv2.GaussianBlur(moved, (0, 0), 0.005 * unit)
    cast_ = cv2.GaussianBlur(moved, (0, 0), 0.022 * unit)
    return cast(Floats, (paper * ((1 - 0.22 * shadow * contact) * (1 - 0.18 * shadow * cast_))[..., None]).astype(np.float32))


def landmarks_of(spec: GarmentSpec, bones: Skeleton, view: View) -> dict[str, Point]:
    """The landmarks that the garment's category has, from its construction."""
    places = _bottom(spec, bones) if CATEGORIES[spec.kind] == "bottom" else _top(spec, bones)
    return {name: view.point(float(x), float(y)) for name, (x, y) in places.items()}


Place = tuple[float, float]


def _top(spec: GarmentSpec, bones: Skeleton) -> dict[str, Place]:
    cut = spec.cut
    bodice, *sleeves = panels_of(spec, bones)
    hole = neckline(cut, bones)
    places: dict[str, Place] = {"collar_bottom": (hole.x, hole.y - hole.deep)}
    for name, side in SIDES_OF_PICTURE:
        sign = 1.0 if side == "left" else -1.0
        places[f"collar_{name}"] = (hole.x + sign * hole.wide, hole.y)
        places[f"waist_{name}"] = _edge_at(bodice, 0.645, sign)
        places[f"hem_{name}"] = _edge(bodice, len(bodice.axis) - 1, sign)
        if sleeves:
            sleeve = sleeves[0 if side == "left" else 1]
            places |= _sleeve(sleeve, bodice, name, sign, bones.shoulder(side)[:2])
        else:
            places |= _strap(armhole(bones, side), bodice, name, sign)
    return places


def _sleeve(sleeve: Strip, bodice: Strip, name: str, sign: float, joint: tuple[float, float]) -> dict[str, Place]:
    last = len(sleeve.axis) - 1
    reach = float((sleeve.right if sign > 0 else sleeve.left)[0])
    inner = [_edge(sleeve, index, -sign) for index in range(len(sleeve.axis))]
    free = [abs(x) > abs(_edge_at(bodice, y, sign)[0]) for x, y in inner]
    start = len(free) - free[::-1].index(False) if False in free else 0
    return {
        f"shoulder_{name}": (joint[0] + sign * reach * 0.766, joint[1] + reach * 0.643),
        f"armpit_{name}": inner[min(start, last)],
        f"cuff_{name}_outer": _edge(sleeve, last, sign),
        f"cuff_{name}_inner": _edge(sleeve, last, -sign),
    }


def _strap(hole: Opening, bodice: Strip, name: str, sign: float) -> dict[str, Place]:
    top = next((y for y in np.linspace(0.84, 0.76, 161) if abs(_edge_at(bodice, y, sign)[0]) > abs(hole.x) - hole.wide), hole.y)
    depths = np.linspace(hole.y, hole.y - hole.deep, 81)
    across = [hole.wide * float(np.sqrt(max(0.0, 1 - ((hole.y - y) / hole.deep) ** 2))) for y in depths]
    meet = next(
        (
            i
            for i, (y, half) in enumerate(zip(depths, across, strict=True))
            if abs(hole.x) + half < abs(_edge_at(bodice, y, sign)[0])
        ),
        len(depths) - 1,
    )
    return {
        f"shoulder_{name}": (sign * (abs(hole.x) - hole.wide), float(top)),
        f"armpit_{name}": _edge_at(bodice, float(depths[meet]), sign),
    }


def _bottom(spec: GarmentSpec, bones: Skeleton) -> dict[str, Place]:
    *legs, bodice = panels_of(spec, bones)
    places: dict[str, Place] = {}
    for name, side in SIDES_OF_PICTURE:
        sign = 1.0 if side == "left" else -1.0
        places[f"waist_{name}"] = _edge(bodice, 0, sign)
        panel = legs[0 if side == "left" else 1] if legs else bodice
        places[f"hem_{name}"] = _edge(panel, len(panel.axis) - 1, sign)
        if legs:
            places[f"leg_{name}_inner"] = _edge(panel, len(panel.axis) - 1, -sign)
    if legs:
        places["crotch"] = _crotch(legs[0], bodice)
    return places


def _crotch(leg: Strip, seat: Strip) -> Place:
    """Where the inner edge of a leg leaves the other's, below the seat."""
    inner = [_edge(leg, index, -1.0) for index in range(len(leg.axis))]
    end = float(seat.axis[-1, 1] - seat.left[-1])
    return (float(seat.axis[-1, 0]), next((y for x, y in inner if x > seat.axis[-1, 0] and y < end), end))


def _edge(strip: Strip, index: int, sign: float) -> Place:
    """The outline at an axis point, on the picture's right (+1) or left (-1) side."""
    if index == len(strip.axis) - 1 and strip.open_end:
        index = int(np.argmin(np.abs(_lengths(strip) - _lengths(strip)[-1] + HEM_SAG)))
    before, after = strip.axis[max(0, index - 1)], strip.axis[min(len(strip.axis) - 1, index + 1)]
    down = (after - before)[:2] / np.linalg.norm((after - before)[:2])
    out = float((strip.right if sign > 0 else strip.left)[index]) * sign
    return float(strip.axis[index, 0] - down[1] * out), float(strip.axis[index, 1] + down[0] * out)


def _lengths(strip: Strip) -> Profile:
    steps = np.linalg.norm(np.diff(strip.axis[:, :2], axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _edge_at(strip: Strip, height: float, sign: float) -> Place:
    """The outline of an upright strip at a height."""
    heights: Profile = strip.axis[:, 1]
    half = float(np.interp(-height, -heights, strip.right if sign > 0 else strip.left))
    return float(np.interp(-height, -heights, strip.axis[:, 0])) + sign * half, height
