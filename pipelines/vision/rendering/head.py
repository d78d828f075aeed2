"""Drawn heads: painted features on a modelled head with hair, from any side, for pictures of their own and for bodies.

Stylised on purpose, in the manner of fashion illustration and of painted display heads: one identity from every angle, soft
studio light, nothing that pretends to be a photograph.
"""

from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, linear, resized, srgb
from pipelines.sizes import Size
from pipelines.vision.people.body import Part, Point
from pipelines.vision.rendering import features, glasses, hairstyles, skull
from pipelines.vision.rendering.light import Light, Shading, Surface, lit, shaded
from pipelines.vision.rendering.likeness import Angle, Expression, Face

SKIN = Surface(gloss=0.030, sheen=0.07, bleed=(0.050, 0.016, 0.008))
HAIR = Surface(sheen=0.16)
SOFTNESS = 0.009
"""Standard deviation, in heads, by which the form of the face is smoothed for the light on it."""
BODY_HEADS = 0.138
"""Height of a head in body heights."""


@dataclass(frozen=True, slots=True)
class Portrayed:
    """Somebody with an expression, at an angle."""

    face: Face
    expression: Expression = field(default_factory=Expression)
    angle: Angle = field(default_factory=Angle)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a head is in a picture: its middle, half way from chin to crown, and its height, in pixels."""

    x: float
    y: float
    unit: float


@dataclass(frozen=True, slots=True)
class RenderedHead:
    """A head of (h, w) pixels without its background."""

    rgb: Floats
    """float32 (h, w, 3), sRGB: the head's own colour."""
    alpha: Floats
    parts: Bytes
    """`Part.FACE` and `Part.HAIR`; 0 outside."""
    height: Floats
    """float32 (h, w): towards the viewer from the head's axis, in pixels; far below zero outside."""
    behind: Floats
    """float32 (h, w) in [0, 1]: share of the alpha that hangs behind neck and shoulders."""
    landmarks: dict[str, Point]
    """left_eye, right_eye (the person's own), nose, mouth, chin, head_top; also those that are turned away."""


def render_head(
    who: Portrayed, place: Place, size: Size, light: Light | None = None, oversample: int = 2, detail: float = 1.0
) -> RenderedHead:
    """The head in a picture of `size`, ears and hair included, the neck not; cut off by the picture's edges."""
    light = light or Light()
    unit = place.unit * oversample
    form, rotation = skull.skull_of(who.face, who.expression), skull.turned(who.angle)
    columns = (((np.arange(size.width * oversample) + 0.5) / oversample - place.x) / place.unit).astype(np.float32)
    rows = ((place.y - (np.arange(size.height * oversample) + 0.5) / oversample) / place.unit).astype(np.float32)
    skin = skull.looked_at(form.solid, rotation, columns, rows)
    albedo = _skin_colour(who, skin, unit, detail)
    if who.face.glasses != "none":
        rays = glasses.Rays(unit, place.x * oversample, place.y * oversample)
        albedo = _spectacled(albedo, who.face, glasses.spectacles(who.face, form, rotation, skin, rays))
    depth, own_z, hair = skin.depth, skin.z, np.zeros(skin.hit.shape, bool)
    shell = hairstyles.shell_of(who.face, form)
    if shell is not None:
        seen = skull.looked_at(shell.solid, rotation, columns, rows)
        hair = seen.hit & (seen.depth > depth - 0.004)
        strands = hairstyles.stranded(shell, seen.x[hair], seen.y[hair], seen.z[hair], detail)
        cover = np.float32(shell.cut.cover)
        albedo[hair] = albedo[hair] * (1 - cover) + strands.colour * cover
        depth, own_z = np.where(hair, seen.depth, depth), np.where(hair, seen.z, own_z)
        depth[hair] += strands.relief
    hit = skin.hit | hair
    height = _continued(depth * np.float32(unit), hit)
    soft = cv2.GaussianBlur(height, (0, 0), SOFTNESS * unit)
    shading = shaded(np.where(hair, height, soft), light, unit / BODY_HEADS)
    colour = np.zeros_like(albedo)
    for mask, surface in ((hit & ~hair, SKIN), (hair, HAIR)):
        part = Shading(shading.normals[mask], shading.diffuse[mask], shading.occlusion[mask])
        colour[mask] = lit(linear(albedo[mask]), part, light, surface)
    behind = hair & (depth < 0) & (own_z < 0) & (rows < -0.16)[:, None]
    marks = _landmarks(form, who, rotation, place)
    return _reduced(colour, hit, hair, behind, height, size, marks)


