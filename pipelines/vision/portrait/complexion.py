"""Other skin and hair on the same person: where they are, softly, and how they look in another colour under the same light.

The colour is CIE L*a*b*. What a surface is (its tone) is told from how it is lit (shade, highlight) by comparing each pixel
with the tone that the whole skin has: shade scales with the tone, a highlight is the light's and stays.
"""

from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, blurred
from pipelines.vision.inpaint import guided
from pipelines.vision.mattes.known_colours import carried, projected
from pipelines.vision.people.body import Part
from pipelines.vision.people.view import disk
from pipelines.vision.portrait.lab import Lab, lab_of, rgb_of

SKIN = (
    Part.FACE, Part.NECK, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.LEFT_LEG, Part.RIGHT_LEG, Part.TORSO,
)  # fmt: skip
CLOTHES = (Part.UPPER, Part.LOWER, Part.DRESS, Part.SHOES)
BAND = 0.005
"""Width of the edge of skin that is looked at closely, as a share of the picture's long side."""
HAIR_TEXTURE = 0.6
"""Mean fine contrast of lightness below which what is on a head is a hat, or a mannequin's crown."""
MOST_COLOURED_HAIR = 25.0
"""Chroma that hair has at most; more looks like a wig."""
_DARKEST, _BRIGHTEST = 0.35, 1.2
_HUES, _SKIN_HUES = 48.0, (40.0, 65.0)
"""Degrees of hue around somebody's own within which their skin is, and the range of their own."""
_FILLED = (0.002, 0.03)
"""Shares of the skin up to which holes in it are filled, beside clothes and elsewhere."""
_LIT = (0.3, 1.2)
"""Light that cloth gets in its folds, as a share of what it gets beside them."""
_AKIN = 0.99
"""Cosine between cloth and skin in sRGB from which shade can't tell them apart."""
_BETTER = 0.75
"""Error of one account of a colour over that of another from which the former is believed."""
_PLASTIC = 6.0
"""Chroma up to which a tone is a mannequin's."""
_RED_OF_DARK = 0.62
"""How much of what differs from skin's own colour, such as blush, dark skin shows; fair skin shows all of it."""


def skin_matte(rgb: Floats, parts: Bytes, tone: Lab, face: Mask, certain: bool) -> Floats:
    """float32 (h, w) in [0, 1]: how much of each pixel is bare skin of `tone`, in float32 (h, w, 3) with uint8 (h, w) `parts`.

    Exactly 0 on clothes and background beyond a narrow edge, and on what has no colour of skin outside of `face`, bool
    (h, w). `certain` is whether the parts can be trusted beyond the head and the arms.
    """
    named = np.isin(parts, SKIN if certain else SKIN[:6])
    lab = lab_of(rgb)
    alike = _alike(lab, tone)
    kept = _filled(named & ((alike > 0.5) | face), named, np.isin(parts, CLOTHES))
    reach = max(2, round(BAND * max(parts.shape)))
    inside = cv2.erode(kept.astype(np.uint8), disk(reach)) > 0
    outside = cv2.dilate(kept.astype(np.uint8), disk(reach)) == 0
    own, other = carried(rgb, inside), carried(rgb, outside)
    alpha = projected(rgb, own, other)
    unmixed = np.isin(parts, CLOTHES) & _shaded(rgb, own, other, alpha) & ~_akin(other, tone)
    alpha = np.where(unmixed, 0, np.clip((alpha - 0.08) / 0.84, 0, 1) * np.clip(1.6 * alike, 0, 1))
    matte = np.where(inside, 1.0, np.where(outside, 0.0, alpha)).astype(np.float32)
    return cast(Floats, np.where(matte < 0.03, 0, matte).astype(np.float32))


def _shaded(rgb: Floats, own: Floats, other: Floats, alpha: Floats) -> Mask:
    """bool (h, w): where `other`, float32 (h, w, 3), in another light explains a pixel better than `alpha` of `own` over it."""
    light = (rgb * other).sum(axis=2) / np.maximum((other**2).sum(axis=2), 1e-4)
    lit = np.clip(light, *_LIT)[..., None] * other
    mixed = other + alpha[..., None] * (own - other)
    return np.asarray(((rgb - lit) ** 2).sum(axis=2) < _BETTER**2 * ((rgb - mixed) ** 2).sum(axis=2))


def _akin(colour: Floats, tone: Lab) -> Mask:
    """bool (h, w): where a colour, float32 (h, w, 3), is the tone in another light, or nearly."""
    skin = rgb_of(np.array([[[tone.light, tone.a, tone.b]]], np.float32))[0, 0]
    lengths = np.linalg.norm(colour, axis=2) * np.linalg.norm(skin)
    return np.asarray((colour * skin).sum(axis=2) > _AKIN * np.maximum(lengths, 1e-4))


