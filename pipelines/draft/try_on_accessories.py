"""Shoes, hats and bags on the person of a photograph: what was there comes off, the product is placed, lit and shaded."""

import re
from dataclasses import replace

import cv2
import numpy as np

from pipelines.draft.try_on_effort import Box, Result
from pipelines.errors import UnsupportedTask
from pipelines.images import Bytes, Floats, Mask, to_bytes
from pipelines.sizes import Size
from pipelines.vision.garments.accessories import Carried, Placed, put_on_bag, put_on_hat, unit_of
from pipelines.vision.garments.fit import Layer, scaled
from pipelines.vision.garments.folds import contact_shadow, photo_light
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.shoes import feet_of, leg_columns, put_on_shoes
from pipelines.vision.inpaint import grain_of, guided, membrane, with_grain
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.view import gauss

FITTING_SIDE = 640
MARGIN = 0.35
"""Around all that changes, in shoulder widths."""
SHADOW = {"hat": 0.30, "bag": 0.34, "shoes": 0.45}
"""How dark the shadow close to a product is."""
WIDE = {"hat": 0.06, "bag": 0.05, "shoes": 0.07}
"""How far it reaches, in shoulder widths."""
SPREAD_SIDE = 700
_NEEDED = {
    "hat": (Part.FACE, Part.HAIR, Part.NECK),
    "bag": (Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.UPPER, Part.DRESS),
    "shoes": (Part.SHOES, Part.LEFT_LEG, Part.RIGHT_LEG, Part.LOWER),
}
"""Parts of the body that placing a product looks at."""


def accessorised(photo: Floats, body: Body, product: Garment, prompt: str, rng: np.random.Generator) -> Result:
    """`product` on the `body`, which has the size of `photo`, float32 (h, w, 3). Raises `UnsupportedTask` with advice."""
    box = _touched(body, product, prompt)
    part = replace(
        body,
        alpha=np.ascontiguousarray(body.alpha[box.part]),
        parts=np.ascontiguousarray(body.parts[box.part]),
        joints={name: Point(at.x - box.left, at.y - box.top) for name, at in body.joints.items()},
    )
    placed = _placed(product, part, prompt)
    if placed.layer.alpha.sum() < 30:
        raise UnsupportedTask(f"the place of the {product.category} lies outside of the model picture. Use one that shows it.")
    shown = _composed(np.ascontiguousarray(photo[box.part]), part, placed, product.category, rng)
    return Result(box.part, shown, placed.layer.jacobian_min, placed.notes)


def _placed(product: Garment, body: Body, prompt: str) -> Placed:
    if product.category == "hat":
        return put_on_hat(product, body)
    if product.category == "shoes":
        return put_on_shoes(product, body)
    return put_on_bag(product, body, _way(prompt), _side(prompt))


def _way(prompt: str) -> Carried | None:
    words = prompt.lower()
    if re.search(r"cross[- ]?body|across", words):
        return "crossbody"
    if "shoulder" in words:
        return "shoulder"
    return "hand" if re.search(r"\b(hand|hands|held|holding)\b", words) else None


def _side(prompt: str) -> str | None:
    """The side of the picture: the person's right hand is at the picture's left."""
    words = prompt.lower()
    if re.search(r"\bright (hand|shoulder|arm|side)\b", words):
        return "left"
    return "right" if re.search(r"\bleft (hand|shoulder|arm|side)\b", words) else None


def _touched(body: Body, product: Garment, prompt: str) -> Box:
    """All that may change, from a placing in small, and what placing looks at."""
    height, width = body.parts.shape
    scale = min(1.0, FITTING_SIDE / max(width, height))
    small = scaled(body, Size(max(1, round(width * scale)), max(1, round(height * scale))))
    placed = _placed(product, small, prompt)
    needed = np.isin(small.parts, [int(part) for part in _NEEDED[product.category]])
    rows, columns = np.nonzero((placed.layer.alpha > 0) | placed.replaced | needed)
    margin = MARGIN * unit_of(body)
    return Box(
        max(0, int(columns.min() / scale - margin)), max(0, int(rows.min() / scale - margin)),
        min(width, int(columns.max() / scale + margin)), min(height, int(rows.max() / scale + margin)),
    )  # fmt: skip


