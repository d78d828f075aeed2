"""Clothes on the person of a photograph: the old garment comes off, the new one is warped on, lit and set behind arms and hair."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipelines.draft.try_on_effort import Box, Effort, Result
from pipelines.images import Bytes, Floats, Mask, to_bytes
from pipelines.sizes import Size
from pipelines.vision.garments.drape import Frame, cut_of, frame_of
from pipelines.vision.garments.fit import Dressed, Layer, dress
from pipelines.vision.garments.folds import contact_shadow, old_light, roundness
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.opening import front_line
from pipelines.vision.garments.seams import without_gaps
from pipelines.vision.garments.styling import Wish, rolled, tucked
from pipelines.vision.garments.undress import Undressed, naked_outline, undress
from pipelines.vision.garments.warp import Coordinates
from pipelines.vision.inpaint import grain_of, guided, with_grain
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.view import disk, gauss

FITTING_SIDE = 512
"""Long side in pixels of the first fitting, which tells what may change."""
LIFT = 0.02
"""Of the shoulder width: how far cloth may stand off above the shoulders."""
MARGIN = 0.22
"""Around that in shoulder widths: for shadows, and for the skin and background that are carried inward."""


@dataclass(frozen=True, slots=True)
class _Style:
    """What of a wish the garment allows."""

    tucked: bool
    rolled: bool
    front: Coordinates | None
    """Where it is open."""
    layered: bool
    """Whether what was worn on the trunk stays, beneath it."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """The part of the photograph that may change, at the output's size, and who is in it."""

    photo: Floats
    body: Body
    frame: Frame
    old: Mask
    """What is worn where the new garment goes, and gives it its folds."""
    replaced: Mask
    """What of that the new garment replaces."""


def clothed(photo: Floats, body: Body, garment: Garment, wish: Wish, effort: Effort, rng: np.random.Generator) -> Result:
    """`garment` on the `body`, complete and of the size of `photo`, float32 (h, w, 3)."""
    style = _style(garment, wish)
    box = _touched(body, garment, photo.shape)
    scene = _scene(photo, body, garment, style, box)
    dressed = _dressed(garment, scene, style, effort)
    notes = list(style.notes)
    if garment.category == "dress" and (body.parts == Part.LOWER).any():
        notes.append("What the person wears below the hem of the dress stays as it was.")
    return Result(box.part, _composed(scene, dressed, effort, rng), dressed.whole.jacobian_min, tuple(notes))


def _style(garment: Garment, wish: Wish) -> _Style:
    upper = garment.category != "bottom"
    front = front_line(garment) if wish.opened else None
    notes = []
    if wish.opened:
        notes.append(
            "Open: parted along its front; what was worn below it shows."
            if front is not None
            else "Not opened: no front that closes from top to bottom can be seen in the product picture."
        )
    if wish.tucked:
        notes.append("Tucked in: it ends at the waist." if upper else "Not tucked in: this is worn below the waist.")
    if wish.untucked:
        notes.append("Untucked: it hangs over what is worn below.")
    long = garment.sleeves == "long"
    if wish.rolled:
        notes.append(
            "Sleeves rolled up to below the elbow, with a cuff of their own cloth."
            if long
            else "Sleeves not rolled up: in the product picture they aren't long."
        )
    layered = front is not None or garment.category == "outerwear"
    return _Style(wish.tucked and upper, wish.rolled and long, front, layered, tuple(notes))


def _touched(body: Body, garment: Garment, shape: tuple[int, ...]) -> Box:
    """All that may change in a picture of (h, w), from a fitting in small, and what the change takes its colours from."""
    height, width = shape[:2]
    scale = min(1.0, FITTING_SIDE / max(width, height))
    small = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    fitted = dress(garment, body, small).whole.alpha > 0
    old = cv2.resize(_old(body, garment).astype(np.uint8), (small.width, small.height), interpolation=cv2.INTER_NEAREST)
    rows, columns = np.nonzero(fitted | (old > 0))
    frame = frame_of(body)
    groups = [frame.shoulders, frame.hips] if garment.category == "bottom" else [frame.shoulders, frame.hips, frame.elbows]
    marks = [at for group in groups for at in group.values()]
    xs = np.concatenate([columns / scale, [at.x for at in marks]])
    ys = np.concatenate([rows / scale, [at.y for at in marks], [frame.neck.y]])
    margin = MARGIN * frame.width
    return Box(
        max(0, int(xs.min() - margin)), max(0, int(ys.min() - margin)),
        min(width, int(xs.max() + margin)), min(height, int(ys.max() + margin)),
    )  # fmt: skip


