"""Subjects to cut out in training: rendered figures and garments, drawn puppets in any pose, and things of any outline."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar, cast, get_args

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.draft.training.layers import OVERSAMPLING, Layer, any_colour, coloured, cropped
from pipelines.draft.training.lesson import HELD_OUT
from pipelines.images import Bytes, Floats
from pipelines.sizes import Size
from pipelines.vision.rendering.backdrop import Backdrop
from pipelines.vision.rendering.cloth import render_garment
from pipelines.vision.rendering.figure import MANNEQUIN_FINISHES, SKIN_FINISHES, Build, Figure, Framing, Hair, Pose, Sex
from pipelines.vision.rendering.light import Light
from pipelines.vision.rendering.render import render_body
from pipelines.vision.rendering.textile import Colour, Pattern, Textile
from pipelines.vision.rendering.wear import BOTTOMS, TOPS, GarmentSpec, Kind

Choice = TypeVar("Choice")
Points = NDArray[np.float64]
FIGURES, GARMENTS = 90, 50
"""Rendered subjects that are kept; each process renders them when they are first drawn."""
_SKIN = np.array([[0.95, 0.82, 0.75], [0.9, 0.74, 0.65], [0.8, 0.6, 0.48], [0.58, 0.4, 0.3], [0.36, 0.24, 0.18]], np.float32)


def subject(generator: Generator, seed: int) -> Layer:
    """Any subject, a few hundred pixels high, without empty margins. Seeds that are held out have figures of their own."""
    first = 10_000 if seed >= HELD_OUT else 0
    kind = generator.random()
    if kind < 0.3:
        return haired(figure(first + int(generator.integers(FIGURES))), generator)
    if kind < 0.45:
        return garment(first + int(generator.integers(GARMENTS)))
    return puppet(generator) if kind < 0.72 else thing(generator)


@cache
def figure(number: int) -> Layer:
    """A rendered figure in an outfit, as small as training needs it."""
    return figure_at(number, Size(288, 432))


def figure_at(number: int, size: Size) -> Layer:
    """A rendered figure in an outfit, from a picture of `size`."""
    generator = np.random.default_rng([7, number])
    finishes = SKIN_FINISHES if generator.random() < 0.8 else MANNEQUIN_FINISHES
    spec = Figure(
        _pick(generator, get_args(Sex)), _pick(generator, get_args(Build)), _pick(generator, get_args(Pose)),
        _pick(generator, finishes), _pick(generator, get_args(Hair)), _tone(generator), _tone(generator),
        _pick(generator, get_args(Framing)), float(generator.uniform(-1, 1)),
    )  # fmt: skip
    light = Light(warmth=float(generator.uniform(-0.5, 0.5)))
    outfit = _outfit(generator) if generator.random() < 0.95 else ()
    rendered = render_body(spec, size, generator, outfit, light, oversample=1)
    return cropped(Layer(rendered.rgb, rendered.alpha))


def _outfit(generator: Generator) -> tuple[GarmentSpec, ...]:
    if generator.random() < 0.2:
        return (_garment(generator, "dress"),)
    return _garment(generator, _pick(generator, BOTTOMS)), _garment(generator, _pick(generator, TOPS))


def _garment(generator: Generator, kind: Kind) -> GarmentSpec:
    pattern: Pattern = _pick(generator, get_args(Pattern)) if generator.random() < 0.6 else "plain"
    textile = Textile(_tone(generator), _tone(generator), pattern, float(generator.uniform(0.7, 1.6)))
    return GarmentSpec(kind, textile, float(generator.uniform(-0.003, 0.012)), int(generator.integers(1000)))


@cache
def garment(number: int) -> Layer:
    """A rendered garment, as small as training needs it."""
    return garment_at(number, Size(304, 360))


def garment_at(number: int, size: Size) -> Layer:
    """A rendered garment lying flat, the inside of its back included, from a picture of `size`."""
    generator = np.random.default_rng([8, number])
    spec = _garment(generator, _pick(generator, get_args(Kind)))
    shot = render_garment(spec, size, generator, Backdrop((1.0, 0.0, 1.0), glow=0.0), shadow=0.0, oversample=1)
    lining = cv2.GaussianBlur(((shot.rgb[..., 1] > 0.1) | (shot.rgb[..., 0] < 0.7)).astype(np.float32), (0, 0), 0.6)
    inside = np.where(shot.alpha < 0.5, lining, 0)
    own = np.where((shot.alpha > 0.5)[..., None], shot.garment.colour, shot.rgb)
    filled = np.where(((shot.alpha < 0.5) & (lining < 0.9))[..., None], shot.garment.colour, own)
    return cropped(Layer(filled.astype(np.float32), np.maximum(shot.alpha, inside).astype(np.float32)))


def haired(layer: Layer, generator: Generator) -> Layer:
    """The figure with strands of hair that stand off its head, at times."""
    if generator.random() < 0.4:
        return layer
    height = layer.alpha.shape[0]
    pad = round(0.04 * height)
    wide = Layer(np.pad(layer.colour, ((pad, 0), (pad, pad), (0, 0)), mode="edge"), np.pad(layer.alpha, ((pad, 0), (pad, pad))))
    top = np.flatnonzero((wide.alpha > 0.5)[: pad + height // 12].any(axis=0))
    if not len(top):
        return layer
    centre = np.array([top.mean(), pad + 0.05 * height])
    strands = _strands(generator, wide.alpha.shape, centre, 0.055 * height)
    rows = wide.colour[pad + 2 : pad + 6, top]
    tone = rows.reshape(-1, 3).mean(axis=0)
    return cropped(Layer(np.broadcast_to(tone, wide.colour.shape).astype(np.float32), strands).joined(wide))


def _strands(generator: Generator, shape: tuple[int, ...], centre: Points, radius: float) -> Floats:
    canvas = np.zeros((shape[0] * OVERSAMPLING, shape[1] * OVERSAMPLING), np.uint8)
    lower = generator.uniform(0.3, 1.1) * np.pi
    for _ in range(int(generator.integers(20, 160))):
        angle = -np.pi / 2 + generator.uniform(-lower, lower)
        root = centre + radius * 0.7 * np.array([np.cos(angle), np.sin(angle) * 1.1])
        reach = radius * generator.gamma(2, 0.3)
        tip = root + reach * np.array([np.cos(angle), np.sin(angle)]) + generator.normal(0, 0.3 * radius, 2)
        bow = generator.normal(0, 0.2 * radius, 2)
        bow[1] += generator.uniform(0, 0.4) * radius
        cv2.polylines(canvas, [_curve(root, tip, bow)], False, 255, 1, cv2.LINE_AA, 3)
    return _reduced(canvas) * np.float32(generator.uniform(0.5, 1))


def _curve(start: Points, end: Points, bow: Points) -> NDArray[np.int32]:
    """A quadratic curve as (10, 2) points of the oversampled canvas in eighths of its pixels."""
    t = np.linspace(0, 1, 10)[:, None]
    return cast(NDArray[np.int32], ((start * (1 - t) + end * t + bow * 4 * t * (1 - t)) * 8 * OVERSAMPLING).astype(np.int32))


def puppet(generator: Generator) -> Layer:
    """A drawn person of capsules: standing, sitting, walking, reaching, with or without hair, hat and bag."""
    size = Size(220, 300)
    skin = _SKIN[int(generator.integers(len(_SKIN)))] * np.float32(generator.uniform(0.9, 1.05))
    top, bottom = (any_colour(generator) for _ in range(2))
    hip, lean = np.array([110.0, 165.0]), generator.normal(0, 0.2)
    build = generator.uniform(0.8, 1.25)
    neck = hip + 78 * np.array([np.sin(lean), -np.cos(lean)])
    head = neck + 26 * np.array([np.sin(lean + generator.normal(0, 0.2)), -1.0])
    across = np.array([np.cos(lean), np.sin(lean)])
    arms = [_limb(generator, neck + side * 24 * build * across + (0, 6), side, (0.1, 1.2), (-2.4, 1.5), 44) for side in (-1, 1)]
    legs = [_limb(generator, hip + side * 11 * build * across, side, (0.05, 1.0), (-1.3, 0.5), 66) for side in (-1, 1)]
    layers = [_limb_layer(leg, size, generator, (13 * build, 9, 6), bottom, skin, 0.9) for leg in legs]
    torso = [
        neck + 7 * across,
        neck + 27 * build * across + (0, 7),
        neck * 0.45 + hip * 0.55 + 18 * build * across,
        hip + 23 * build * across,
    ]
    mirrored = [
        hip - 23 * build * across,
        neck * 0.45 + hip * 0.55 - 18 * build * across,
        neck - 27 * build * across + (0, 7),
        neck - 7 * across,
    ]
    layers.append(coloured(_filled([*torso, *mirrored], size, 2), generator, top))
    layers.insert(
        int(generator.integers(2)), _limb_layer(arms[0], size, generator, (9 * build, 7, 5), top, skin, generator.random())
    )
    layers.append(_limb_layer(arms[1], size, generator, (9 * build, 7, 5), top, skin, generator.random()))
    layers.append(coloured(_hull([neck, head], (6, 7), size), generator, skin * np.float32(0.92), bare=True))
    layers += _headed(generator, head, size, skin)
    whole = layers[0]
    for layer in layers[1:]:
        whole = whole.joined(layer)
    return cropped(whole)


def _limb(
    generator: Generator, root: Points, side: int, upper: tuple[float, float], bend: tuple[float, float], length: float
) -> Points:
    """Root, middle and end of an arm or a leg that spreads outwards and then bends."""
    first = side * generator.uniform(*upper) if generator.random() < 0.7 else generator.normal(0, 0.15)
    second = first + side * generator.uniform(*bend) if generator.random() < 0.6 else first + generator.normal(0, 0.15)
    middle = root + length * np.array([np.sin(first), np.cos(first)]) * generator.uniform(0.75, 1.05)
    return np.stack([root, middle, middle + length * np.array([np.sin(second), np.cos(second)]) * generator.uniform(0.7, 1)])


def _limb_layer(
    limb: Points,
    size: Size,
    generator: Generator,
    widths: tuple[float, float, float],
    sleeve: Floats,
    skin: Floats,
    covered: float,
) -> Layer:
    bare = np.maximum(_hull(limb[:2], widths[:2], size), _hull(limb[1:], widths[1:], size))
    hand = _hull(np.stack([limb[2], limb[2] + 0.2 * (limb[2] - limb[1])]), (widths[2] + 1, 3), size)
    whole = coloured(np.maximum(bare, hand), generator, skin, bare=True)
    end = limb[0] + (limb[1] - limb[0]) * min(1, 2 * covered)
    cover = _hull(np.stack([limb[0], end]), (widths[0] + 3, widths[1] + 3), size)
    if covered > 0.5:
        lower = limb[1] + (limb[2] - limb[1]) * (2 * covered - 1)
        cover = np.maximum(cover, _hull(np.stack([limb[1], lower]), (widths[1] + 3, widths[2] + generator.uniform(1, 6)), size))
    return whole.joined(coloured(cover, generator, sleeve))


def _headed(generator: Generator, head: Points, size: Size, skin: Floats) -> list[Layer]:
    """A face, hair around it and a hat, as it comes."""
    tone = (generator.uniform(0.03, 0.5) * np.array([1, 0.8, 0.6])).astype(np.float32)
    face = coloured(_ellipse(head, (12, 15), size), generator, skin, bare=True)
    crown = _ellipse(head - (0, 4), (14, 15), size)
    loose = _strands(generator, (size.height, size.width), head, 16) if generator.random() < 0.7 else crown
    behind = [coloured(np.maximum(crown, loose), generator, tone)]
    if generator.random() < 0.4:
        length = float(generator.uniform(15, 60))
        end = head + np.array([generator.normal(0, 4), length])
        behind.append(coloured(_hull(np.stack([head, end]), (15, 14), size), generator, tone))
    front = [coloured(_ellipse(head - (0, 11), (13, 6), size), generator, tone)]
    if generator.random() < 0.2:
        felt = any_colour(generator)
        brim = np.maximum(
            _ellipse(head - (0, 10), (26, 5), size), _hull(np.stack([head - (0, 12), head - (0, 20)]), (13, 10), size)
        )
        front.append(coloured(brim, generator, felt))
    return [*behind, face, *front]


def thing(generator: Generator) -> Layer:
    """A product of any outline: symmetrical or not, with holes, handles, straps or fringes."""
    size = Size(240, 240)
    draw: Callable[[Generator, Size], Floats] = _pick(generator, (_turned, _turned, _blob, _bag, _frames, _straps))
    mask = draw(generator, size)
    for _ in range(int(generator.choice([0, 0, 0, 1, 2]))):
        spot, axes = generator.uniform(80, 160, 2), generator.uniform(5, 28, 2)
        mask = mask * (1 - _ellipse(spot, (float(axes[0]), float(axes[1])), size))
    if generator.random() < 0.15:
        mask = np.maximum(mask, _fringe(generator, mask))
    layer = coloured(mask.astype(np.float32), generator)
    if generator.random() < 0.4:
        label = _blob(generator, size) * mask
        layer = layer.joined(Layer(coloured(label, generator).colour, label))
    return cropped(layer)


def _turned(generator: Generator, size: Size) -> Floats:
    """Mirror-symmetrical: bottles, vases, lamps, dresses, shirts."""
    count = int(generator.integers(4, 9))
    heights, widths = np.linspace(20, 220, count), generator.gamma(2.5, 16, count).clip(3, 105)
    right = [np.array([120 + w, y]) for w, y in zip(widths, heights, strict=True)]
    left = [np.array([120 - w * generator.uniform(0.9, 1.1), y]) for w, y in zip(widths[::-1], heights[::-1], strict=True)]
    return _filled([*right, *left], size, int(generator.integers(0, 3)))


def _blob(generator: Generator, size: Size) -> Floats:
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = generator.uniform(40, 80) * (
        1 + sum(generator.normal(0, 0.25 / k) * np.cos(k * angles + generator.uniform(0, 6)) for k in range(2, 8))
    )
    stretch = generator.uniform(0.6, 1.4)
    return _filled(
        [np.array([120 + r * np.cos(a) * stretch, 120 + r * np.sin(a)]) for r, a in zip(np.asarray(radius), angles, strict=True)],
        size,
        1,
    )


def _bag(generator: Generator, size: Size) -> Floats:
    wide, low, top = generator.uniform(40, 90), generator.uniform(30, 85), generator.uniform(90, 150)
    body = [np.array(each) for each in ((120 - wide, top), (120 + wide, top), (120 + wide * generator.uniform(0.7, 1.15), top + low),
                                        (120 - wide * generator.uniform(0.7, 1.15), top + low))]  # fmt: skip
    canvas = _canvas(size)
    reach = generator.uniform(0.3, 0.9) * wide
    handle = _smooth(np.array([(120 - reach, top + 30), (120 - reach * 0.8, top - generator.uniform(30, 75)),
                               (120 + reach * 0.8, top - generator.uniform(30, 75)), (120 + reach, top + 30)]), 3, closed=False)  # fmt: skip
    cv2.polylines(canvas, [_fixed(handle)], False, 255, int(generator.integers(2, 16)), cv2.LINE_AA, 3)
    return np.maximum(_reduced(canvas), _filled(body, size, int(generator.integers(0, 3))))


def _frames(generator: Generator, size: Size) -> Floats:
    """Rings: glasses, belts, jewellery."""
    canvas = _canvas(size)
    for _ in range(int(generator.integers(1, 4))):
        spot, axes = generator.uniform(70, 170, 2), generator.uniform(15, 55, 2)
        centre = [int(each) for each in spot * OVERSAMPLING]
        sizes = [int(each) for each in axes * OVERSAMPLING]
        cv2.ellipse(
            canvas, centre, sizes, float(generator.uniform(0, 180)), 0, 360, 255, int(generator.integers(4, 26)), cv2.LINE_AA
        )
        cv2.line(
            canvas,
            centre,
            [int(each) for each in generator.uniform(140, 340, 2)],
            255,
            int(generator.integers(3, 14)),
            cv2.LINE_AA,
        )
    return _reduced(canvas)


def _straps(generator: Generator, size: Size) -> Floats:
    """A body on thin straps: sandals, tops, suspenders."""
    canvas = _canvas(size)
    for _ in range(int(generator.integers(2, 7))):
        loop = _smooth(generator.uniform(40, 200, (int(generator.integers(3, 5)), 2)), 3, closed=False)
        cv2.polylines(canvas, [_fixed(loop)], False, 255, int(generator.integers(2, 9)), cv2.LINE_AA, 3)
    return np.maximum(_reduced(canvas), _blob(generator, size) if generator.random() < 0.7 else _turned(generator, size))


def _fringe(generator: Generator, mask: Floats) -> Floats:
    """Strands that hang from the lower edge of a mask."""
    canvas = _canvas(Size(mask.shape[1], mask.shape[0]))
    length = generator.uniform(6, 30)
    for x in np.flatnonzero((mask > 0.5).any(axis=0))[:: int(generator.integers(1, 4))]:
        y = np.flatnonzero(mask[:, x] > 0.5)[-1]
        start = np.array([float(x), float(y) - 2])
        end = start + np.array([generator.normal(0, 2), length * generator.uniform(0.6, 1.1)])
        cv2.polylines(canvas, [_curve(start, end, generator.normal(0, 1.5, 2))], False, 255, 1, cv2.LINE_AA, 3)
    return _reduced(canvas)


def _canvas(size: Size) -> Bytes:
    return np.zeros((size.height * OVERSAMPLING, size.width * OVERSAMPLING), np.uint8)


def _reduced(canvas: Bytes) -> Floats:
    size = (canvas.shape[1] // OVERSAMPLING, canvas.shape[0] // OVERSAMPLING)
    return cast(Floats, cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255))


def _fixed(points: Points) -> NDArray[np.int32]:
    return cast(NDArray[np.int32], (points * 8 * OVERSAMPLING).astype(np.int32))


def _smooth(points: Points, rounds: int, closed: bool = True) -> Points:
    """Chaikin's corner cutting."""
    for _ in range(rounds):
        ahead = np.roll(points, -1, axis=0) if closed else points[1:]
        here = points if closed else points[:-1]
        points = np.stack([0.75 * here + 0.25 * ahead, 0.25 * here + 0.75 * ahead], axis=1).reshape(-1, 2)
    return points


def _filled(corners: list[Points], size: Size, rounds: int) -> Floats:
    canvas = _canvas(size)
    cv2.fillPoly(canvas, [_fixed(_smooth(np.array(corners), rounds))], 255, cv2.LINE_AA, 3)
    return _reduced(canvas)


def _hull(ends: Points | list[Points], widths: tuple[float, ...], size: Size) -> Floats:
    """A capsule from end to end, of half widths that may differ."""
    turns = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    points = np.concatenate([end + ring * width for end, width in zip(ends, widths, strict=True)])
    canvas = _canvas(size)
    cv2.fillConvexPoly(canvas, cv2.convexHull(_fixed(points)), 255, cv2.LINE_AA, 3)
    return _reduced(canvas)


def _ellipse(centre: Points, axes: tuple[float, float], size: Size) -> Floats:
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return _filled(list(centre + np.stack([np.cos(turns) * axes[0], np.sin(turns) * axes[1]], axis=1)), size, 0)


def _tone(generator: Generator) -> Colour:
    red, green, blue = any_colour(generator)
    return float(red), float(green), float(blue)


def _pick(generator: Generator, choices: tuple[Choice, ...]) -> Choice:
    return choices[int(generator.integers(len(choices)))]
