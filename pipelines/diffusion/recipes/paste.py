"""Keeping untouched pixels: what a model changed goes into the source, and nothing else of what it made."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.diffusion.recipes.differences import COMPARE_SIDE, differing
from pipelines.diffusion.recipes.registration import Motion, agreeing, reached, registered, warped
from pipelines.diffusion.recipes.tint import Tint, tint_of, untinted
from pipelines.images import Floats, Mask, resized
from pipelines.sizes import Size
from pipelines.vision.content import Box
from pipelines.vision.inpaint import membrane

MOST_CHANGED = 0.6
"""Share of changed pixels above which the source is no longer the same picture, and nothing of it is pasted."""
FEATHER = 0.012
"""Width of the seam outside what changed, as a share of the long side."""
INNER_FEATHER = 0.004
"""Width of the seam inside a mask that was given."""
_RING = 0.05
"""Share of the long side within which pixels beside a seam say how its colours differ."""
_FADE = 0.03
"""Share of the long side by which, inside a seam, what is carried in is down to a third: the change itself stays as it was made."""
_SAME_THING = 0.08
"""Difference in a channel up to which two pixels show the same thing in another light."""
_INVISIBLE = 1.5 / 255


@dataclass(frozen=True, slots=True)
class Kept:
    """A source with what a model changed in it."""

    picture: Floats
    """float32 (h, w, 3), sRGB in [0, 1]: the source's own values wherever `mask` is 0."""
    mask: Floats
    """float32 (h, w) in [0, 1]: share of the made picture in each pixel."""
    changed: float
    """Share of the pixels that are mostly made."""
    motion: Motion
    """How the made picture lay on the source; taken back."""
    tint: Tint
    """What took its tint off."""
    notes: tuple[str, ...] = ()

    @property
    def pasted(self) -> bool:
        """Whether anything of the source was kept."""
        return bool(self.changed < 1)


def kept(
    source: Floats,
    made: Floats,
    changed: Floats | Mask | None = None,
    *,
    align: bool = True,
    match: bool = True,
    most: float = MOST_CHANGED,
) -> Kept:
    """`source` where nothing changed and `made` where it did; both float32 (h, w, 3), sRGB in [0, 1], of one size.

    `changed`, (h, w), is what the model was told to change: bool, softened within, or float32 in [0, 1], taken as it is.
    Outside its support the result is the source, bit for bit. Without it, the difference decides; where more than
    `most` differs, the made picture is left as it is. `align` lays it on the source first, by at most a few per
    cent; `match` takes a weak tint off it. ValueError where sizes differ.
    """
    _check(source, made, changed)
    given = None if changed is None else _given(changed)
    size = _compared(source)
    first, second = resized(source, size), resized(made, size)
    free = None if given is None else resized(given, size) > 0
    motion = registered(first, second, free) if align else Motion()
    second = warped(second, motion)
    tint = tint_of(first, second, free, agreeing(first, second)) if match else untinted()
    second = tint.removed(second)
    small = _found(first, second, motion, matched=not tint.none) if given is None else resized(given, size)
    mask = _enlarged(small, source) if given is None else given
    share = float((mask > 0.5).mean())
    if given is None and share > most:
        return Kept(made, np.ones_like(mask), 1.0, Motion(), untinted(), (_all_changed(share),))
    lighting = _seam(first - second, small)
    picture = _assembled(source, made, mask, motion, tint, lighting)
    return Kept(picture, mask, share, motion, tint, _notes(share, motion, source))


def _check(source: Floats, made: Floats, changed: Floats | Mask | None) -> None:
    if source.shape != made.shape or (changed is not None and changed.shape != source.shape[:2]):
        shapes = [each.shape for each in (source, made, changed) if each is not None]
        raise ValueError(f"source, made picture and mask have to be of one size, not {', '.join(map(str, shapes))}")


def _compared(rgb: Floats) -> Size:
    height, width = rgb.shape[:2]
    scale = min(1.0, COMPARE_SIDE / max(height, width))
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def _given(changed: Floats | Mask) -> Floats:
    """As weights; a hard mask fades within its own edge, but not at the picture's."""
    if changed.dtype != np.bool_:
        return cast(Floats, np.clip(changed, 0, 1).astype(np.float32))
    padded = cv2.copyMakeBorder(changed.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return _smooth(depth / max(2.0, INNER_FEATHER * max(changed.shape)))


def _found(first: Floats, second: Floats, motion: Motion, matched: bool) -> Floats:
    """The weights of what differs, both laid on one another."""
    seen = reached(motion, Size(first.shape[1], first.shape[0]))
    return _feathered(differing(first, second, seen, matched=matched))


def _feathered(core: Mask) -> Floats:
    """1 in the core, falling to 0 outside it: the seam lies where nothing changed."""
    if not core.any():
        return np.zeros(core.shape, np.float32)
    beyond = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
    return _smooth(1 - beyond / max(2.0, FEATHER * max(core.shape)))


def _enlarged(mask: Floats, source: Floats) -> Floats:
    """Linear, so that 0 and 1 stay what they are."""
    large = cv2.resize(mask, (source.shape[1], source.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.where(large > 1 - 1e-4, np.float32(1), large).astype(np.float32)


def _smooth(ramp: cv2.typing.MatLike) -> Floats:
    level = np.clip(ramp, 0, 1)
    return cast(Floats, (level * level * (3 - 2 * level)).astype(np.float32))


def _seam(missing: Floats, mask: Floats) -> Floats | None:
    """float32 like `missing`: the light that the made part lacks, carried in from beside the seam; None where none is seen.

    A membrane through the differences at the border, as in gradient-domain cloning (Perez et al. 2003; Farbman et al. 2009).
    """
    if not mask.any():
        return None
    beside = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 5)
    same = (beside > 0) & (beside < _RING * max(mask.shape)) & (np.abs(missing).max(axis=2) < _SAME_THING)
    if np.count_nonzero(same) < 64:
        return None
    weight = same.astype(np.float32)
    near = np.maximum(cv2.GaussianBlur(weight, (0, 0), 3), np.float32(1e-3))
    level = cv2.GaussianBlur(missing * weight[..., None], (0, 0), 3) / near[..., None]
    depth = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    light = membrane(level.astype(np.float32), weight) * np.exp(-depth / (_FADE * max(mask.shape)))[..., None]
    return light.astype(np.float32) if float(np.abs(light[mask > 0]).max()) > _INVISIBLE else None


def _assembled(source: Floats, made: Floats, mask: Floats, motion: Motion, tint: Tint, light: Floats | None) -> Floats:
    if not mask.any():
        return source
    box = _around(mask)
    at = np.s_[box.top : box.bottom, box.left : box.right]
    part = tint.removed(warped(made, motion, box.left, box.top, box.size))
    if light is not None:
        whole = cv2.resize(light, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR)
        part = np.clip(part + whole[at], 0, 1)
    weight = mask[at][..., None]
    mixed = np.where(weight < 1, source[at] + (part - source[at]) * weight, part)
    picture = source.copy()
    picture[at] = np.where(weight > 0, mixed, source[at])
    return picture


def _around(mask: Floats) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _all_changed(share: float) -> str:
    return f"The model changed {share:.0%} of the picture, so that nothing of the source was pasted back."


def _notes(share: float, motion: Motion, source: Floats) -> tuple[str, ...]:
    if share == 0:
        return ("The model changed nothing that can be told from its own softness: the picture is the source.",)
    moved = motion.farthest(Size(source.shape[1], source.shape[0]))
    if moved < 1:
        return ()
    return (f"The model had moved the picture by up to {moved:.0f} pixels; what it changed was laid back in place.",)