def _scene(photo: Floats, body: Body, garment: Garment, style: _Style, box: Box) -> _Scene:
    part = replace(
        body,
        alpha=body.alpha[box.part],
        parts=np.ascontiguousarray(body.parts[box.part]),
        joints={name: Point(at.x - box.left, at.y - box.top) for name, at in body.joints.items()},
    )
    frame, old = frame_of(part), _old(part, garment)
    if garment.category == "dress":
        old |= _short_skirt(garment, part, frame)
    replaced = old & ~_kept_beneath(frame, old) if style.layered else old
    return _Scene(np.ascontiguousarray(photo[box.part]), part, frame, old, replaced)


def _old(body: Body, garment: Garment) -> Mask:
    """What comes off: the piece of the same place. Of a dress only what is above the new hem matters; the rest is covered or
    stays as a skirt.
    """
    if garment.category == "bottom":
        return np.asarray(body.parts == Part.LOWER)
    return np.isin(body.parts, (Part.UPPER, Part.DRESS))


def _short_skirt(garment: Garment, body: Body, frame: Frame) -> Mask:
    """A skirt or shorts that end about where the dress does, or above, and would stick out beside it."""
    lower = np.asarray(body.parts == Part.LOWER)
    rows = np.flatnonzero(lower.sum(axis=1) > 0.1 * frame.width)
    if not rows.size:
        return lower
    scale = cut_of(garment, frame).scale
    marks = garment.landmarks
    hem = frame.shoulders["left"].y + (marks["hem_left"].y - marks["shoulder_left"].y) * scale
    ends = rows[-1] < min(hem + 0.25 * frame.width, lower.shape[0] - 3)
    return lower if ends else np.zeros_like(lower)


def _kept_beneath(frame: Frame, old: Mask) -> Mask:
    """What stays of a garment under an open or an outer one: all of it on the trunk and nothing on the arms."""
    trunk = naked_outline(frame, old.shape, ()).astype(np.uint8)
    grown = cv2.dilate(trunk, disk(max(1, round(0.05 * frame.width)))) > 0
    below = np.arange(old.shape[0])[:, None] > (frame.hips["left"].y + frame.hips["right"].y) / 2
    return np.asarray(grown | below)


def _dressed(garment: Garment, scene: _Scene, style: _Style, effort: Effort) -> Dressed:
    height, width = scene.photo.shape[:2]
    large = Size(round(width * effort.oversample), round(height * effort.oversample))
    dressed = dress(garment, scene.body, large, style.front)
    if large != Size(width, height):
        dressed = Dressed(_reduced(dressed.torso, Size(width, height)), _reduced(dressed.sleeves, Size(width, height)))
    if effort.refined and garment.category != "bottom":
        dressed = without_gaps(dressed, scene.frame)
    dressed = replace(dressed, torso=_on_shoulders(dressed.torso, scene, 2 * LIFT if garment.category == "outerwear" else LIFT))
    if style.tucked:
        dressed = tucked(dressed, scene.frame)
    return rolled(dressed, scene.frame) if style.rolled else dressed


def _on_shoulders(torso: Layer, scene: _Scene, lift: float) -> Layer:
    """A torso without what would float above the shoulders by more than `lift` shoulder widths."""
    frame = scene.frame
    inside = (scene.body.alpha > 0.5).astype(np.uint8)
    near = cv2.dilate(inside, disk(max(1, round(lift * frame.width)))).astype(np.float32)
    rows = np.arange(inside.shape[0], dtype=np.float32)[:, None]
    below = np.clip((rows - (frame.shoulders["left"].y + frame.shoulders["right"].y) / 2) / (0.1 * frame.width), 0, 1)
    return replace(torso, alpha=(torso.alpha * np.maximum(gauss(near, 0.6), below)).astype(np.float32))


