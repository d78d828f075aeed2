"""Garments and hair in another colour; folds, highlights, weave and prints stay."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.draft.edits.canvas import ROWS, Canvas, Step, needed
from pipelines.draft.edits.colours import Named
from pipelines.draft.edits.phrases import Clause
from pipelines.errors import PipelineError
from pipelines.images import Floats, linear, resized, srgb
from pipelines.sizes import Size

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SAMPLE_SIDE = 360
_ALIKE = 11.0
"""Distance in chroma of CIE Lab over which a pixel stops being of the cloth's own colour."""
_FLOOR = 0.012
"""Light, in linear units, that is added before ratios are taken, so that noise in the dark isn't blown up."""


@dataclass(frozen=True, slots=True)
class _Cloth:
    """The main colour of a region."""

    lab: NDArray[np.float32]
    """(3,): median CIE Lab of what has that colour."""
    light: float
    """Linear luminance where the cloth faces the light."""
    tolerance: float
    """Chroma distance that still counts as the same colour."""


def recolour(step: Step, clause: Clause, effect: str) -> Canvas:
    """The clause's target in its last colour: of the marked region, a garment, hair, or the whole product."""
    canvas, colour = step.canvas, clause.colours[-1]
    cover = _cover(canvas, clause.target)
    if float((cover > 0.5).mean()) < 1e-4:
        raise needed("nothing was found there to recolour", "mark it with a mask or an annotation")
    return canvas.changed(painted(canvas.rgb, cover, colour, hair=clause.target == "hair"))


def _cover(canvas: Canvas, target: str) -> Floats:
    """Where to paint: the target, the mark, or what of the target lies in the mark."""
    if canvas.region is None:
        if target in ("", "picture", "marked", "defect"):
            raise needed("a colour was given, but not for what", "name the garment, hair or background, or mark the region")
        return canvas.reading.part(target)
    if target in ("", "picture", "marked", "defect", "subject"):
        return canvas.region
    try:
        part = canvas.reading.part(target)
    except PipelineError:
        return canvas.region
    both = part * canvas.region
    return both if both.sum() > 0.25 * canvas.region.sum() else canvas.region


def painted(rgb: Floats, cover: Floats, colour: Named, hair: bool = False) -> Floats:
    """`rgb` with the main colour under `cover`, float32 (h, w), replaced; equal to `rgb` where `cover` is 0.

    Light is split off as the ratio to the cloth's own (Beigpour and van de Weijer 2011, object recolouring by intrinsic
    colour): the new colour gets the same light. What differs in hue from the cloth, such as a print, keeps its colour.
    """
    cloth = _main(rgb, cover)
    target = linear(np.array(colour.rgb, np.float32))
    goal = float(target @ LUMINANCE)
    out = rgb.copy()
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        if not cover[rows].any():
            continue
        own = _alike(rgb[rows], cloth, hair) * cover[rows]
        out[rows] += (_dyed(rgb[rows], cloth, target, goal) - rgb[rows]) * own[..., None]
    return out


def _dyed(rgb: Floats, cloth: _Cloth, target: NDArray[np.float32], goal: float) -> Floats:
    light = linear(rgb) @ LUMINANCE
    shade = (light + _FLOOR) / (cloth.light + _FLOOR)
    # White cloth shows its folds faintly; dark cloth needs them a little deeper to look like cloth.
    depth = 1 + 0.45 * np.clip(np.log2((cloth.light + 0.05) / (goal + 0.05)) / 3, -0.55, 1)
    shade = np.clip(shade, 0.02, None) ** np.float32(depth)
    gloss = np.maximum(shade - 1.45, 0) * np.float32(0.25 * (cloth.light + 0.03))
    body = target * _bounded(shade, goal)[..., None]
    return cast(Floats, np.clip(srgb(body + gloss[..., None]), 0, 1))


def _bounded(shade: Floats, goal: float) -> Floats:
    """Light that runs out softly before the colour would clip."""
    room = max(1.02, 0.98 / max(goal, 0.05))
    knee = min(1.0, 0.85 * room)
    over = np.maximum(shade - knee, 0)
    return np.where(shade > knee, knee + (room - knee) * (1 - np.exp(-over / max(room - knee, 1e-3))), shade).astype(np.float32)


def _alike(rgb: Floats, cloth: _Cloth, hair: bool) -> Floats:
    """float32 (h, w): how far each pixel has the cloth's own colour, whatever light falls on it."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    level = np.clip((lab[..., 0] + 4) / (cloth.lab[0] + 4), 0.25, 1.6)
    chroma = np.linalg.norm(lab[..., 1:] - cloth.lab[1:] * level[..., None], axis=2)
    away = chroma / cloth.tolerance
    if not hair:
        # A print of the same hue in black or white differs in lightness alone, by more than folds do.
        lighter = (lab[..., 0] - cloth.lab[0]) / (38 if cloth.lab[0] > 25 else 30)
        away = np.hypot(away, np.maximum(lighter, 0) ** 2)
    return np.clip(1.6 - 0.8 * away, 0, 1).astype(np.float32)


def _main(rgb: Floats, cover: Floats) -> _Cloth:
    """The colour that most of the region has, by k-means of Lab."""
    scale = min(1.0, _SAMPLE_SIDE / max(rgb.shape[:2]))
    size = Size(max(8, round(rgb.shape[1] * scale)), max(8, round(rgb.shape[0] * scale)))
    small, inside = resized(rgb, size), resized(cover, size)
    chosen = inside > min(0.9, 0.8 * float(inside.max()))
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[chosen]
    groups = _grouped(lab)
    largest = lab[groups == np.bincount(groups).argmax()]
    middle = np.median(largest, axis=0).astype(np.float32)
    spread = float(np.median(np.linalg.norm(largest[:, 1:] - middle[1:], axis=1)))
    light = linear(cv2.cvtColor(largest[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]) @ LUMINANCE
    return _Cloth(middle, float(np.quantile(light, 0.6)), max(_ALIKE, 3.5 * spread))


def _grouped(lab: NDArray[np.float32]) -> NDArray[np.intp]:
    """Numbers of up to three clusters; lightness counts little, since light alone changes it."""
    if len(lab) < 30:
        return np.zeros(len(lab), np.intp)
    points = np.ascontiguousarray(lab * np.array([0.35, 1, 1], np.float32))
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.2)
    _, labels, centres = cv2.kmeans(points, 3, np.empty((0, 0), np.int32), stop, 2, cv2.KMEANS_PP_CENTERS)
    near = np.linalg.norm(centres[:, None] - centres[None], axis=2) < 9
    joined = near.argmax(axis=1)
    return cast(NDArray[np.intp], joined[labels.ravel()])
