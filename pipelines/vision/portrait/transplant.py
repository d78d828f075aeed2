"""One face put into another's place: colour and light of the place, features of the newcomer."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, Mask, blurred
from pipelines.vision.inpaint import grain_of, with_grain
from pipelines.vision.portrait.align import Field, aligned, scale_of
from pipelines.vision.portrait.features import Features
from pipelines.vision.portrait.lab import lab_of, rgb_of
from pipelines.vision.portrait.locate import Portrait
from pipelines.vision.portrait.region import Region, ellipse, features_of, region_of

LIGHT_REACH = 0.45
"""Distances of the eyes over which light and tone are those of the place."""
GAINS = (0.4, 2.5)
"""Least and most by which the newcomer is darkened or lightened."""
BROW_COVERED = 0.08
"""Share of a brow and what is around it under hair from which both brows stay the target's."""
LIDS = (-0.17, -0.08)
"""From where to where a face without brows fades in, in shares of eyes to mouth."""
CONTRASTS = (0.5, 1.15)
"""Least and most by which shading of the newcomer's skin is made as strong as the target's."""
SKIN_HUE = 9.0
"""Difference of a* and b* up to which what is around eyes and nose is skin and takes the target's colour; lips differ by more."""
FEATHER = 0.16
"""Width in distances of the eyes over which the newcomer fades in."""


@dataclass(frozen=True, slots=True)
class Transplant:
    """The result, of the target's shape."""

    rgb: Floats
    mask: Floats
    """float32 (h, w): 0 where the target is untouched."""
    jacobian_min: float
    scale: float
    """How much the newcomer's face was enlarged."""


@dataclass(frozen=True, slots=True)
class _Light:
    """What turns the newcomer's tone and light into those of the place."""

    gain: Floats
    """float32 (h, w): of lightness."""
    base: Floats
    """float32 (h, w): lightness of the place, slowly changing."""
    contrast: Floats
    """float32 (h, w): of what departs from `base`."""
    own: Floats
    """float32 (h, w, 2): a* and b* of the newcomer's skin."""
    shift: Floats
    """float32 (h, w, 2): of a* and b*, for skin."""
    chroma: Floats
    """float32 (h, w): the newcomer's own, of skin."""
    strength: Floats
    """float32 (h, w): the place's chroma over the newcomer's."""
    skin: Floats
    """float32 (h, w) in [0, 1]: what is plain skin of the newcomer."""

    def of(self, rgb: Floats) -> Floats:
        """float32 (h, w, 3) in [0, 1] in this light."""
        lab = lab_of(rgb)
        out = lab.copy()
        out[..., 0] = np.clip(self.base + (lab[..., 0] * self.gain - self.base) * self.contrast, 0, 100)
        # What has no colour, as the white of an eye, must not take the opposite of the skin's; lips keep their hue.
        coloured = np.clip(np.hypot(lab[..., 1], lab[..., 2]) / self.chroma, 0, 1)
        moved = lab[..., 1:] + self.shift * coloured[..., None]
        scaled = lab[..., 1:] * self.strength[..., None]
        alike = np.clip(2 - np.linalg.norm(lab[..., 1:] - self.own, axis=2) / SKIN_HUE, 0, 1)
        out[..., 1:] = scaled + (moved - scaled) * np.maximum(self.skin, alike)[..., None]
        return rgb_of(out)

    def resized(self, shape: tuple[int, ...]) -> "_Light":
        return _Light(
            *(
                _sized(each, shape)
                for each in (self.gain, self.base, self.contrast, self.own, self.shift, self.chroma, self.strength, self.skin)
            )
        )


def transplanted(source: Portrait, target: Portrait, bend: float, side: float, rng: np.random.Generator) -> Transplant:
    """The face of `source` in `target`.

    With `bend` 1 its features lie where the target's do, with 0 in their own proportions. Regions and light are found with
    a face box at most `side` pixels wide; the pixels of the face come at full size from the source.
    """
    small, place = source.shrunk(side), target.shrunk(side)
    field = aligned(small.face, place.face, _shape(place.rgb), bend)
    there, own = region_of(place.rgb, place.face), region_of(small.rgb, small.face)
    newcomer = Region(*(field.of(each) for each in (own.oval, own.skin, own.front)))
    mask = _mask(newcomer, there, place.face)
    light = _light(field.of(small.rgb), place, newcomer, there, mask)
    shape = _shape(target.rgb)
    mask = _sized(mask, shape)
    seen = light.resized(shape).of(_seen(source, target, field, small))
    missing = grain_of(target.rgb, mask > 0.5) - grain_of(seen, mask > 0.5)
    seen = with_grain(seen, max(0.0, missing), rng)
    mixed = target.rgb + (seen - target.rgb) * mask[..., None]
    rgb = np.where(mask[..., None] > 0, mixed, target.rgb).astype(np.float32)
    return Transplant(rgb, mask, field.jacobian_min, scale_of(source.face, target.face))


def _shape(rgb: Floats) -> tuple[int, int]:
    return rgb.shape[0], rgb.shape[1]