def _skin_colour(who: Portrayed, seen: skull.Seen, unit: float, detail: float) -> Floats:
    """sRGB (h, w, 3): the painting in front of the head laid on its surface; plain skin behind the ears and under the chin."""
    paint = features.painted(who.face, who.expression, float(np.clip(unit, 240, 1500)), detail)
    column = (seen.x + np.float32(features.WIDE)) * np.float32(paint.unit) - np.float32(0.5)
    row = (np.float32(features.HIGH) - seen.y) * np.float32(paint.unit) - np.float32(0.5)
    colour = cv2.remap(paint.colour, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    plain = np.asarray(who.face.skin, np.float32)
    back = np.clip((0.02 - seen.z) / 0.06, 0, 1) * (seen.hit > 0)
    colour = colour + (plain - colour) * back[..., None]
    return cast(Floats, (colour * _ear_shade(seen)[..., None]).astype(np.float32))


def _spectacled(albedo: Floats, face: Face, worn: glasses.Worn) -> Floats:
    """With frames, and with dark glass where they are for the sun."""
    strength = np.float32(0.93 if face.glasses == "sun" else 0.05)
    tint = np.asarray(glasses.LENS if face.glasses == "sun" else (0.96, 0.98, 1.0), np.float32)
    rows = np.flatnonzero(worn.lens.any(axis=1))
    if rows.size and face.glasses == "sun":
        rise = np.clip((np.arange(len(albedo)) - rows[0]) / max(np.ptp(rows), 1), 0, 1).astype(np.float32)
        tint = tint + (0.16 * rise**2)[:, None, None]
    albedo = albedo + (tint - albedo) * (worn.lens * strength)[..., None]
    frame = np.asarray(glasses.FRAMES[face.glasses], np.float32)
    return cast(Floats, albedo + (frame - albedo) * worn.frame[..., None])


def _ear_shade(seen: skull.Seen) -> Floats:
    """The hollow of the ears as a factor."""
    up, back = seen.y + 0.040, seen.z + 0.050 + 0.2 * (seen.y + 0.045)
    hollow = np.exp(-(((up / 0.062) ** 2 + ((back - 0.012) / 0.030) ** 2) ** 2))
    return cast(Floats, (1 - 0.30 * hollow * (np.abs(seen.x) > 0.322)).astype(np.float32))


def _continued(height: Floats, hit: Mask) -> Floats:
    """The height field with its edge falling away outside, so that the light on the outline is the surface's own."""
    outside = (~hit).astype(np.uint8)
    away, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.full(int(nearest.max()) + 1, -1e4, np.float32)
    table[nearest[hit]] = height[hit]
    return np.where(hit, height, table[nearest] - 2.5 * away).astype(np.float32)


def _reduced(
    colour: Floats, hit: Mask, hair: Mask, behind: Mask, height: Floats, size: Size, marks: dict[str, Point]
) -> RenderedHead:
    cover = np.clip((cv2.GaussianBlur(hit.astype(np.float32), (0, 0), 1.1) - 0.5) * 2.2 + 0.5, 0, 1).astype(np.float32)
    wide = _spread(colour, hit)
    alpha = resized(cover, size)
    rgb = resized(cast(Floats, wide * cover[..., None]), size) / np.maximum(alpha, 1e-4)[..., None]
    factor = np.float32(hit.shape[0] / size.height)
    label = np.where(hair, np.uint8(Part.HAIR), np.uint8(Part.FACE))
    small = cv2.resize(label, (size.width, size.height), interpolation=cv2.INTER_NEAREST_EXACT)
    back = resized(cast(Floats, (behind * cover).astype(np.float32)), size) / np.maximum(alpha, 1e-4)
    return RenderedHead(
        srgb(np.clip(rgb, 0, 1)), alpha.astype(np.float32), np.where(alpha > 0.5, small, 0).astype(np.uint8),
        resized(height, size) / factor, np.clip(back, 0, 1).astype(np.float32), marks,
    )  # fmt: skip


def _spread(colour: Floats, hit: Mask) -> Floats:
    """The colours carried a few pixels over the outline, for what covers part of a pixel there."""
    rim = cv2.dilate(hit.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool) & ~hit
    _, nearest = cv2.distanceTransformWithLabels((~hit).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros((int(nearest.max()) + 1, 3), np.float32)
    table[nearest[hit]] = colour[hit]
    colour = colour.copy()
    colour[rim] = table[nearest[rim]]
    return colour


def _landmarks(form: skull.Skull, who: Portrayed, rotation: skull.Vector, place: Place) -> dict[str, Point]:
    eye = skull.eye_x(who.face)
    spots = {
        "left_eye": (eye, skull.EYE_Y), "right_eye": (-eye, skull.EYE_Y), "nose": (0.0, skull.nose_base(who.face) + 0.035),
        "mouth": (0.0, skull.MOUTH_Y), "chin": (0.0, -0.475), "head_top": (0.0, 0.49),
    }  # fmt: skip
    marks = {}
    for name, (x, y) in spots.items():
        at = rotation @ np.array([x, y, form.front(x, y)], np.float32)
        marks[name] = Point(place.x + float(at[0]) * place.unit, place.y - float(at[1]) * place.unit)
    return marks
