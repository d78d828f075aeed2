"""Garments laid over a rendered body: what of them is seen, how the light falls on them, and what they shade."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, Mask, linear, resized
from pipelines.sizes import Size
from pipelines.vision.garments.fit import Dressed, Layer
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.light import Light, shaded
from pipelines.vision.rendering.render import Rendered

THICKNESS = 0.0045
"""How far cloth stands off the body, in body heights."""
SPAN = 0.013
"""Width of the hollows that cloth spans without sinking in."""
MOST_OVERHANG = 0.040
"""How much wider than a garment the body may be, to each side and in body heights, to be slimmed under it."""
GUSSET = 0.055
"""How far around an armpit cloth is filled in, in body heights."""
CUFF = 0.045
"""Above the lowest point of a sleeve, the part of it where a slanted cuff leaves the arm bare."""
EASE_OUT = 0.10
"""How far below the hem the body is back to its own width."""
_TRUNK = (Part.TORSO, Part.UPPER, Part.LOWER, Part.LEFT_LEG, Part.RIGHT_LEG)
_LIMBS = (Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND)
RELIEF = 0.85
"""Exponent on the body's light where it falls on a product, whose picture has light of its own."""


@dataclass(frozen=True, slots=True)
class Look:
    """A dressed figure of (h, w) pixels without its background."""

    rgb: Floats
    """float32 (h, w, 3), linear."""
    alpha: Floats


def seen(dressed: Dressed, body: Rendered, is_bottom: bool) -> tuple[Layer, ...]:
    """The garment's layers without what bare arms, hands and head hide of them; a hand comes out of its sleeve, not before it."""
    like = dressed.torso.alpha
    arms = _front(body, (Part.LEFT_ARM, Part.RIGHT_ARM), like, 0.0 if is_bottom else _bare_from(dressed, body))
    hands = _front(body, (Part.LEFT_HAND, Part.RIGHT_HAND), like)
    head = _front(body, (Part.FACE, Part.HAIR), like)
    return (_without(dressed.torso, np.maximum(arms, np.maximum(hands, head))), _without(dressed.sleeves, head))


def _bare_from(dressed: Dressed, body: Rendered) -> float:
    """The row of the body's picture from which arms are bare: below the armpits, and below the sleeves if there are any."""
    armpits = [at.y for name, at in body.body.joints.items() if name.endswith("armpit")]
    sleeved = np.flatnonzero((dressed.sleeves.alpha > 0.5).any(axis=1))
    cuff = sleeved[-1] * body.alpha.shape[0] / dressed.sleeves.alpha.shape[0] if sleeved.size else 0.0
    return float(max([*armpits, cuff], default=0.0))


def _front(body: Rendered, parts: tuple[Part, ...], like: Floats, start: float = 0.0) -> Floats:
    """float32 like `like`: coverage by some parts of the body from row `start` down, enlarged with smooth edges."""
    mask = np.isin(body.body.parts, [int(part) for part in parts])
    mask[: int(start)] = False
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)
    large = cv2.resize(soft, like.shape[::-1], interpolation=cv2.INTER_CUBIC)
    sharpness = max(1.0, 0.8 * like.shape[0] / mask.shape[0])
    return cast(Floats, np.clip((large - 0.5) * sharpness + 0.5, 0, 1).astype(np.float32))


def _without(layer: Layer, hidden: Floats) -> Layer:
    return Layer(layer.colour, (layer.alpha * (1 - hidden)).astype(np.float32), layer.jacobian_min)


def gusseted(dressed: Dressed, body: Rendered) -> Dressed:
    """The garment with cloth where its sleeves and its trunk leave the body bare around the armpits."""
    if not dressed.sleeves.alpha.any():
        return dressed
    unit, joints = body.view.scale, body.body.joints
    skin = np.isin(body.body.parts, [int(part) for part in (*_TRUNK, Part.LEFT_ARM, Part.RIGHT_ARM)]).astype(np.float32)
    rows, columns = np.ogrid[: skin.shape[0], : skin.shape[1]]
    near = np.zeros_like(skin)
    for at in (at for name, at in joints.items() if name.endswith("armpit")):
        outwards = (columns - at.x) * (1 if at.x > body.view.centre_x else -1)
        beside = (outwards > -0.025 * unit) & (outwards < GUSSET * unit)
        inside = beside & (rows > at.y - 0.025 * unit) & (rows < at.y + GUSSET * unit)
        near = np.maximum(near, (inside * skin).astype(np.float32))
    layer, whole = dressed.sleeves, dressed.whole
    near = near * _between(resized(whole.alpha, _size(near)))
    soft = cast(Floats, cv2.GaussianBlur(near, (0, 0), 1.0))
    patch = np.clip(resized(soft, _size(layer.alpha)), 0, 1) * (1 - whole.alpha)
    colour = _filled_colour(whole.colour, whole.alpha, 0.012 * unit * layer.alpha.shape[0] / skin.shape[0])
    alpha = np.clip(layer.alpha + patch, 0, 1).astype(np.float32)
    mixed = (layer.colour * layer.alpha[..., None] + colour * patch[..., None]) / np.maximum(alpha, 1e-4)[..., None]
    return replace(dressed, sleeves=Layer(mixed.astype(np.float32), alpha, layer.jacobian_min))