def _filled(kept: Mask, named: Mask, clothes: Mask) -> Mask:
    """Without specks, and with its small holes and bays filled: highlights, veins, jewellery. Beside clothes only the
    smallest are, since those may be straps."""
    closed = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_CLOSE, disk(max(2, round(0.003 * max(kept.shape)))))
    solid = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disk(1)) > 0
    _, labels, figures, _ = cv2.connectedComponentsWithStats((named & ~solid).astype(np.uint8))
    area = figures[:, cv2.CC_STAT_AREA] / float(kept.sum() + 1)
    dressed = np.zeros(area.shape, bool)
    dressed[np.unique(labels[cv2.dilate(clothes.astype(np.uint8), disk(3)) > 0])] = True
    small = area < np.where(dressed, _FILLED[0], _FILLED[1])
    touched = np.unique(labels[cv2.dilate(solid.astype(np.uint8), disk(1)) > 0])
    small &= np.isin(np.arange(len(small)), touched[touched > 0])  # what stands alone is a speck, not a hole
    return cast(Mask, (solid & named) | small[labels])


def _alike(lab: Floats, tone: Lab) -> Floats:
    """float32 (h, w): 1 where a pixel can be skin of somebody with the tone, 0 where it can't.

    Shade makes skin more orange and up to three times as rich, a highlight makes it pale; so what counts is that the hue is
    one of skin, between red and yellow, and that there is enough colour for the light.
    """
    light = np.power(np.clip(lab[..., 0] / max(tone.light, 1), _DARKEST, _BRIGHTEST), 0.7)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    own = np.degrees(np.arctan2(tone.b, tone.a))
    skin_hue = np.clip((_HUES - np.abs(hue - np.clip(own, *_SKIN_HUES))) / 12, 0, 1) if tone.chroma > _PLASTIC else 1.0
    rich = (
        np.clip((chroma / (light * max(tone.chroma, 2)) - 0.42) / 0.15, 0, 1) if tone.chroma > _PLASTIC else chroma < 2 * _PLASTIC
    )
    dim = np.clip((0.45 * tone.light - lab[..., 0]) / (0.15 * tone.light), 0, 1)  # in deep shade no colour is left
    return np.asarray(np.maximum(skin_hue * rich, dim), dtype=np.float32)


def hair_matte(rgb: Floats, parts: Bytes, width: float) -> Floats:
    """float32 (h, w) in [0, 1]: how much of each pixel is hair, by strands; all 0 where it is a hat.

    `width` is that of a head, in pixels.
    """
    named = parts == Part.HAIR
    light = lab_of(rgb)[..., 0]
    core = cv2.erode(named.astype(np.uint8), disk(max(1, round(0.02 * width)))) > 0
    fine = np.abs(light - blurred(light, max(1.0, 0.012 * width)))
    if np.count_nonzero(core) < 60 or float(fine[core].mean()) < HAIR_TEXTURE:
        return np.zeros(named.shape, np.float32)
    hard = named.astype(np.float32)
    soft = guided(blurred(hard, 0.01 * width), rgb, max(2, round(0.045 * width)), 3e-4)
    near = cv2.dilate(hard, disk(max(1, round(0.05 * width)))) * ~np.isin(parts, CLOTHES)
    matte = np.clip(1.35 * soft - 0.15, 0, 1) * near
    return np.where(matte < 0.03, 0, matte).astype(np.float32)


def toned(lab: Floats, of: Lab, to: Lab) -> Floats:
    """Skin of tone `of`, float32 (..., 3) in L*a*b*, as skin of tone `to` in the same light."""
    light = lab[..., 0]
    shade = light / max(of.light, 1)
    darker = to.light < of.light
    lit = to.light * np.power(np.maximum(shade, 1e-3), 0.88 if darker else 0.95)
    # What is above the tone is stronger light, which gets darker with the skin, and reflection, which doesn't.
    room = 0.5 * to.light / max(of.light, 1) + 0.6 if darker else min(1.1, (100 - to.light) / max(1.0, 100 - of.light))
    new = np.where(shade <= 1, lit, to.light + (light - of.light) * room)
    before = np.power(np.clip(shade, _DARKEST, _BRIGHTEST), 0.7)
    after = np.power(np.clip(new / max(to.light, 1), _DARKEST, _BRIGHTEST), 0.7)
    gloss = np.clip((light - of.light) / 40, 0, 0.6)  # a highlight has the light's colour
    odd = float(np.clip(_RED_OF_DARK + (to.light - 30) / 40 * (1 - _RED_OF_DARK), _RED_OF_DARK, 1))
    out = np.empty_like(lab)
    out[..., 0] = np.clip(new, 0, 100)
    for channel, (old, tone) in enumerate(((of.a, to.a), (of.b, to.b)), start=1):
        out[..., channel] = tone * after * (1 - gloss) + odd * (lab[..., channel] - old * before) * (1 - 0.3 * gloss)
    return out


def dyed(lab: Floats, of: Lab, to: Lab) -> Floats:
    """Hair of colour `of`, float32 (..., 3) in L*a*b*, as hair of colour `to` in the same light."""
    to = to.muted(MOST_COLOURED_HAIR)
    shade = np.maximum(lab[..., 0], 0.5) / max(of.light, 3)
    lighter = to.light > of.light
    new = to.light * np.power(shade, 0.62 if lighter else 0.9)
    chroma = np.power(np.clip(new / max(to.light, 1), 0.2, 1.15), 0.8)
    out = np.empty_like(lab)
    out[..., 0] = np.clip(new, 0, 96)
    out[..., 1] = to.a * chroma + 0.35 * (lab[..., 1] - of.a)
    out[..., 2] = to.b * chroma + 0.35 * (lab[..., 2] - of.b)
    return out
