"""Cloth and skin told apart anew by the colours of this very picture, where a reading of the whole person is coarse."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Mask
from pipelines.vision.garments.worn import above_hem
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.view import disk, gauss, pieces

BINS = 20
"""Of a colour histogram, for each of L, a and b."""
SIDE = 1100
"""Long side in pixels at which labels are looked over, at most."""
SURE = 1.6
"""Natural logarithm of how many times likelier the other colour must be before a label changes."""
CORE = 0.02
"""Of the shoulder width: how far from the edge of a label its colours are learned."""
UNLIKE = 14.0
"""CIELAB difference, lightness counted less, from which something below the ankle isn't what the leg above it is."""
DEEPEST_STRIPE = 0.12
"""Of the shoulder width: how far apart rows of the upper garment's own colours may lie at its hem."""
LONGER = 0.5
"""Of the shoulder width: how far the upper garment goes on at most below where its label ends."""
_ARMS = (Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND)
_BARE = (*_ARMS, Part.NECK, Part.FACE, Part.TORSO)
_CLOTH = (Part.UPPER, Part.DRESS)


@dataclass(frozen=True, slots=True)
class _Odds:
    """float32 (h, w): natural logarithm of how much likelier skin is than cloth, smoothed a little."""

    values: NDArray[np.float32]
    apart: bool
    """Whether the two have different colours at all."""