def _between(alpha: Floats) -> Floats:
    """float32 (h, w): 1 from the first to the last covered pixel of each row."""
    covered = alpha > 0.5
    from_left, from_right = np.maximum.accumulate(covered, axis=1), np.maximum.accumulate(covered[:, ::-1], axis=1)[:, ::-1]
    return cast(Floats, (from_left & from_right).astype(np.float32))


def _filled_colour(colour: Floats, alpha: Floats, sigma: float) -> Floats:
    weight = (alpha > 0.9).astype(np.float32)
    return cast(Floats, np.dstack([_filled(np.ascontiguousarray(colour[..., channel]), weight, sigma) for channel in range(3)]))


def slimmed(body: Rendered, garment: Dressed) -> Rendered:
    """The body without what would stick out beside a garment: of the trunk between armpits and hem, of arms in sleeves.

    A garment is shown as wide as it is; a body that is wider there would have stretched it.
    """
    torso, sleeves = (resized(layer.alpha, _size(body.alpha)) for layer in (garment.torso, garment.sleeves))
    trunk, arms = _fringed(body, _TRUNK), _fringed(body, (Part.LEFT_ARM, Part.RIGHT_ARM))
    limbs = np.isin(body.body.parts, [int(part) for part in _LIMBS])
    armpits = [at.y for name, at in body.body.joints.items() if name.endswith("armpit")]
    free = 0.045 if sleeves.any() else 0.03
    start = int(max(armpits, default=0.0) + free * body.view.scale)
    cut = _overhang(torso, trunk & ~limbs, start, body.view.scale)
    cut |= _overhang(torso[:, ::-1], (trunk & ~limbs)[:, ::-1], start, body.view.scale)[:, ::-1]
    middle = int(body.view.centre_x)
    for side in (slice(0, middle), slice(middle, None)):
        cut[:, side] |= _bare_beside(sleeves[:, side], arms[:, side] & ~_hands(body)[:, side], body.view.scale)
    kept = np.where(cut, np.float32(0), body.alpha).astype(np.float32)
    return replace(body, alpha=kept, height=np.where(cut, np.float32(-0.1 * body.view.scale), body.height).astype(np.float32))


def without_gap(body: Rendered, trousers: Dressed) -> Rendered:
    """The body without what of its legs would show between the legs of trousers."""
    alpha = resized(trousers.torso.alpha, _size(body.alpha))
    cut = _fringed(body, _TRUNK) & (_between(alpha) > 0) & (alpha < 0.9)
    kept = np.where(cut, np.float32(0), body.alpha).astype(np.float32)
    return replace(body, alpha=kept, height=np.where(cut, np.float32(-0.1 * body.view.scale), body.height).astype(np.float32))


def _fringed(body: Rendered, parts: tuple[Part, ...]) -> Mask:
    """bool (h, w): some parts, with the soft edge around them."""
    own = np.isin(body.body.parts, [int(part) for part in parts]).astype(np.uint8)
    return cv2.dilate(own, np.ones((5, 5), np.uint8)) > 0


def _hands(body: Rendered) -> Mask:
    return _fringed(body, (Part.LEFT_HAND, Part.RIGHT_HAND))


def _bare_beside(sleeve: Floats, arm: Mask, unit: float) -> Mask:
    """bool (h, w): what a sleeve leaves bare of the arm above its cuff."""
    bare = np.zeros(sleeve.shape, np.bool_)
    rows = np.flatnonzero((sleeve > 0.5).sum(axis=1) > 0.012 * unit)
    if rows.size < 0.05 * unit:
        return bare
    within = slice(rows[0], max(rows[0], rows[-1] - int(CUFF * unit)))
    bare[within] = arm[within] & (cv2.erode(sleeve, np.ones((3, 3), np.uint8))[within] < 0.9)
    return bare


