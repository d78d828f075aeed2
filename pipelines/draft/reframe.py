"""Reframe: another format of the same picture, cropped where the subject allows it and extended where it doesn't."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from pipelines.draft.canvas import grown
from pipelines.engine import Output, Progress
from pipelines.images import Floats, Mask, alpha_of, picture, size_of, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import Reframe
from pipelines.vision import upsample
from pipelines.vision.content import Box, Content, Look, Side, content_of
from pipelines.vision.extend import Manner, Margins, extend
from pipelines.vision.synthesis import EFFORTS

MARGIN = 0.04
"""Air left around the subject, as a share of its larger side, where the picture has it."""
SNAP = 0.06
"""A scale this close above 1 becomes 1, so that pixels are kept rather than resampled."""
_LOOKS = {
    Mode.FAST: Look(side=200, faces=240),
    Mode.BALANCED: Look(cuts=2, net=True),
    Mode.QUALITY: Look(side=520, cuts=4, net=True),
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Which part of the source is seen, and where on the canvas it is shown."""

    window: Box
    """In pixels of the source."""
    place: Box
    """In pixels of the canvas; what is around it has to be made."""


def run(task: Reframe, progress: Progress) -> Output:
    """The picture at exactly `task.size`.

    The part of the source that is kept equals the source, resized in one step; at scale 1 pixel for pixel.
    """
    progress(0, 3, "looking for the subject")
    content = content_of(task.image, _LOOKS[task.mode])
    placement = placed(size_of(task.image), task.size, content)
    progress(1, 3, "resizing")
    kept = _kept(task.image, placement, task.mode)
    progress(2, 3, "extending the background")
    made = _completed(kept, content, placement, task)
    progress(3, 3, "done")
    details = {"scale": round(placement.place.size.width / placement.window.size.width, 4)} | {
        f"kept_{name}": getattr(placement.place, name) for name in ("left", "top", "right", "bottom")
    }
    return Output(made.image, _notes(size_of(task.image), placement, content, made.manners), details)


def placed(source: Size, target: Size, content: Content) -> Placement:
    """Crop where the content fits into the largest window of the target's ratio, else show the whole source on a larger canvas."""
    window = _window(source, target.ratio)
    needed = _needed(source, window, content)
    if not _fits(needed, window):
        return _expanded(source, target, content)
    if _snaps(target, window) and _fits(needed, target):
        window = target
    left = _centred(needed.left, needed.right, window.width, source.width)
    top = _centred(needed.top, needed.bottom, window.height, source.height)
    return Placement(Box(left, top, left + window.width, top + window.height), Box(0, 0, target.width, target.height))


def _window(source: Size, ratio: float) -> Size:
    """The largest size of `ratio` within `source`."""
    if source.ratio > ratio:
        return Size(min(source.width, max(1, round(source.height * ratio))), source.height)
    return Size(source.width, min(source.height, max(1, round(source.width / ratio))))


def _snaps(target: Size, window: Size) -> bool:
    return target.width <= window.width <= target.width * (1 + SNAP) and target.height <= window.height


def _needed(source: Size, window: Size, content: Content) -> Box:
    """The content with air around it; without, where the alternative would be to extend across both ends of a cut subject."""
    across = window.width < source.width
    both: set[Side] = {"top", "bottom"} if across else {"left", "right"}
    return content.box if both <= content.cut else _with_margin(content, source)


def _fits(box: Box, window: Size) -> bool:
    return box.size.width <= window.width and box.size.height <= window.height


def _with_margin(content: Content, source: Size) -> Box:
    air = round(MARGIN * max(content.box.size.width, content.box.size.height))
    box = content.box
    return Box(
        max(0, box.left - air), max(0, box.top - air), min(source.width, box.right + air), min(source.height, box.bottom + air)
    )


def _centred(low: int, high: int, length: int, limit: int) -> int:
    """Where a window of `length` starts so that low..high is in its middle, within 0..limit."""
    return min(max(round((low + high - length) / 2), 0), limit - length)