def _composed(photo: Floats, body: Body, placed: Placed, category: str, rng: np.random.Generator) -> Bytes:
    """uint8 (h, w, 3): the photograph without what goes, the product's shadow, the product, what lies before it."""
    unit = unit_of(body)
    bare = placed.replaced & (placed.layer.alpha < 0.995)
    changed = gauss(bare.astype(np.float32), 0.006 * unit) * (cv2.dilate(bare.astype(np.uint8), np.ones((3, 3))) > 0)
    base = photo + (_cleared(photo, body, placed, category, rng) - photo) * changed[..., None] if bare.any() else photo
    light = photo_light(photo, body)
    grain = max(0.0, grain_of(photo, body.alpha > 0.9) - 0.7 * grain_of(placed.layer.colour, placed.layer.alpha > 0.95))
    front = guided(placed.front, photo, max(2, round(0.012 * unit)), 4e-4) if placed.front.any() else placed.front
    colour = with_grain(np.clip(placed.layer.colour * light, 0, 1).astype(np.float32), grain, rng)
    alpha = placed.layer.alpha * (1 - front)
    shadow = _shadow(placed.layer, body, category, unit)
    shadow = 1 - (1 - shadow) * (1 - front)
    out = base * shadow[..., None]
    out = out + (colour - out) * alpha[..., None]
    touched = (changed > 1 / 512) | (alpha > 1 / 512) | (shadow < 1 - 1 / 512)
    return np.where(touched[..., None], to_bytes(out.astype(np.float32)), to_bytes(photo))


def _shadow(layer: Layer, body: Body, category: str, unit: float) -> Floats:
    """Factor up to 1, float32 (h, w): under a hat on head and hair, beside a bag on the body, under shoes on the ground."""
    strength, wide = SHADOW[category], WIDE[category] * unit
    near = contact_shadow(layer.alpha, unit, strength)
    down = max(1, round(0.6 * wide))
    moved = np.zeros_like(layer.alpha)
    moved[down:] = layer.alpha[:-down]
    soft = 1 - 0.6 * strength * np.clip(gauss(moved, 0.5 * wide) - 0.15 * layer.alpha, 0, 1)
    both = near * soft
    inside = np.clip(body.alpha, 0, 1)
    if category == "shoes":
        return np.asarray(1 - (1 - both) * _near_ground(layer.alpha, unit), dtype=np.float32)
    return np.asarray(1 - (1 - both) * inside, dtype=np.float32)


def _near_ground(alpha: Floats, unit: float) -> Floats:
    """float32 (h, w): 1 about the soles, 0 above the feet."""
    solid = alpha > 0.5
    bottom = np.where(solid.any(axis=0), alpha.shape[0] - solid[::-1].argmax(axis=0), 0)
    sole = float(np.percentile(bottom[bottom > 0], 60)) if solid.any() else float(alpha.shape[0])
    rows = np.arange(alpha.shape[0], dtype=np.float32)[:, None]
    return np.asarray(np.clip((rows - sole + 0.13 * unit) / (0.08 * unit), 0, 1), dtype=np.float32)


def _cleared(photo: Floats, body: Body, placed: Placed, category: str, rng: np.random.Generator) -> Floats:
    """The photograph with background where something goes, and leg where boots were."""
    filled = _spread(photo, (body.alpha < 0.02) & ~placed.replaced, rng)
    if category == "shoes":
        legs = np.isin(body.parts, (Part.LOWER, Part.LEFT_LEG, Part.RIGHT_LEG)) & ~placed.replaced
        if legs.sum() > 100:
            cover = gauss((leg_columns(body, feet_of(body)) & placed.replaced).astype(np.float32), 0.008 * unit_of(body))
            filled = filled + (_spread(photo, legs, rng) - filled) * cover[..., None]
    return np.asarray(filled, dtype=np.float32)


def _spread(photo: Floats, known: Mask, rng: np.random.Generator) -> Floats:
    """The known region's colours over the whole picture, with its grain."""
    core = cv2.erode(known.astype(np.uint8), np.ones((5, 5))) > 0
    core = core if core.sum() > 50 else known
    height, width = known.shape
    shrink = max(2.0, max(height, width) / SPREAD_SIDE)
    small = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    weight = cv2.resize(core.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    paint = cv2.resize(photo * core[..., None], small, interpolation=cv2.INTER_AREA) / np.maximum(weight, 1e-4)[..., None]
    wide = cv2.resize(membrane(paint.astype(np.float32), (weight > 0.6).astype(np.float32)), (width, height))
    return with_grain(wide.astype(np.float32), grain_of(photo, core), rng)
