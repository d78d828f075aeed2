"""Store mannequins and stylised figures in a studio: pictures with exact mattes, part labels, joints and normals.

Everything here is CGI and looks it: no face, no real cloth. Equal arguments give equal pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, linear, resized, srgb
from pipelines.sizes import Size
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.rendering import figure as figures
from pipelines.vision.rendering.backdrop import Backdrop, floor_shadow, grained, sweep
from pipelines.vision.rendering.figure import SIDES, Figure, Finish, Skeleton
from pipelines.vision.rendering.hair import hair_relief
from pipelines.vision.rendering.light import Light, Shading, Surface, lit, shaded
from pipelines.vision.rendering.relief import Relief, View, carve, melted, modelled
from pipelines.vision.rendering.wear import BOTTOMS, LEFT_SLEEVE, RIGHT_SLEEVE, GarmentSpec, buttoned, worn

CLOTH = Surface(sheen=0.10)
HAIR = Surface(gloss=0.05, sheen=0.25)
SUPERSAMPLING = 2
"""Rows and columns of the render for one of the picture, where no other effort is asked for."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A figure of (h, w) pixels without its background, and everything that is known about it."""

    rgb: Floats
    """float32 (h, w, 3), sRGB: the figure's own colour, also just outside its outline."""
    alpha: Floats
    body: Body
    """Exact; its confidence is 1."""
    normals: Floats
    """float32 (h, w, 3), unit length: x to the right, y up, z towards the viewer; (0, 0, 1) outside."""
    shade: Floats
    """float32 (h, w): linear light on the surface; about 1 where white cloth faces the key light."""
    height: Floats
    """float32 (h, w): how far the surface comes towards the viewer, in pixels; far below zero outside."""
    view: View


@dataclass(frozen=True, slots=True)
class _Material:
    """sRGB colour and surface of a finish."""

    colour: tuple[float, float, float]
    surface: Surface