def _overhang(alpha: Floats, trunk: Mask, start: int, unit: float) -> Mask:
    """bool (h, w): the trunk to the left of the garment's left edge, from row `start` down to its hem on that side."""
    cut = np.zeros(alpha.shape, np.bool_)
    inside = alpha > 0.5
    rows = np.flatnonzero(inside.any(axis=1))
    rows = rows[rows >= start]
    if rows.size < 0.03 * unit:
        return cut
    edge = inside[rows].argmax(axis=1)
    corner = int(np.flatnonzero(edge <= edge[rows.size // 2 :].min() + 0.012 * unit)[-1])
    hem = int(rows[corner])
    below = np.arange(1, int(EASE_OUT * unit))
    limit = np.concatenate([edge[: corner + 1] + 1.5, edge[corner] + 1.5 - MOST_OVERHANG * unit * (below / below.size) ** 1.5])
    reach = np.concatenate([rows[: corner + 1], hem + below])
    limit, reach = limit[reach < alpha.shape[0]], reach[reach < alpha.shape[0]]
    beside = (np.arange(alpha.shape[1])[None, :] < limit[:, None]) & trunk[reach]
    overhang = np.where(beside.any(axis=1), limit - beside.argmax(axis=1), 0)
    cut[reach] = beside & (overhang < MOST_OVERHANG * unit)[:, None]
    return cut


def put_on(body: Rendered, layers: Sequence[Layer], light: Light) -> Look:
    """The body with the layers over it, the first one lowest; all layers are of one size, which has the body's aspect.

    Cloth takes the body's light through a height field of its own, and shades the body that it lies on.
    """
    shown = [layer for layer in layers if layer.alpha.any()]
    if not shown:
        return Look(linear(body.rgb), body.alpha)
    canvas = _size(shown[0].alpha)
    unit = body.view.scale
    small = [resized(layer.alpha, _size(body.alpha)) for layer in shown]
    height = body.height
    for alpha in small:
        height = height + (_cloth(height, alpha, unit) - height) * alpha
    bare, clothed = shaded(body.height, light, unit), shaded(height.astype(np.float32), light, unit)
    on_body = np.clip((clothed.diffuse + 0.05) / (bare.diffuse + 0.05), 0.25, 1.2).astype(np.float32)
    rgb = linear(np.clip(resized(body.rgb, canvas), 0, 1)) * resized(on_body, canvas)[..., None]
    cover = cast(Floats, np.clip(resized(body.alpha, canvas), 0, 1))
    for layer, alpha in zip(shown, small, strict=True):
        own = clothed.diffuse / _reference(clothed.diffuse, alpha)
        fall = resized(np.clip(own, 0.12, 1.35).astype(np.float32) ** np.float32(RELIEF), canvas)
        cloth = linear(np.clip(layer.colour, 0, 1)) * fall[..., None] * light.tint
        total = layer.alpha + cover * (1 - layer.alpha)
        under = (cover * (1 - layer.alpha))[..., None]
        rgb = ((cloth * layer.alpha[..., None] + rgb * under) / np.maximum(total, 1e-4)[..., None]).astype(np.float32)
        cover = total.astype(np.float32)
    return Look(rgb, cover)


def _size(values: Floats) -> Size:
    return Size(values.shape[1], values.shape[0])


def _reference(diffuse: Floats, alpha: Floats) -> float:
    """The light on the garment's well lit parts."""
    inside = alpha > 0.6
    return float(np.percentile(diffuse[inside], 72)) if inside.any() else 1.0


def _cloth(height: Floats, alpha: Floats, unit: float) -> Floats:
    """float32 (h, w): the surface of cloth of coverage `alpha` over a height field: it rests on what stands out."""
    solid: Mask = height > -0.04 * unit
    weight = (solid & (alpha > 0.02)).astype(np.float32)
    broad = _filled(height, weight, SPAN * unit)
    distance = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    rim = np.sqrt(np.clip(1 - (1 - np.clip(distance / (0.010 * unit), 0, 1)) ** 2, 0, 1))
    resting = np.maximum(broad, np.where(solid, height, -1e4)) * 0.5 + broad * 0.5
    return cast(Floats, (resting + THICKNESS * unit * (0.4 + 0.6 * rim)).astype(np.float32))


def _filled(values: Floats, weight: Floats, sigma: float) -> Floats:
    """A blur of the values that count, spread over those that don't, from near to far."""
    total, shares = np.zeros_like(values), np.full_like(values, 1e-6)
    for wider in (1.0, 3.0, 9.0):
        step = max(1, int(sigma * wider / 4))
        size = (max(1, values.shape[1] // step), max(1, values.shape[0] // step))
        spread = [cv2.GaussianBlur(cv2.resize(each, size, interpolation=cv2.INTER_AREA), (0, 0), sigma * wider / step)
                  for each in (values * weight, weight)]  # fmt: skip
        amount, share = (cv2.resize(each, values.shape[::-1], interpolation=cv2.INTER_LINEAR) for each in spread)
        missing = np.clip(1 - shares * 4, 0, 1)
        total, shares = total + amount * missing, shares + share * missing
    return cast(Floats, (total / shares).astype(np.float32))
