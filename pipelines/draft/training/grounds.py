"""What stands behind subjects in training: paper, sweeps, plaster, wood, rooms, streets, leaves; and what subjects cast on it."""

from collections.abc import Callable
from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.draft.procedural import fractal_noise, procedural_picture
from pipelines.draft.training.layers import any_colour, smooth_noise
from pipelines.draft.training.lesson import HELD_OUT
from pipelines.images import Floats, blurred, srgb
from pipelines.sizes import Size
from pipelines.vision.rendering.sets import arch, daylight, terrace
from pipelines.vision.rendering.surfaces import MATERIALS, Material, surface

PICTURES, SURFACES = 60, 40
"""Drawn pictures and surfaces that are kept, to be cut and turned."""
_BUSY = ("collage", "room", "street", "leaves", "place")


def ground(generator: Generator, size: Size, seed: int) -> Floats:
    """float32 (h, w, 3): a background, more often than not a busy one."""
    first = 10_000 if seed >= HELD_OUT else 0
    kind = generator.choice(("plain", "sweep", "surface", *_BUSY), p=(0.2, 0.12, 0.14, 0.13, 0.17, 0.11, 0.07, 0.06))
    return KINDS[str(kind)](generator, size, first)


def plain(generator: Generator, size: Size, first: int) -> Floats:
    """Paper: white, grey or coloured, evenly lit or not."""
    pale = generator.random() < 0.6
    base = 1 - generator.exponential(0.05) + generator.normal(0, 0.012, 3) if pale else any_colour(generator)
    if generator.random() < 0.25:
        base = np.ones(3)
    return _lit(np.clip(base, 0, 1).astype(np.float32), generator, size)


def _lit(base: Floats, generator: Generator, size: Size) -> Floats:
    y, x = np.mgrid[-1 : 1 : size.height * 1j, -1 : 1 : size.width * 1j].astype(np.float32)
    depth = generator.choice([0, 0.03, 0.12, 0.3])
    dx, dy, dxx, dyy = generator.normal(0, 1, 4) * depth
    light = 1 + dx * x * 0.5 + dy * y * 0.5 - abs(dxx) * x * x * 0.4 - abs(dyy) * y * y * 0.4
    clouds = smooth_noise(generator, size, int(generator.integers(3, 9))) * np.float32(generator.exponential(0.008))
    return np.asarray(np.clip(base * (light + clouds)[..., None], 0, 1), dtype=np.float32)


def sweep(generator: Generator, size: Size, first: int) -> Floats:
    """A wall over a floor or a table, with a soft, a hard or no visible bend."""
    wall, floor = plain(generator, size, first), plain(generator, size, first)
    if generator.random() < 0.6:
        floor = np.clip(wall * (1 + generator.normal(0, 0.1)), 0, 1).astype(np.float32)
    rows = np.arange(size.height, dtype=np.float32)[:, None]
    tilt = np.arange(size.width, dtype=np.float32)[None] * np.float32(generator.normal(0, 0.03))
    edge = generator.uniform(0.5, 0.95) * size.height
    soft = generator.choice([0.7, 4.0, 20.0])
    below = 1 / (1 + np.exp(np.clip(-(rows + tilt - edge) / soft, -30, 30)))
    return cast(Floats, (wall + (floor - wall) * below[..., None]).astype(np.float32))


def textured(generator: Generator, size: Size, first: int) -> Floats:
    """Plaster, wood, linen, concrete or marble in any tone, or noise of some slope."""
    if generator.random() < 0.3:
        noise = fractal_noise(generator, size.height, size.width, generator.uniform(0.3, 1.8))
        base = _lit(any_colour(generator), generator, size)
        return np.clip(base * (1 + noise * generator.uniform(0.01, 0.09))[..., None], 0, 1).astype(np.float32)
    picture = _cut(_surface(first + int(generator.integers(SURFACES))), generator, size)
    lit = picture * _lit(np.ones(3, np.float32), generator, size) * generator.uniform(0.6, 1.1)
    return np.asarray(np.clip(lit, 0, 1), dtype=np.float32)


@cache
def _surface(number: int) -> Floats:
    generator = np.random.default_rng([9, number])
    materials: tuple[Material, ...] = tuple(name for name in MATERIALS if name != "plain")
    red, green, blue = np.clip(any_colour(generator), 0.15, 1)
    own = None if generator.random() < 0.6 else (float(red), float(green), float(blue))
    return surface(materials[int(generator.integers(len(materials)))], Size(512, 512), generator, own)


