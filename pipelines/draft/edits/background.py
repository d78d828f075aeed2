"""Another background behind the subject, in the subject's light, and with a shadow that makes it stand there."""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.draft.edits.canvas import ROWS, Canvas, Step, needed
from pipelines.draft.edits.phrases import Clause
from pipelines.draft.edits.shadows import cast_by, own_shadow, stance
from pipelines.draft.looks import Setting
from pipelines.draft.scenery import SETS, place, warmth_of
from pipelines.images import Floats, blurred, linear, pixels, resized, srgb, to_float
from pipelines.sizes import Size
from pipelines.vision.rendering.backdrop import Backdrop, grained, sweep
from pipelines.vision.rendering.surfaces import Material, surface

_DEPTH = {"standing": 0.006, "lying": 0.0, "cropped": 0.012}
"""Of the height: how far a scene behind each stance is out of focus."""
_GREY = (0.86, 0.86, 0.865)


@dataclass(frozen=True, slots=True)
class _Ground:
    """A background, linear float32 (h, w, 3), and what it does to the subject before it."""

    light: Floats
    tint: NDArray[np.float32]
    """(3,): factors for the subject in linear light, near 1."""
    has_floor: bool


def background(step: Step, clause: Clause, effect: str) -> Canvas:
    """The subject before what the clause says. Raises SubjectNotFound where nothing stands out."""
    canvas = step.canvas
    matte = canvas.reading.matte
    how = stance(canvas, matte.alpha)
    ground = _ground(step, clause, how == "cropped")
    angle = 118.0 + float(step.generator.uniform(-14, 14))
    shade = own_shadow(canvas)
    cast_light = cast_by(matte.alpha, how, angle, 0.55 if shade is not None else 1.0)
    if shade is not None:
        cast_light = np.minimum(cast_light, shade)
    out = np.empty_like(canvas.rgb)
    graded = canvas.rgb - canvas.plain
    for top in range(0, len(out), ROWS):
        rows = slice(top, top + ROWS)
        behind = ground.light[rows] * cast_light[rows, :, None]
        front = linear(np.clip(matte.foreground[rows] + graded[rows] * (matte.alpha[rows, :, None] > 0.9), 0, 1)) * ground.tint
        front = _wrapped(front, ground.light, matte.alpha, rows)
        alpha = matte.alpha[rows, :, None]
        # Colours are mixed as they are seen; light would eat fine hair before a bright background.
        out[rows] = srgb(behind) * (1 - alpha) + np.clip(srgb(front), 0, 1) * alpha
    changed = canvas.changed(np.clip(out, 0, 1))
    return replace(changed, alpha=None)


def _wrapped(front: Floats, behind: Floats, alpha: Floats, rows: slice) -> Floats:
    """A little of the background's light around the subject's outline."""
    edge = np.clip(1 - (alpha[rows] - 0.5) * 2, 0, 1) * (alpha[rows] > 0)
    return cast(Floats, front + (behind[rows] - front) * np.float32(0.10) * edge[..., None])