def _sized(values: Floats, shape: tuple[int, ...]) -> Floats:
    if values.shape[:2] == shape[:2]:
        return values
    return cast(Floats, cv2.resize(values, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def _seen(source: Portrait, target: Portrait, field: Field, small: Portrait) -> Floats:
    """The source at full size where the target's face is."""
    scale = scale_of(source.face, target.face)
    # Shrunk without a blur first, fine texture would turn to noise.
    smooth = blurred(source.rgb, 0.4 / scale) if scale < 0.8 else source.rgb
    ratio = source.rgb.shape[1] / small.rgb.shape[1]
    x, y = (
        _sized((each + np.float32(0.5)) * np.float32(ratio) - np.float32(0.5), target.rgb.shape) for each in (field.x, field.y)
    )
    return Field(x, y, field.jacobian_min).of(smooth)


def _mask(newcomer: Region, there: Region, face: Features) -> Floats:
    """Where the newcomer shows: inside both faces, away from hair and hats of either, fading inward."""
    gap = face.eye_distance
    hair = cv2.dilate(newcomer.front, np.ones((3, 3), np.uint8), iterations=max(1, round(0.035 * gap)))
    inner = np.minimum(there.oval, newcomer.oval) > 0.02
    brows = _brows(face, inner.shape, 0.62)
    free = (inner | brows[0] | brows[1]) & (hair < 0.3)
    depth = cv2.distanceTransform(np.pad(free.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inward = np.clip(depth / (FEATHER * gap), 0, 1)
    mask = inward * inward * (3 - 2 * inward) * (1 - there.front)
    # Half a brow, or one of each person, looks wrong: where hair of either hangs into one, both stay.
    covered = np.maximum(hair, there.front) > 0.3
    if any(covered[brow].mean() > BROW_COVERED for brow in _brows(face, inner.shape, 0.45) if brow.any()):
        mask = mask * _below_brows(face, mask.shape)
    return cast(Floats, mask.astype(np.float32))


def _brows(face: Features, shape: tuple[int, ...], half: float) -> tuple[Mask, Mask]:
    """Each brow and what is around it, `half` distances of the eyes to both sides from where brows begin to bend.

    A brow's outer end reaches beyond the inner face: what stayed of it would join the newcomer's.
    """
    size, gap = (shape[0], shape[1]), face.eye_distance
    left, right = (ellipse(size, face.at(side * 0.6, -0.3), half * gap, 0.30 * gap, face.roll) < 1 for side in (-1, 1))
    return left, right


def _below_brows(face: Features, shape: tuple[int, ...]) -> Floats:
    """float32 (h, w): 1 from the eyelids down, fading to 0 at the brows."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    middle, angle = face.between_eyes, np.radians(face.roll)
    down = ((rows - middle.y) * np.cos(angle) - (columns - middle.x) * np.sin(angle)) / face.height
    inward = np.clip((down - LIDS[0]) / (LIDS[1] - LIDS[0]), 0, 1)
    return np.asarray(inward * inward * (3 - 2 * inward), np.float32)


def _light(seen: Floats, place: Portrait, newcomer: Region, there: Region, mask: Floats) -> _Light:
    """By Lab: what changes slowly over the skin is to be the target's, what changes quickly, features included, the newcomer's."""
    gap = place.face.eye_distance
    new, old = lab_of(seen), lab_of(place.rgb)
    inside = 0.05 + (mask > 0).astype(np.float32)
    both = 0.05 + newcomer.skin * there.skin
    slow_new, slow_old = _slow(new, newcomer.skin * inside * both, gap), _slow(old, there.skin * inside * both, gap)
    gain = np.clip(slow_old[..., 0] / np.maximum(slow_new[..., 0], 1), *GAINS).astype(np.float32)
    chroma, wanted = (np.maximum(np.hypot(each[..., 1], each[..., 2]), 4).astype(np.float32) for each in (slow_new, slow_old))
    skin = blurred(np.clip(1.5 * newcomer.skin, 0, 1).astype(np.float32), 0.02 * gap)
    strength = np.clip(wanted / chroma, 0.6, 1.2)
    base, contrast = slow_old[..., 0], _contrast(new[..., 0] * gain, old[..., 0], slow_old[..., 0], newcomer, there, place.face)
    return _Light(
        gain, base, contrast, slow_new[..., 1:], slow_old[..., 1:] - slow_new[..., 1:], chroma, strength.astype(np.float32), skin
    )


def _contrast(new: Floats, old: Floats, base: Floats, newcomer: Region, there: Region, face: Features) -> Floats:
    """float32 (h, w): what the newcomer's shading is multiplied by, over plain skin; eyes, brows and lips keep their own."""
    shared = newcomer.skin * there.skin
    own, wanted = (float(np.sqrt((shared * (each - base) ** 2).sum() / max(float(shared.sum()), 1.0))) for each in (new, old))
    share = float(np.clip((wanted + 1) / (own + 1), *CONTRASTS))
    features = blurred(features_of(base.shape, face, nose=False).astype(np.float32), 0.08 * face.eye_distance)
    return np.asarray(1 + (share - 1) * (1 - features), np.float32)


def _slow(lab: Floats, weight: Floats, gap: float) -> Floats:
    """The mean of what has weight within some reach; where there is little, of a wider one."""
    result = None
    for reach in (3.0, 1.0, LIGHT_REACH):
        share = blurred(weight, reach * gap)[..., None]
        mean = blurred((lab * weight[..., None]).astype(np.float32), reach * gap) / np.maximum(share, 1e-6)
        result = mean if result is None else result + (mean - result) * np.clip(share / 0.02, 0, 1)
    return np.asarray(result, dtype=np.float32)