_SKIN_BLEED = (0.055, 0.016, 0.008)
_MATERIALS: dict[Finish, _Material] = {
    "white": _Material((0.925, 0.922, 0.915), Surface(gloss=0.15)),
    "grey": _Material((0.56, 0.56, 0.565), Surface(gloss=0.13)),
    "black": _Material((0.125, 0.125, 0.13), Surface(gloss=0.17)),
    "fair": _Material((0.955, 0.825, 0.755), Surface(0.035, 0.10, _SKIN_BLEED)),
    "light": _Material((0.910, 0.745, 0.650), Surface(0.035, 0.10, _SKIN_BLEED)),
    "tan": _Material((0.805, 0.605, 0.480), Surface(0.040, 0.10, _SKIN_BLEED)),
    "brown": _Material((0.590, 0.405, 0.300), Surface(0.045, 0.12, (0.040, 0.012, 0.006))),
    "dark": _Material((0.385, 0.255, 0.195), Surface(0.050, 0.14, (0.025, 0.008, 0.004))),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Layered:
    """A figure while it is being put together: the surface in front and what it is made of."""

    height: Floats
    outline: Floats
    label: Bytes
    albedo: Floats

    def over(self, relief: Relief, albedo: Floats, label: Bytes) -> "_Layered":
        """With another relief in front of it where that is nearer to the viewer."""
        front = (relief.outline > -0.5) & (relief.height > self.height)
        return _Layered(
            np.where(front, relief.height, self.height),
            np.maximum(self.outline, relief.outline),
            np.where(front, label, self.label).astype(np.uint8),
            np.where(front[..., None], albedo, self.albedo).astype(np.float32),
        )


def render_body(
    spec: Figure,
    size: Size,
    rng: np.random.Generator,
    outfit: Sequence[GarmentSpec] = (),
    light: Light | None = None,
    oversample: int = SUPERSAMPLING,
) -> Rendered:
    """Render the figure, bare or in an outfit that is put on in the given order.

    `rng` makes small irregularities of the surface; a generator of the same seed gives the same pixels.
    """
    bones = figures.skeleton(spec)
    fine = Size(size.width * oversample, size.height * oversample)
    view = figures.view_of(spec, fine)
    layers = _bare(spec, bones, view, fine)
    for garment in outfit:
        layers = _dressed(layers, garment, bones, view, fine)
    light = light or Light()
    shading = shaded(layers.height, light, view.scale)
    colour = _coloured(layers, shading, light, spec)
    rendered = _reduced(colour, layers, shading, bones, view, size)
    return replace(rendered, rgb=grained(rendered.rgb, rng, 0.004))


def body_relief(bones: Skeleton, view: View, size: Size) -> Relief:
    """The bare body as a height field; its labels are `Part`s."""
    relief = carve(figures.strips(bones), view, size)
    relief = modelled(melted(relief, figures.joins(bones), view), figures.bumps(bones), view)
    above = (np.arange(size.height) < view.point(0, figures.NECK_Y).y)[:, None]
    label = np.where(above & (relief.label == Part.TORSO), np.uint8(Part.NECK), relief.label)
    return replace(relief, label=label.astype(np.uint8))


def _bare(spec: Figure, bones: Skeleton, view: View, size: Size) -> _Layered:
    relief = body_relief(bones, view, size)
    skin = linear(np.array(spec.skin or _MATERIALS[spec.finish].colour, np.float32))
    bare = _Layered(relief.height, relief.outline, relief.label, np.broadcast_to(skin, (*relief.label.shape, 3)))
    if spec.shoes is not None:
        leather = linear(np.array(spec.shoes, np.float32))
        shoes = carve(figures.shoes(bones), view, size)
        bare = bare.over(shoes, np.broadcast_to(leather, bare.albedo.shape), np.full_like(bare.label, Part.SHOES))
    if spec.hair == "none" or spec.headless:
        return bare
    hair = hair_relief(bones, view, size)
    tone = linear(np.array(spec.hair_colour, np.float32))
    return bare.over(hair, np.broadcast_to(tone, bare.albedo.shape), np.full_like(bare.label, Part.HAIR))


def _dressed(layers: _Layered, garment: GarmentSpec, bones: Skeleton, view: View, size: Size) -> _Layered:
    cloth = worn(garment, bones, view, size)
    textile = buttoned(garment.textile, cloth)
    part = Part.DRESS if garment.kind == "dress" else Part.LOWER if garment.kind in BOTTOMS else Part.UPPER
    covered = np.maximum(layers.height, np.float32(-0.03 * view.scale))
    under = cv2.GaussianBlur(covered, (0, 0), 0.008 * view.scale) + np.float32(0.004 * view.scale)
    under = np.maximum(under, layers.height + 1)
    under = np.where(_may_be_in_front(layers.label, cloth.relief.label), np.float32(-1e4), under)
    snug = 0.012 * view.scale
    near = np.maximum(snug - np.abs(cloth.relief.height - under), 0)
    height = np.maximum(cloth.relief.height, under + 1) + near * near / (4 * snug) + textile.height * view.scale
    relief = replace(cloth.relief, height=height.astype(np.float32))
    return layers.over(relief, textile.albedo, np.full_like(layers.label, part))


def _may_be_in_front(label: Bytes, panel: Bytes) -> Mask:
    """Where the body can hide a garment's panel: arms and hands before the trunk and the legs, hair before everything."""
    arms = np.isin(label, (Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND))
    sleeve = np.isin(panel, (LEFT_SLEEVE, RIGHT_SLEEVE)) & np.isin(label, (Part.LEFT_ARM, Part.RIGHT_ARM))
    return (arms & ~sleeve) | np.isin(label, (Part.HAIR, Part.FACE))


def _coloured(layers: _Layered, shading: Shading, light: Light, spec: Figure) -> Floats:
    """Linear colour of every pixel, each part lit as the material that it is of."""
    cloth = np.isin(layers.label, (Part.UPPER, Part.LOWER, Part.DRESS, Part.SHOES))
    hair = layers.label == Part.HAIR
    colour = lit(layers.albedo, shading, light, _MATERIALS[spec.finish].surface)
    for mask, surface in ((cloth, CLOTH), (hair, HAIR)):
        if mask.any():
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            at = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            part = Shading(shading.normals[at], shading.diffuse[at], shading.occlusion[at])
            np.copyto(colour[at], lit(layers.albedo[at], part, light, surface), where=mask[at][..., None])
    return colour


def _reduced(colour: Floats, layers: _Layered, shading: Shading, bones: Skeleton, view: View, size: Size) -> Rendered:
    """From the render's resolution to the picture's: colours weighted by coverage, labels by the middle of each pixel."""
    factor = layers.label.shape[0] / size.height
    coverage = np.clip(layers.outline + 0.5, 0, 1).astype(np.float32)
    alpha = resized(coverage, size)
    solid = np.maximum(alpha, 1e-4)[..., None]
    rgb = resized(cast(Floats, colour * coverage[..., None]), size) / solid
    normals = resized(shading.normals, size)
    normals = np.where(
        alpha[..., None] > 0, normals / np.linalg.norm(normals, axis=2, keepdims=True), np.array([0, 0, 1], np.float32)
    )
    parts = cv2.resize(layers.label, (size.width, size.height), interpolation=cv2.INTER_NEAREST_EXACT)
    labels = np.where(alpha > 0.5, parts, np.uint8(Part.BACKGROUND)).astype(np.uint8)
    own = view.zoomed(1 / factor)
    return Rendered(
        rgb=srgb(np.clip(rgb, 0, 1)),
        alpha=alpha,
        body=Body(alpha, labels, joints_of(bones, own, size), 1.0),
        normals=normals.astype(np.float32),
        shade=resized(shading.diffuse, size),
        height=resized(np.maximum(layers.height, np.float32(-0.1 * view.scale)).astype(np.float32), size) / np.float32(factor),
        view=own,
    )


def joints_of(bones: Skeleton, view: View, size: Size) -> dict[str, Point]:
    """The exact joints of a posed body, those inside the picture."""
    places = {"head_top": (bones.head[0], 1.0), "chin": bones.head[:2], "neck": (bones.stance.chest_shift * 0.85, figures.NECK_Y)}
    for side in SIDES:
        sign = 1.0 if side == "left" else -1.0
        x, y, _ = bones.shoulder(side)
        cap = 0.0265 * (0.5 + 0.5 * bones.shape.arm)
        places[f"{side}_shoulder"] = (x + sign * cap * cos(radians(40)), y + cap * sin(radians(40)))
        _, elbow, wrist, _ = bones.arm(side)
        _, knee, ankle = bones.leg(side)
        places |= {f"{side}_elbow": elbow[:2], f"{side}_wrist": wrist[:2], f"{side}_knee": knee[:2], f"{side}_ankle": ankle[:2]}
        places |= {f"{side}_{name}": bones.flank(side, at) for name, at in (("waist", 0.645), ("hip", 0.54))}
        places[f"{side}_armpit"] = bones.armpit(side)
    places["crotch"] = (bones.stance.hip_shift, figures.CROTCH_Y)
    points = {name: view.point(*place) for name, place in places.items()}
    return {name: at for name, at in points.items() if 0 <= at.x < size.width and 0 <= at.y < size.height}


def staged(rendered: Rendered, backdrop: Backdrop, rng: np.random.Generator, plate: bool = False) -> Floats:
    """The figure in the studio: float32 (h, w, 3), sRGB, with its shadow on the floor and, for a mannequin, a base plate."""
    height, width = rendered.alpha.shape
    view = rendered.view
    ground = sweep(backdrop, Size(width, height), view.floor_y - 0.085 * view.scale)
    if plate:
        ground = plated(ground, view)
    ground = ground * floor_shadow(rendered.alpha, view.floor_y, view.scale)[..., None]
    scene = ground + (linear(rendered.rgb) - ground) * rendered.alpha[..., None]
    return grained(srgb(np.clip(scene, 0, 1)), rng)


def plated(ground: Floats, view: View) -> Floats:
    """A round base plate of brushed steel under the feet."""
    height, width = ground.shape[:2]
    top = _disc(width, height, view, 0.0)
    side = np.clip(_disc(width, height, view, 0.0045) - top, 0, 1)
    x = (np.arange(width, dtype=np.float32) + 0.5 - view.centre_x) / (0.15 * view.scale)
    gleam = 0.74 + 0.26 * np.exp(-(((x + 0.35) / 0.30) ** 2)) + 0.10 * np.exp(-(((x - 0.55) / 0.18) ** 2))
    steel = ground * 0.35 + 0.42 * gleam[None, :, None]
    shadow = cv2.GaussianBlur(_disc(width, height, view, 0.007), (0, 0), 0.010 * view.scale)[..., None]
    ground = ground * (1 - 0.30 * shadow)
    ground = ground + (steel * 0.62 - ground) * side[..., None]
    return cast(Floats, (ground + (steel - ground) * top[..., None]).astype(np.float32))


def _disc(width: int, height: int, view: View, lower: float) -> Floats:
    """Coverage of the plate's ellipse, `lower` body heights below its top."""
    centre = view.point(0, -0.004 - lower)
    wide, deep = 0.150 * view.scale, 0.027 * view.scale
    x = (np.arange(width, dtype=np.float32) + 0.5 - centre.x)[None, :] / wide
    y = (np.arange(height, dtype=np.float32) + 0.5 - centre.y)[:, None] / deep
    radius = np.hypot(x, y)
    slope = np.hypot(x / wide, y / deep) / np.maximum(radius, 1e-6)
    return cast(Floats, np.clip((1 - radius) / np.maximum(slope, 1e-6) + 0.5, 0, 1).astype(np.float32))