def _ground(step: Step, clause: Clause, cropped: bool) -> _Ground:
    canvas, generator = step.canvas, step.generator
    size = canvas.size
    neutral = np.ones(3, np.float32)
    if clause.gradient:
        return _Ground(linear(_gradient(clause, size, generator)), neutral, False)
    if clause.scene == "context" or (canvas.context is not None and not (clause.colours or clause.surface or clause.scene)):
        return _from_context(step, cropped)
    if clause.scene:
        scene = SETS[cast(Setting, clause.scene)](size)
        shift = int(generator.integers(-size.width // 14, size.width // 14 + 1))
        light = _focused(np.roll(scene, shift, axis=1), 0.004 if cropped else 0.002)
        return _Ground(_grained(light, generator), _tint(canvas, srgb(np.clip(light, 0, 1))), True)
    if clause.surface and clause.surface != "studio":
        colour = clause.colours[-1].rgb if clause.colours else None
        made = surface(cast(Material, clause.surface), size, generator, colour)
        return _Ground(linear(made) * _falloff(size, generator)[..., None], neutral, False)
    colour = clause.colours[-1].rgb if clause.colours else _GREY
    if clause.surface == "studio" or not clause.colours:
        return _Ground(_studio(canvas, colour, generator), neutral, True)
    return _Ground(np.broadcast_to(linear(np.array(colour, np.float32)), (size.height, size.width, 3)), neutral, False)


def _gradient(clause: Clause, size: Size, generator: np.random.Generator) -> Floats:
    """From the first colour, above, to the second, below, at a slight slant; mixed in Lab so that the middle isn't muddy."""
    first, second = (np.array([[each.rgb]], np.float32) for each in clause.gradient)
    ends = [cv2.cvtColor(each, cv2.COLOR_RGB2LAB)[0, 0] for each in (first, second)]
    slant = float(generator.uniform(-0.18, 0.18))
    y = np.linspace(0, 1, size.height, dtype=np.float32)[:, None]
    x = np.linspace(-0.5, 0.5, size.width, dtype=np.float32)[None]
    share = np.clip(y + slant * x, 0, 1)
    if "left" in clause.sides or "right" in clause.sides:
        share = np.broadcast_to(np.linspace(0, 1, size.width, dtype=np.float32)[None], (size.height, size.width))
    lab = ends[0] + (ends[1] - ends[0]) * (share * share * (3 - 2 * share) * 0.5 + share * 0.5)[..., None]
    rgb = np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1)
    return grained(rgb, generator, 0.003)


def _studio(canvas: Canvas, colour: tuple[float, float, float], generator: np.random.Generator) -> Floats:
    alpha = canvas.reading.matte.alpha
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    bottom = float(rows[-1]) if len(rows) else canvas.size.height
    horizon = 1.35 * canvas.size.height if bottom > 0.985 * canvas.size.height else bottom - 0.075 * canvas.size.height
    paper = Backdrop(colour, glow=0.12, glow_x=float(generator.uniform(0.36, 0.64)))
    light = np.clip(sweep(paper, canvas.size, horizon), 0, 1)
    return linear(grained(srgb(light), generator, 0.004))


def _falloff(size: Size, generator: np.random.Generator) -> Floats:
    """Light on a wall: brighter towards one upper corner."""
    x = np.linspace(-1, 1, size.width, dtype=np.float32)[None] * float(generator.choice((-1, 1)))
    y = np.linspace(-1, 1, size.height, dtype=np.float32)[:, None]
    return cast(Floats, 0.86 + 0.18 * np.exp(-((x - 0.5) ** 2 + (y + 0.6) ** 2) / 2.0))


def _focused(light: Floats, depth: float) -> Floats:
    return blurred(light.astype(np.float32), depth * light.shape[0])


def _grained(light: Floats, generator: np.random.Generator) -> Floats:
    return linear(grained(srgb(np.clip(light, 0, 1)), generator, 0.005))


def _from_context(step: Step, cropped: bool) -> _Ground:
    """The place that the reference shows, out of focus as behind a portrait; chance crops it a little differently."""
    canvas = step.canvas
    if canvas.context is None:
        raise needed("a scene was asked for, but there is no picture of it", "add one as image_context")
    image = canvas.context.convert("RGB")
    zoom = 1 / float(step.generator.uniform(1.0, 1.12))
    width, height = round(image.width * zoom), round(image.height * zoom)
    left = int(step.generator.integers(0, image.width - width + 1))
    crop = image.crop((left, image.height - height, left + width, image.height))
    light = place(crop, canvas.size, 0.010 if cropped else 0.004)
    light = _grained(light, step.generator)
    return _Ground(light, _tint(canvas, to_float(pixels(crop.resize((64, 64))))), True)


def _tint(canvas: Canvas, scene: Floats) -> NDArray[np.float32]:
    """The subject's light moved part of the way to the scene's: in colour, and a little in brightness."""
    small, around = resized(canvas.plain, Size(64, 64)), resized(canvas.reading.matte.alpha, Size(64, 64)) < 0.05
    # The subject's own colours say little about the light that it stands in.
    seen = small[around][:, None] if around.sum() > 200 else small
    here, there = warmth_of(seen), warmth_of(resized(scene, Size(64, 64)))
    shift = float(np.clip(there - here, -1, 1)) * 0.45
    gains = np.array([1 + 0.16 * shift, 1.0, 1 - 0.20 * shift], np.float32)
    level = float(np.clip(linear(resized(scene, Size(16, 16))).mean() / 0.35, 0.5, 1.3)) ** 0.22
    return cast(NDArray[np.float32], gains * np.float32(level))


def transparent(step: Step, clause: Clause, effect: str) -> Canvas:
    """The subject alone."""
    canvas = step.canvas
    matte = canvas.reading.matte
    graded = canvas.rgb - canvas.plain
    rgb = np.clip(matte.foreground + graded * (matte.alpha[..., None] > 0.9), 0, 1)
    return replace(canvas, rgb=rgb.astype(np.float32), alpha=matte.alpha)