def relabelled(rgb: Bytes, body: Body) -> Body:
    """`body` with skin on arms that was taken for clothes, and cloth that was taken for skin, labelled as what they are.

    Colours decide only where skin and clothes of this picture, uint8 (h, w, 3), differ; else the body stays as it was.
    """
    scale = min(1.0, SIDE / max(body.parts.shape))
    size = (max(1, round(body.parts.shape[1] * scale)), max(1, round(body.parts.shape[0] * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    parts = cv2.resize(body.parts, size, interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint8)
    unit = _unit(body) * scale
    new = _skin_given_back(small, parts, body, unit, scale)
    new = _upper_given_back(small, _cloth_given_back(small, new, unit), unit)
    new = _lower_given_back(small, new, body, unit, scale)
    new = _shoes_told(small, new, body, unit, scale)
    if (new == parts).all():
        return body
    changed = new != parts
    wide = cv2.resize(changed.astype(np.uint8), body.parts.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT) > 0
    large = cv2.resize(new, body.parts.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint8)
    return replace(body, parts=np.where(wide, large, body.parts).astype(np.uint8))


def _unit(body: Body) -> float:
    left, right = (body.joints.get(f"{side}_shoulder") for side in ("left", "right"))
    return 0.25 * body.alpha.shape[0] if left is None or right is None else float(np.hypot(left.x - right.x, left.y - right.y))


def _skin_given_back(rgb: Bytes, parts: Bytes, body: Body, unit: float, scale: float) -> Bytes:
    """Clothes beside the trunk whose colour is skin's become arm again."""
    clothes = np.isin(parts, (Part.UPPER, Part.DRESS, Part.LOWER, Part.TORSO))
    upper = np.isin(parts, _CLOTH)
    odds = _odds(rgb, upper, np.isin(parts, _BARE), unit)
    trousers = _odds(rgb, parts == Part.LOWER, np.isin(parts, _BARE), unit)
    arms = np.isin(parts, _ARMS)
    if not odds.apart or not arms.any():
        return parts
    skin = clothes & (odds.values > SURE) & ((parts == Part.TORSO) | (parts != Part.LOWER) | (trousers.values > SURE))
    rows = np.arange(parts.shape[0])[:, None]
    top = max((at.y for name, at in body.joints.items() if name.endswith("shoulder")), default=0.0) * scale
    found = skin & (rows > top + 0.15 * unit) & ~_trunk(body, parts.shape, scale)
    found = cv2.morphologyEx((found | arms).astype(np.uint8), cv2.MORPH_CLOSE, disk(max(1, round(0.015 * unit)))) > 0
    near = cv2.dilate(arms.astype(np.uint8), disk(max(2, round(0.05 * unit)))) > 0
    kept = [piece for piece in pieces(found & clothes) if (piece & near).any()]
    if not kept:
        return parts
    new = np.any(kept, axis=0)
    return np.where(new, _nearest(parts, arms), parts).astype(np.uint8)


def _cloth_given_back(rgb: Bytes, parts: Bytes, unit: float) -> Bytes:
    """Skin and hair at the rim of clothes whose colour is the clothes' own become clothes."""
    upper = np.isin(parts, _CLOTH)
    bare = np.isin(parts, _BARE) & (parts != Part.FACE)
    odds = _odds(rgb, upper, np.isin(parts, _BARE), unit)
    if not odds.apart or not bare.any():
        return parts
    near = cv2.dilate(upper.astype(np.uint8), disk(max(2, round(0.12 * unit)))) > 0
    found = bare & near & (odds.values < -SURE)
    hair = parts == Part.HAIR
    strands = _odds(rgb, upper, hair, unit)
    if strands.apart:
        found |= hair & near & (strands.values < -SURE)
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, disk(max(1, round(0.006 * unit)))) > 0
    return np.where(found, _nearest(parts, upper), parts).astype(np.uint8)


def _upper_given_back(rgb: Bytes, parts: Bytes, unit: float) -> Bytes:
    """Rows of what is worn below the waist that have the upper garment's colours and follow on it become upper garment: the
    lowest stripes of a striped one.
    """
    upper, lower = parts == Part.UPPER, parts == Part.LOWER
    under = np.zeros_like(upper)
    under[1:] = upper[:-1] & lower[1:]
    rows, columns = np.nonzero(under)
    if columns.size < 0.3 * unit:
        return parts
    hem = int(np.median(rows))
    deep = np.arange(len(parts))[:, None] > hem + LONGER * unit
    odds = _odds(rgb, upper, lower & deep, unit)
    if not odds.apart:
        return parts
    band = np.s_[hem : int(hem + LONGER * unit), columns.min() : columns.max() + 1]
    worn, own = lower[band], lower[band] & (odds.values[band] < -SURE)
    alike = np.flatnonzero(own.sum(axis=1) > 0.5 * np.maximum(1, worn.sum(axis=1)))
    gaps = np.diff(np.concatenate([[-1], alike])) > DEEPEST_STRIPE * unit
    alike = alike[: int(gaps.argmax())] if gaps.any() else alike
    if not alike.size:
        return parts
    low = np.arange(len(parts))[:, None] <= hem + alike[-1]
    return np.where(lower & low, np.uint8(Part.UPPER), parts).astype(np.uint8)


def _lower_given_back(rgb: Bytes, parts: Bytes, body: Body, unit: float, scale: float) -> Bytes:
    """What was taken for the upper garment but lies below the edge of its hem becomes what is worn below the waist."""
    upper, lower = parts == Part.UPPER, parts == Part.LOWER
    waist = min((at.y for name, at in body.joints.items() if name.endswith("waist")), default=np.inf) * scale
    found = upper & ~above_hem(rgb, upper, lower) & (np.arange(parts.shape[0])[:, None] > waist)
    near = cv2.dilate(lower.astype(np.uint8), disk(max(2, round(0.03 * unit)))) > 0
    stout = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, disk(max(1, round(0.03 * unit)))) > 0
    kept = [piece for piece in pieces(found) if (piece & near).any() and (piece & stout).any()]
    return np.where(np.any(kept, axis=0), np.uint8(Part.LOWER), parts).astype(np.uint8) if kept else parts


def _shoes_told(rgb: Bytes, parts: Bytes, body: Body, unit: float, scale: float) -> Bytes:
    """Below each ankle, what has neither the colour of the trousers nor of the legs above it becomes shoe."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    new = parts.copy()
    for side in ("left", "right"):
        ankle = body.joints.get(f"{side}_ankle")
        if ankle is None:
            continue
        x, y = ankle.x * scale, ankle.y * scale
        above = np.s_[
            int(max(0, y - 0.5 * unit)) : int(max(1, y - 0.15 * unit)), int(max(0, x - 0.12 * unit)) : int(x + 0.12 * unit)
        ]
        legs = np.isin(parts[above], (Part.LOWER, Part.LEFT_LEG, Part.RIGHT_LEG))
        below = np.s_[int(max(0, y - 0.10 * unit)) : int(y + 0.4 * unit), int(max(0, x - 0.4 * unit)) : int(x + 0.4 * unit)]
        if legs.sum() < 30 or new[below].size == 0:
            continue
        tone = np.median(lab[above][legs], axis=0)
        other = np.linalg.norm((lab[below] - tone) * (0.6, 1, 1), axis=2) > UNLIKE
        foot = np.isin(new[below], (Part.LOWER, Part.LEFT_LEG, Part.RIGHT_LEG)) & other
        new[below][cv2.morphologyEx(foot.astype(np.uint8), cv2.MORPH_OPEN, disk(1)) > 0] = Part.SHOES
    return new


def _nearest(parts: Bytes, among: Mask) -> Bytes:
    """uint8 (h, w): for each pixel the label of the nearest one in `among`."""
    _, labels = cv2.distanceTransformWithLabels((~among).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(labels.max()) + 1, np.uint8)
    table[labels[among]] = parts[among]
    return np.asarray(table[labels], dtype=np.uint8)


def _odds(rgb: Bytes, cloth: Mask, skin: Mask, unit: float) -> _Odds:
    reach = max(1, round(CORE * unit))
    cores = [cv2.erode(mask.astype(np.uint8), disk(reach)) > 0 for mask in (cloth, skin)]
    if min(core.sum() for core in cores) < 200:
        return _Odds(np.zeros(cloth.shape, np.float32), False)
    bins = _bins(rgb)
    first, second = (_histogram(bins[core]) for core in cores)
    overlap = float(np.minimum(first, second).sum())
    ratio = np.log((second + 1e-5) / (first + 1e-5)).astype(np.float32)[bins]
    return _Odds(gauss(ratio, 0.006 * unit), overlap < 0.35)


def _bins(rgb: Bytes) -> NDArray[np.intp]:
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.8), cv2.COLOR_RGB2LAB).astype(np.intp) * BINS // 256
    return np.asarray((lab[..., 0] * BINS + lab[..., 1]) * BINS + lab[..., 2])


def _histogram(bins: NDArray[np.intp]) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(bins, minlength=BINS**3).reshape(BINS, BINS, BINS)
    return np.asarray(gaussian_filter(counts / max(1, bins.size), 0.8, mode="nearest").ravel())


def _trunk(body: Body, shape: tuple[int, ...], scale: float) -> Mask:
    """bool (h, w): what lies well between armpits, waists and hips, where nothing but clothes is looked for."""
    canvas = np.zeros(shape[:2], np.uint8)
    lines = [[body.joints[f"{side}_{name}"] for name in ("armpit", "waist", "hip") if f"{side}_{name}" in body.joints]
             for side in ("right", "left")]  # fmt: skip
    if not all(lines):
        return canvas > 0
    middle = float(np.mean([at.x for line in lines for at in line]))
    outline = [*lines[0], *lines[1][::-1]]
    points = np.array([[middle + 0.9 * (at.x - middle), at.y] for at in outline]) * scale
    cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 1)
    return canvas > 0