@cache
def _picture(number: int) -> Floats:
    return procedural_picture(np.random.default_rng([10, number]), 384)


def _cut(picture: Floats, generator: Generator, size: Size) -> Floats:
    """A window of a picture, turned, enlarged and mirrored by chance."""
    side = picture.shape[0]
    most = side / max(size.width, size.height)
    scale, turn = generator.uniform(0.5, 0.75) * most, generator.normal(0, 0.15) + generator.choice([0, np.pi / 2])
    across = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = np.column_stack([across, side / 2 - across @ (size.width / 2, size.height / 2) + generator.normal(0, side / 16, 2)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cast(
        Floats, cv2.warpAffine(picture, matrix, (size.width, size.height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    )


def collage(generator: Generator, size: Size, first: int) -> Floats:
    """A drawn picture of anything."""
    return _focused(_cut(_picture(first + int(generator.integers(PICTURES))), generator, size), generator)


def room(generator: Generator, size: Size, first: int) -> Floats:
    """A wall and a floor with frames, doors, furniture, poles and boards."""
    canvas = np.ascontiguousarray(sweep(generator, size, first))
    if generator.random() < 0.5:
        canvas = canvas + (textured(generator, size, first) - canvas) * np.float32(generator.uniform(0.2, 1))
    for _ in range(int(generator.integers(3, 16))):
        _furnish(canvas, generator, size)
    return _focused(np.clip(canvas, 0, 1).astype(np.float32), generator)


def _furnish(canvas: Floats, generator: Generator, size: Size) -> None:
    """One rectangle, bar or frame, upright and nearly straight, shaded or textured, with a shadow at times."""
    spot = generator.uniform(0, 1, 2) * (size.width, size.height)
    extent = generator.gamma(1.2, 0.16, 2) * (size.width, size.height)
    if generator.random() < 0.35:
        extent[int(generator.integers(2))] = generator.uniform(1, 7)
        extent[int(np.argmax(extent))] *= 4
    turn = generator.normal(0, 0.06) if generator.random() < 0.8 else generator.uniform(0, np.pi)
    points = cv2.boxPoints(((float(spot[0]), float(spot[1])), (float(extent[0]), float(extent[1])), float(np.degrees(turn))))
    mask = np.zeros((size.height, size.width), np.uint8)
    hollow = generator.random() < 0.2
    if hollow:
        cv2.polylines(mask, [(points * 8).astype(np.int32)], True, 255, int(generator.integers(1, 6)), cv2.LINE_AA, 3)
    else:
        cv2.fillConvexPoly(mask, (points * 8).astype(np.int32), 255, cv2.LINE_AA, 3)
    cover = (mask / np.float32(255))[..., None]
    if generator.random() < 0.4:
        canvas *= 1 - 0.4 * cv2.GaussianBlur(np.roll(cover[..., 0], (3, 3), (0, 1)), (0, 0), 3.0)[..., None]
    paint = _lit(any_colour(generator), generator, size)
    canvas += (paint - canvas) * cover


def street(generator: Generator, size: Size, first: int) -> Floats:
    """Many soft boxes and lights out of focus."""
    canvas = np.ascontiguousarray(_lit(any_colour(generator), generator, size))
    for _ in range(int(generator.integers(20, 80))):
        x, y = int(generator.integers(-size.width // 8, size.width)), int(generator.integers(-size.height // 8, size.height))
        tone = any_colour(generator).tolist()
        if generator.random() < 0.8:
            corner = (x + int(generator.integers(4, size.width // 3)), y + int(generator.integers(4, size.height // 2)))
            cv2.rectangle(canvas, (x, y), corner, tone, -1)
        else:
            cv2.circle(canvas, (x, y), int(generator.integers(2, 14)), tone, -1, cv2.LINE_AA)
    return cast(Floats, cv2.GaussianBlur(canvas, (0, 0), float(generator.gamma(2, 1.5)) + 0.5))


def leaves(generator: Generator, size: Size, first: int) -> Floats:
    """Foliage, stones or water: two or three tones where noise crosses levels."""
    canvas = _lit(any_colour(generator), generator, size)
    for _ in range(3):
        noise = fractal_noise(generator, size.height, size.width, generator.uniform(0.8, 1.7))
        cover = np.clip((noise - generator.normal(0, 0.7)) * generator.uniform(1, 8), 0, 1)[..., None]
        canvas = canvas + (_lit(any_colour(generator), generator, size) - canvas) * cover
    return _focused(canvas.astype(np.float32), generator)


def place(generator: Generator, size: Size, first: int) -> Floats:
    """A rendered set or its mirror image, closer or farther."""
    view = _set(int(generator.integers(3)))[:, :: int(generator.choice([-1, 1]))]
    zoom = generator.uniform(0.6, 1)
    height, width = (int(each * zoom) for each in view.shape[:2])
    top, left = (int(generator.integers(each + 1)) for each in (view.shape[0] - height, view.shape[1] - width))
    window = view[top : top + height, left : left + width]
    scene = cv2.resize(window, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return _focused(np.clip(scene * np.clip(generator.normal(1, 0.15, 3), 0.6, 1.4), 0, 1).astype(np.float32), generator)


@cache
def _set(number: int) -> Floats:
    return srgb(np.clip((daylight, arch, terrace)[number](Size(384, 512)), 0, 1))


def _focused(picture: Floats, generator: Generator) -> Floats:
    """Out of focus, half of the time."""
    return blurred(picture, float(generator.gamma(1.5, 1.6))) if generator.random() < 0.5 else picture


KINDS: dict[str, Callable[[Generator, Size, int], Floats]] = {
    "plain": plain, "sweep": sweep, "surface": textured, "collage": collage, "room": room, "street": street, "leaves": leaves,
    "place": place,
}  # fmt: skip


def shadowed(behind: Floats, alpha: Floats, generator: Generator) -> Floats:
    """The background in the shadows of what stands before it: on the wall, on the floor, in contact."""
    light = np.ones(alpha.shape, np.float32)
    height = alpha.shape[0]
    if generator.random() < 0.55:
        shift = np.array(
            [[1, 0, generator.normal(0, 0.035) * height], [0, 1, generator.normal(0.01, 0.025) * height]], np.float32
        )
        moved = cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0]))
        light *= 1 - blurred(cast(Floats, moved), float(generator.gamma(1.5, 0.015)) * height) * np.float32(
            generator.uniform(0.05, 0.6)
        )
    foot = np.flatnonzero((alpha > 0.5).any(axis=1))
    if len(foot) and generator.random() < 0.5:
        light *= _lying(alpha, float(foot[-1]), generator)
    tint = 1 - (1 - light[..., None]) * np.clip(generator.normal(1, 0.06, 3), 0.7, 1.2).astype(np.float32)
    shaded = behind * tint
    return np.asarray(np.clip(shaded, 0, 1), dtype=np.float32)


def _lying(alpha: Floats, floor: float, generator: Generator) -> Floats:
    """Light left on a floor: the silhouette laid down, sharp at the feet, and a dark pool under them."""
    lean, depth = generator.normal(0, 0.6), generator.uniform(0.03, 0.35) * generator.choice([1, 1, -1])
    matrix = np.array([[1, -lean, lean * floor], [0, depth, floor * (1 - depth)]], np.float32)
    laid = cv2.warpAffine(alpha, matrix, (alpha.shape[1], alpha.shape[0]), flags=cv2.INTER_LINEAR)
    near, far = (blurred(cast(Floats, laid), sigma * alpha.shape[0]) for sigma in (0.006, generator.uniform(0.01, 0.04)))
    pool = alpha.copy()
    pool[: max(0, int(floor - 0.04 * alpha.shape[0]))] = 0
    press = cv2.GaussianBlur(pool, (0, 0), sigmaX=0.02 * alpha.shape[0], sigmaY=0.008 * alpha.shape[0])
    strength = generator.uniform(0.05, 0.5, 3)
    return cast(Floats, ((1 - strength[0] * near) * (1 - strength[1] * far) * (1 - strength[2] * press)).astype(np.float32))


def reflected(behind: Floats, colour: Floats, alpha: Floats, generator: Generator) -> Floats:
    """The background with the subject mirrored in a glossy floor."""
    foot = np.flatnonzero((alpha > 0.5).any(axis=1))
    if not len(foot):
        return behind
    rows = np.clip(2 * foot[-1] - np.arange(len(alpha)), 0, len(alpha) - 1)
    below = (np.arange(len(alpha)) > foot[-1]).astype(np.float32)
    fade = (
        np.exp(-np.clip(np.arange(len(alpha)) - foot[-1], 0, None) / (0.2 * len(alpha))) * below * generator.uniform(0.05, 0.35)
    )
    cover = (alpha[rows] * fade[:, None])[..., None]
    return cast(Floats, (behind + (colour[rows] - behind) * cover).astype(np.float32))
