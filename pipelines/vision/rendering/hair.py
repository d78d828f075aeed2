"""Simple hair for stylised figures: a few smooth masses with strands in their surface."""

from dataclasses import replace
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.figure import AT, Hair, Skeleton
from pipelines.vision.rendering.relief import Profile, Relief, Strip, View, carve, curve, rounded, smooth_path

_ENDS: dict[Hair, float] = {"crop": 0.926, "bob": 0.872, "bun": 0.926, "long": 0.775}
"""Height above the floor to which each style falls."""


def hair_relief(bones: Skeleton, view: View, size: Size) -> Relief:
    """The hair of the figure as a height field of its own, without the face's opening in it."""
    relief = carve(_masses(bones), view, size)
    relief = _parted(relief, bones, view)
    return replace(relief, height=relief.height + _strands(relief, view))


def _masses(bones: Skeleton) -> tuple[Strip, ...]:
    style = bones.figure.hair
    x, _, z = bones.head
    end = _ENDS[style]
    path = smooth_path(((x, 1.009, z), (x, (1.009 + end) / 2, z + 0.002), (x, end, z)))
    mass = Strip(Part.HAIR, path, _width(style), _width(style), _depth(style), np.full(len(AT), 0.006), 2.2)
    if style != "bun":
        return (mass,)
    knot = smooth_path(((x, 1.042, z - 0.02), (x, 1.022, z - 0.02), (x, 1.000, z - 0.02)))
    round_ = np.full(len(AT), 0.0215) * rounded(AT, 0.5, 0.5)
    return (Strip(Part.HAIR, knot, round_, round_, round_, np.full(len(AT), 0.003)), mass)


def _width(style: Hair) -> Profile:
    close = rounded(AT, start={"crop": 0.62, "bun": 0.62, "bob": 0.40, "long": 0.25}[style], end=0.08)
    if style in ("crop", "bun"):
        return close * curve((0, 0.5, 0.8, 1), (0.0462, 0.0462, 0.0450, 0.0425), AT)
    if style == "bob":
        return close * curve((0, 0.4, 0.7, 0.9, 1), (0.047, 0.048, 0.0505, 0.0520, 0.0490), AT)
    return close * curve((0, 0.3, 0.6, 0.85, 1), (0.047, 0.0485, 0.0540, 0.0560, 0.0480), AT)


def _depth(style: Hair) -> Profile:
    if style == "long":
        return curve((0, 0.25, 0.5, 0.7, 1), (0.040, 0.060, 0.062, 0.064, 0.060), AT)
    return curve((0, 0.4, 1), (0.040, 0.060, 0.058), AT)


def _parted(relief: Relief, bones: Skeleton, view: View) -> Relief:
    """Free the face: an egg-shaped opening whose upper end is the hairline."""
    x, chin, _ = bones.head
    rows, columns = relief.outline.shape
    side = 0.006 if bones.figure.hair in ("bob", "long") else 0.0
    wide = {"crop": 0.0395, "bun": 0.0385, "bob": 0.0355, "long": 0.0355}[bones.figure.hair]
    centre = view.point(x + side, chin + 0.038)
    dx = ((np.arange(columns) + 0.5 - centre.x) / (wide * view.scale))[None, :]
    up = (centre.y - np.arange(rows) - 0.5) / view.scale
    dy = np.where(up > 0, up / 0.060, up / 0.30)[:, None]
    inside = (1 - (np.abs(dx) ** 2.4 + np.abs(dy) ** 2.4) ** (1 / 2.4)) * wide * view.scale
    return replace(relief, outline=np.minimum(relief.outline, -inside).astype(np.float32))


def _strands(relief: Relief, view: View) -> Floats:
    """float32 (h, w): fine ridges along the fall of the hair, in pixels."""
    rng = np.random.default_rng(5)
    soft = cv2.GaussianBlur(rng.standard_normal((256, 512), dtype=np.float32), (0, 0), sigmaX=2.2, sigmaY=18)
    noise = cast(Floats, soft / np.float32(soft.std()))
    u = (relief.across * 0.5 + 0.5) * 300 + 60
    v = relief.along * 200 + 20
    ridges = cv2.remap(noise, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)
    return cast(Floats, (ridges * np.float32(0.0007 * view.scale)).astype(np.float32))