def _reduced(layer: Layer, size: Size) -> Layer:
    """A layer averaged down."""
    alpha = cv2.resize(layer.alpha, (size.width, size.height), interpolation=cv2.INTER_AREA)
    paint = cv2.resize(layer.colour * layer.alpha[..., None], (size.width, size.height), interpolation=cv2.INTER_AREA)
    return replace(layer, colour=(paint / np.maximum(alpha, 1e-4)[..., None]).astype(np.float32), alpha=alpha.astype(np.float32))


def _composed(scene: _Scene, dressed: Dressed, effort: Effort, rng: np.random.Generator) -> Bytes:
    """uint8 (h, w, 3): base, torso, bare arms, sleeves, hair; each over the one before."""
    photo, width = scene.photo, scene.frame.width
    whole = dressed.whole
    shade = old_light(photo, scene.old, width, effort.shading_width)
    base = undress(photo, scene.body, scene.frame, scene.replaced & (whole.alpha < 0.995), shade, rng)
    grain = max(0.0, _sensor_grain(scene) - 0.7 * grain_of(whole.colour, whole.alpha > 0.95))
    torso = _lit(dressed.torso, shade, width, grain, rng)
    sleeves = _lit(dressed.sleeves, shade, width, grain, rng)
    shadow = 1 - (1 - contact_shadow(whole.alpha, width)) * np.clip(base.figure, 0, 1)
    out = _over(base.colour * shadow[..., None], torso)
    arms = _arms_in_front(scene)
    out += (base.colour * shadow[..., None] - out) * arms[..., None]
    out *= (1 - (1 - contact_shadow(dressed.sleeves.alpha, width, 0.22)) * whole.alpha)[..., None]
    out = _over(out, sleeves)
    hair = _hair(scene)
    out += (photo - out) * hair[..., None]
    touched = _touched_pixels(base, whole, shadow)
    return np.where(touched[..., None], to_bytes(out), to_bytes(photo))


def _sensor_grain(scene: _Scene) -> float:
    """The photograph's grain: the least of what skin, old clothes and background show, since texture counts for grain too."""
    bare = np.isin(scene.body.parts, (Part.LEFT_ARM, Part.RIGHT_ARM, Part.FACE, Part.NECK, Part.TORSO))
    seen = [where for where in (scene.old, bare, scene.body.alpha < 0.02) if where.sum() > 400]
    return min((grain_of(scene.photo, where) for where in seen), default=0.0)


def _touched_pixels(base: Undressed, whole: Layer, shadow: Floats) -> Mask:
    return np.asarray((np.maximum(base.changed, whole.alpha) > 1 / 512) | (shadow < 1 - 1 / 512))


def _lit(layer: Layer, shade: Floats, width: float, grain: float, rng: np.random.Generator) -> Layer:
    light = shade * roundness(layer.alpha, width)
    return replace(layer, colour=with_grain(np.clip(layer.colour * light[..., None], 0, 1), grain, rng))


def _over(below: Floats, layer: Layer) -> Floats:
    return (below + (layer.colour - below) * layer.alpha[..., None]).astype(np.float32)


def _arms_in_front(scene: _Scene) -> Floats:
    """Bare arms and hands below the armpits, which lie before the torso's cloth."""
    frame, parts = scene.frame, scene.body.parts
    arms = np.isin(parts, [Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND]).astype(np.float32)
    start = (frame.armpits["left"].y + frame.armpits["right"].y) / 2 + 0.10 * frame.width
    rows = np.arange(parts.shape[0], dtype=np.float32)[:, None]
    below = np.clip((rows - start) / (0.08 * frame.width), 0, 1)
    soft = guided(gauss(arms, 0.006 * frame.width), scene.photo, max(2, round(0.012 * frame.width)), 4e-4)
    return np.asarray(soft * below * scene.body.alpha, dtype=np.float32)


def _hair(scene: _Scene) -> Floats:
    """How much of each pixel is hair, with strands by the guided filter."""
    width = scene.frame.width
    hair = (scene.body.parts == Part.HAIR).astype(np.float32)
    strands = guided(gauss(hair, 0.004 * width), scene.photo, max(2, round(0.02 * width)), 3e-4)
    near = cv2.dilate(hair, disk(max(2, round(0.03 * width))))
    return np.asarray(np.clip(1.3 * strands - 0.12, 0, 1) * near * scene.body.alpha, dtype=np.float32)