def _expanded(source: Size, target: Size, content: Content) -> Placement:
    """All of the source, as large as it fits; a subject that a side cuts stays at that side."""
    scale = min(target.width / source.width, target.height / source.height)
    scale = 1.0 if 1 <= scale <= 1 + SNAP else scale
    width, height = min(target.width, round(source.width * scale)), min(target.height, round(source.height * scale))
    box, cut = content.box, content.cut
    left = _anchored("left" in cut, "right" in cut, (box.left + box.right) / 2 * scale, target.width, width)
    top = _anchored("top" in cut, "bottom" in cut, (box.top + box.bottom) / 2 * scale, target.height, height)
    return Placement(Box(0, 0, source.width, source.height), Box(left, top, left + width, top + height))


def _anchored(at_start: bool, at_end: bool, middle: float, canvas: int, length: int) -> int:
    """Where a source of `length` starts on the canvas: at the side that cuts its subject, else with the subject centred."""
    room = canvas - length
    if at_start != at_end:
        return 0 if at_start else room
    return room // 2 if at_start else min(max(round(canvas / 2 - middle), 0), room)


def _kept(image: Image.Image, placement: Placement, mode: Mode) -> Floats:
    """float32 (h, w, 3 or 4): the window at the size of its place."""
    box, size = placement.window, placement.place.size
    alpha = alpha_of(image)
    colour = to_float(np.asarray(image.convert("RGB")))
    if alpha is not None:
        colour = upsample.bleed(colour, alpha)
    cut = np.ascontiguousarray(colour[box.top : box.bottom, box.left : box.right])
    large = upsample.enlarge(cut, size) if mode == Mode.FAST else grown(cut, size, mode)
    if alpha is None:
        return large
    opacity = upsample.enlarge(np.ascontiguousarray(alpha[box.top : box.bottom, box.left : box.right]), size)
    return np.dstack([large, opacity]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Made:
    image: Image.Image
    manners: dict[str, Manner]


def _completed(kept: Floats, content: Content, placement: Placement, task: Reframe) -> _Made:
    """The canvas: what is kept, and around it more of the background, or nothing where that is transparent."""
    place, size = placement.place, task.size
    margins = Margins(place.left, place.top, size.width - place.right, size.height - place.bottom)
    if kept.shape[2] == 4:
        sides = ((margins.top, margins.bottom), (margins.left, margins.right))
        return _Made(picture(np.pad(kept[..., :3], (*sides, (0, 0)), mode="edge"), np.pad(kept[..., 3], sides)), {})
    box = placement.window
    subject = content.mask[box.top : box.bottom, box.left : box.right].astype(np.uint8)
    mask: Mask = cv2.resize(subject, (place.size.width, place.size.height), interpolation=cv2.INTER_NEAREST) > 0
    extended = extend(kept, mask, margins, np.random.default_rng(task.seed), EFFORTS[task.mode])
    return _Made(picture(extended.rgb), extended.manners)


def _notes(source: Size, placement: Placement, content: Content, manners: dict[str, Manner]) -> tuple[str, ...]:
    made = {side: manner for side, manner in manners.items() if manner != "none"}
    if not made and placement.window.size == source:
        return ()
    if not made:
        return (f"Cropped from {source} to {placement.window.size} pixels of the source{_about(content)}.",)
    notes = [f"Expanded at the {_listed(list(made))}: {placement.place.size} of the picture's pixels show the source."]
    soft = [side for side, manner in made.items() if manner == "soft"]
    if soft:
        notes.append(
            f"The background at the {_listed(soft)} has structure that can't be continued truly; it fades into a soft blur."
        )
    patched = [side for side, manner in made.items() if manner == "patched"]
    if patched:
        notes.append(f"The background at the {_listed(patched)} is put together from parts of the picture; look closely at it.")
    severed = [side for side in made if side in content.cut]
    if severed:
        notes.append(f"The subject is cut by the {_listed(severed)} edge of the source; it is not continued beyond it.")
    return tuple(notes)


def _about(content: Content) -> str:
    return ", all of the subject kept" if content.found else "; no subject was found, so its middle is kept"


def _listed(sides: Sequence[str]) -> str:
    return " and ".join(sides)
