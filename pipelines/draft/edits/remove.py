"""What is marked, gone: filled from what is around it. And cloth ironed."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipelines.draft.edits.canvas import Canvas, Step, mixed, needed
from pipelines.draft.edits.phrases import Clause
from pipelines.errors import PipelineError
from pipelines.images import Floats, Mask, blurred
from pipelines.vision.inpaint import membrane
from pipelines.vision.smoothfill import PLAIN, filled_smoothly, ring_of
from pipelines.vision.synthesis import EFFORTS, Materials, synthesise

_ROOM = 2.2
"""Of the hole's longer side: how much of the picture around it takes part."""
_NEAR = 0.35
"""How much patches are taken from near by: what is far away is seldom the same thing."""
_ALONE = 0.03
"""Share of a hole below which subject or background don't count as being in it."""
LARGEST = 0.45
"""Share of the picture up to which a hole is filled."""


def remove(step: Step, clause: Clause, effect: str) -> Canvas:
    """The marked region filled with what is around it. Raises UnsupportedTask where nothing, or nearly everything, is marked."""
    canvas = step.canvas
    if canvas.region is None:
        raise needed("something is to be removed, but it isn't marked", "draw around it, or paint it white in a mask")
    hole = canvas.region > 0
    if hole.mean() > LARGEST:
        raise needed(f"{hole.mean():.0%} of the picture is marked, which is too much to fill", "mark only what is to go")
    window = _window(hole)
    part = np.s_[window.top : window.bottom, window.left : window.right]
    rgb = canvas.rgb.copy()
    rgb[part] = _refilled(_Part.of(canvas, hole, part), step)
    plain = np.where(hole[..., None], rgb, canvas.plain)
    return replace(canvas, rgb=rgb, plain=plain.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of the picture that takes part in filling a hole."""

    rgb: Floats
    hole: Mask
    cover: Floats
    """float32 (h, w): coverage of the subject; 0 where there is none."""
    cloth: Mask
    """bool (h, w): what may be copied into the subject."""
    clear: Mask
    """bool (h, w): not in or at the hole."""

    @classmethod
    def of(cls, canvas: Canvas, hole: Mask, part: tuple[slice, slice]) -> "_Part":
        reach = max(2, round(0.004 * max(hole.shape)))
        near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        cover = canvas.reading.subject
        if cover is None:
            nothing = np.zeros(hole.shape, np.float32)
            return cls(np.ascontiguousarray(canvas.rgb[part]), hole[part], nothing[part], hole[part], near[part] == 0)
        cover = _without_marked(cover, near > 0)
        cloth = cover > 0.9
        if cover[hole].mean() > _ALONE:
            cloth &= _same_part(canvas, (near > 0) & ~hole & cloth)
        return cls(np.ascontiguousarray(canvas.rgb[part]), hole[part], cover[part], cloth[part], near[part] == 0)


def _without_marked(cover: Floats, marked: Mask) -> Floats:
    """Coverage of the subject, float32 (h, w), without what lies wholly inside the mark: that is the thing that is to go."""
    _, pieces = cv2.connectedComponents((cover > 0.05).astype(np.uint8))
    beyond = np.unique(pieces[~marked])
    return np.where(marked & ~np.isin(pieces, beyond[beyond > 0]), np.float32(0), cover).astype(np.float32)


def _refilled(part: _Part, step: Step) -> Floats:
    """The subject's part of the hole from the subject, the rest from the background; the outline between them stays."""
    inside = float(part.cover[part.hole].mean())
    if inside < _ALONE:
        return filled(part.rgb, part.hole, part.clear & (part.cover < 0.05), step)
    if inside > 1 - _ALONE:
        return filled(part.rgb, part.hole, part.clear & part.cloth, step)
    front = _layer(part, part.cover > 0.9, part.cloth, step)
    back = _layer(part, part.cover < 0.05, part.cover < 0.05, step)
    mixed_ = back + (front - back) * part.cover[..., None]
    return np.where(part.hole[..., None], mixed_, part.rgb).astype(np.float32)


def _layer(part: _Part, own: Mask, usable: Mask, step: Step) -> Floats:
    """One layer as if it were alone: what belongs to the other is bridged over before the hole is filled."""
    bridged = membrane(part.rgb, (own & ~part.hole).astype(np.float32))
    target = np.where(own[..., None], part.rgb, bridged).astype(np.float32)
    mine = part.hole & (cv2.dilate(own.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    return filled(target, mine, part.clear & usable, step) if mine.any() else target


def filled(rgb: Floats, hole: Mask, usable: Mask, step: Step) -> Floats:
    """A plain surface runs on smoothly; texture is put together from patches."""
    ring = ring_of(rgb, hole, usable)
    if ring.deviation < PLAIN:
        return filled_smoothly(rgb, hole, ring, step.generator)
    made = synthesise(rgb, hole, Materials(rgb, usable, _NEAR, _NEAR), EFFORTS[step.canvas.mode], step.generator)
    return made.rgb


@dataclass(frozen=True, slots=True)
class _Window:
    left: int
    top: int
    right: int
    bottom: int


def _window(hole: Mask) -> _Window:
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    air = round(_ROOM * max(rows[-1] - rows[0], columns[-1] - columns[0], 16) / 2) + 8
    return _Window(
        max(0, int(columns[0]) - air), max(0, int(rows[0]) - air),
        min(hole.shape[1], int(columns[-1]) + air), min(hole.shape[0], int(rows[-1]) + air),
    )  # fmt: skip


def _same_part(canvas: Canvas, rim: Mask) -> Mask:
    """The labels of a person that make up most of what surrounds the hole; everything where nobody is."""
    body = canvas.reading.person
    if body is None or not rim.any():
        return np.ones(rim.shape, np.bool_)
    counts = np.bincount(body.parts[rim], minlength=16)
    return np.asarray(np.isin(body.parts, np.flatnonzero(counts > 0.15 * counts.sum())))


def iron(step: Step, clause: Clause, effect: str) -> Canvas:
    """Folds of medium size taken out of a garment or of the mark; its form and its weave stay."""
    canvas = step.canvas
    weight = _cloth(canvas, clause)
    unit = max(canvas.rgb.shape[:2])
    known = np.clip(weight * 2 - 0.2, 0, 1)
    broad = _inside(canvas.rgb, known, 0.028 * unit)
    fine = _inside(canvas.rgb, known, 0.0022 * unit)
    strength = np.float32(min(0.95, 0.72 * clause.amount))
    flat = canvas.rgb - (fine - broad) * strength
    edges = np.clip(np.abs(fine - broad).max(axis=2) / 0.16 - 0.7, 0, 1)  # prints and seams are no folds
    inner = weight * (1 - blurred(edges.astype(np.float32), 0.002 * unit))
    return canvas.changed(mixed(canvas.rgb, np.clip(flat, 0, 1).astype(np.float32), inner.astype(np.float32)))


def _cloth(canvas: Canvas, clause: Clause) -> Floats:
    if canvas.region is not None and clause.target in ("", "picture", "marked", "defect"):
        return canvas.region
    try:
        return canvas.reading.part(clause.target if clause.target not in ("", "picture", "marked", "defect") else "clothes")
    except PipelineError as error:
        raise needed("no garment was found to iron", "mark the region with a mask or an annotation") from error


def _inside(rgb: Floats, known: Floats, sigma: float) -> Floats:
    """A blur that looks only at what is known."""
    weight = blurred(known, sigma)
    return np.asarray(blurred(rgb * known[..., None], sigma) / np.maximum(weight, 1e-3)[..., None], np.float32)
