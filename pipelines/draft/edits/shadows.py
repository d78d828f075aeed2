"""Shadows: how the subject stands or lies, the shadow that it has, one that it gets, and none."""

from dataclasses import replace
from typing import Literal, cast

import cv2
import numpy as np

from pipelines.draft.edits.canvas import Canvas, Step, mixed, needed
from pipelines.draft.edits.phrases import Clause
from pipelines.images import Floats, blurred, linear, resized, srgb
from pipelines.sizes import Size
from pipelines.vision.inpaint import grain_of, with_grain
from pipelines.vision.rendering.backdrop import floor_shadow
from pipelines.vision.rendering.cast import Shadow, occlusion

Stance = Literal["standing", "lying", "cropped"]
_LYING = (Shadow(0.004, 0.004, 0.26), Shadow(0.014, 0.016, 0.22), Shadow(0.03, 0.05, 0.10))
_WALL = (Shadow(0.02, 0.03, 0.10), Shadow(0.05, 0.07, 0.07))


def stance(canvas: Canvas, alpha: Floats) -> Stance:
    """How the subject relates to what is behind it: on its feet, lying flat as a product, or cut by the lower edge."""
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    if not len(rows):
        return "cropped"
    if rows[-1] >= alpha.shape[0] - 1 - max(1, alpha.shape[0] // 150):
        return "cropped"
    return "standing" if canvas.reading.peopled else "lying"


def cast_by(alpha: Floats, how: Stance, angle: float, depth: float = 1.0) -> Floats:
    """float32 (h, w) in (0, 1]: the linear light that a subject of coverage `alpha` leaves on what is behind and under it."""
    if how == "standing":
        rows = np.flatnonzero((alpha > 0.5).any(axis=1))
        lean = 0.35 if angle > 90 else -0.35
        light = floor_shadow(alpha, float(rows[-1]) - 0.004 * len(alpha), float(rows[-1] - rows[0]), lean)
    else:
        light = occlusion(alpha, _LYING if how == "lying" else _WALL, angle)
    return cast(Floats, (1 - np.float32(depth) * (1 - light)).astype(np.float32))


def own_shadow(canvas: Canvas) -> Floats | None:
    """float32 (h, w) in [0.3, 1]: the shadow that the photograph itself has on its plain backdrop; None without one.

    Light of the picture over light of the empty backdrop, smoothed; what is coloured is no shadow.
    """
    surface = canvas.reading.surface(canvas.size)
    alpha = canvas.reading.subject
    if surface is None or alpha is None:
        return None
    size = Size(max(16, canvas.size.width // 2), max(16, canvas.size.height // 2))
    luminance = np.array([0.2126, 0.7152, 0.0722], np.float32)
    seen, empty = (linear(resized(each, size)) @ luminance for each in (canvas.plain, surface))
    ratio = np.clip((seen + 0.01) / (empty + 0.01), 0.3, 1.0)
    cover = cv2.dilate(resized(alpha, size), np.ones((5, 5), np.uint8)) > 0.05
    known = (~cover).astype(np.float32)
    soft = 0.006 * max(ratio.shape)
    filled = blurred((ratio * known).astype(np.float32), soft) / np.maximum(blurred(known, soft), 0.02)
    shade = np.where(filled > 0.975, 1.0, filled / 0.985)
    return np.clip(resized(np.clip(shade, 0.3, 1).astype(np.float32), canvas.size), 0.3, 1)


def add_shadow(step: Step, clause: Clause, effect: str) -> Canvas:
    """A soft shadow on what is behind the subject; chance turns the light a little."""
    canvas = step.canvas
    alpha = canvas.reading.matte.alpha
    how = stance(canvas, alpha)
    angle = 118.0 + float(step.generator.uniform(-16, 16)) * (1 if step.generator.random() < 0.5 else -1)
    if "right" in clause.sides:
        angle = 180 - angle
    light = cast_by(alpha, how, angle, 1.25 * min(1.5, clause.amount))
    shaded = _lit(canvas.rgb, light)
    return canvas.changed(mixed(canvas.rgb, shaded, (1 - alpha).astype(np.float32)))


def _lit(rgb: Floats, light: Floats) -> Floats:
    out = np.empty_like(rgb)
    for top in range(0, len(rgb), 256):
        rows = slice(top, top + 256)
        out[rows] = srgb(linear(rgb[rows]) * light[rows, :, None])
    return out


def remove_shadow(step: Step, clause: Clause, effect: str) -> Canvas:
    """The backdrop as it would be without the subject's shadow. Raises UnsupportedTask where it isn't plain."""
    canvas = step.canvas
    surface = canvas.reading.surface(canvas.size)
    if surface is None:
        raise needed("the background is not plain, so its shadows can't be told from it", "mark the shadow and ask to remove it")
    alpha = canvas.reading.matte.alpha
    behind = canvas.plain[:: max(1, canvas.size.height // 300)], alpha[:: max(1, canvas.size.height // 300)] < 0.02
    clean = with_grain(surface, min(0.012, grain_of(np.ascontiguousarray(behind[0]), behind[1])), step.generator)
    away = np.abs(blurred(canvas.plain, 0.004 * max(alpha.shape)) - surface).max(axis=2)
    differs = np.clip(blurred(away, 0.004 * max(alpha.shape)) / 0.012 - 0.6, 0, 1)
    weight = (differs * (1 - alpha)).astype(np.float32)
    colour = canvas.reading.matte.foreground
    out = mixed(canvas.rgb, clean, weight)
    edge = (alpha > 0.01) & (alpha < 0.99)
    out[edge] = (clean + (colour - clean) * alpha[..., None])[edge]
    return replace(canvas.changed(out), plain=canvas.plain)
