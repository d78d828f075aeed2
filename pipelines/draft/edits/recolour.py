"""Garments and hair in another colour; folds, highlights, weave and prints stay."""

from collections.abc import Mapping
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
from pipelines.vision.people.body import Part

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SAMPLE_SIDE = 360
_ALIKE = 11.0
"""Distance in chroma of CIE Lab over which a pixel stops being of the cloth's own colour."""
_OWN: Mapping[str, set[Part]] = {
    "upper": {Part.UPPER, Part.DRESS}, "lower": {Part.LOWER}, "dress": {Part.DRESS, Part.UPPER, Part.LOWER}, "shoes": {Part.SHOES},
    "clothes": {Part.UPPER, Part.LOWER, Part.DRESS}, "hair": {Part.HAIR}, "face": {Part.FACE},
}  # fmt: skip
_VIVID = 14.0
"""Chroma above which cloth is told by its hue, below by its distance."""
_HAIR = 0.72
"""Hair in the light of its strands is darker than a sample of its colour."""
_GROWTH = 0.05
"""Of the long side: how far beyond its label a colour may grow."""
_EDGE = 0.012
"""Of the longer side of the picture: width of the band beside a garment in which skin may have been read for cloth."""
_FLOOR = 0.012
"""Light, in linear units, that is added before ratios are taken, so that noise in the dark isn't blown up."""


@dataclass(frozen=True, slots=True)
class _Cloth:
    """The main colour of a region."""

    lab: NDArray[np.float32]
    """(3,): median CIE Lab of what has that colour."""
    light: float
    """Linear luminance where the cloth faces the light."""

    @property
    def chroma(self) -> float:
        return float(np.hypot(self.lab[1], self.lab[2]))


def recolour(step: Step, clause: Clause, effect: str) -> Canvas:
    """The clause's target in its last colour: of the marked region, a garment, hair, or the whole product."""
    canvas, colour = step.canvas, clause.colours[-1]
    cover = _cover(canvas, clause.target)
    if float((cover > 0.5).mean()) < 1e-4:
        raise needed("nothing was found there to recolour", "mark it with a mask or an annotation")
    hair = clause.target == "hair"
    if canvas.region is not None:
        return canvas.changed(painted(canvas.rgb, canvas.rgb, cover, colour, hair))
    front = canvas.reading.matte.foreground + (canvas.rgb - canvas.plain)
    front = np.where((canvas.reading.matte.alpha > 0.02)[..., None], np.clip(front, 0, 1), canvas.rgb)
    return canvas.changed(painted(canvas.rgb, front, cover, colour, hair, _room(canvas, clause.target)))


def _product(canvas: Canvas) -> Floats:
    """All of a product; raises UnsupportedTask where a person could be meant."""
    if canvas.reading.person is not None:
        raise needed("a colour was given, but not for what", "name the garment, hair or background, or mark the region")
    return canvas.reading.matte.alpha


def _room(canvas: Canvas, target: str) -> Floats | None:
    """float32 (h, w): where a target may grow to what is like it: the subject without face and other garments."""
    body = canvas.reading.person
    if body is None:
        return canvas.reading.subject
    others = {Part.FACE, Part.HAIR, Part.UPPER, Part.LOWER, Part.DRESS, Part.SHOES} - _OWN.get(target, set())
    skin = np.isin(body.parts, (Part.NECK, Part.TORSO))
    if target != "hair":
        reach = 2 * round(_EDGE * max(skin.shape) / 2) + 1
        skin = cv2.erode(skin.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    elsewhere = np.isin(body.parts, [int(each) for each in others]) | skin
    return (canvas.reading.matte.alpha * ~elsewhere).astype(np.float32)


def _cover(canvas: Canvas, target: str) -> Floats:
    """Where to paint: the target, the mark, or what of the target lies in the mark."""
    if canvas.region is None:
        if target in ("", "picture", "marked", "defect", "subject"):
            return _product(canvas)
        return canvas.reading.part(target)
    if target in ("", "picture", "marked", "defect", "subject"):
        return canvas.region
    try:
        part = canvas.reading.part(target)
    except PipelineError:
        return canvas.region
    both = part * canvas.region
    return both if both.sum() > 0.25 * canvas.region.sum() else canvas.region


def painted(rgb: Floats, front: Floats, cover: Floats, colour: Named, hair: bool = False, room: Floats | None = None) -> Floats:
    """`rgb` with the main colour under `cover`, float32 (h, w), replaced; equal to `rgb` where nothing is covered.

    `front` is the subject's own colour, free of background at its edges, or `rgb` itself.

    Light is split off as the ratio to the cloth's own (Beigpour and van de Weijer 2011, object recolouring by intrinsic
    colour): the new colour gets the same light. Where a `room` (h, w) is given, the cover grows a little within it to
    what is of the same colour. What differs in hue from the cloth, such as a print, keeps its colour.
    """
    cloth = _main(front, cover)
    cover = _grown(front, cover, cloth, room) if room is not None else cover
    cover = cover if room is None else (cover * room).astype(np.float32)
    target = linear(np.array(colour.rgb, np.float32)) * np.float32(_HAIR if hair else 1)
    goal = float(target @ LUMINANCE)
    out = rgb.copy()
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        if not cover[rows].any():
            continue
        own = _alike(front[rows], cloth) * cover[rows]
        out[rows] += (_dyed(front[rows], cloth, target, goal, hair) - front[rows]) * own[..., None]
    return np.clip(out, 0, 1)


def _dyed(rgb: Floats, cloth: _Cloth, target: NDArray[np.float32], goal: float, hair: bool) -> Floats:
    light = linear(rgb) @ LUMINANCE
    shade = (light + _FLOOR) / (cloth.light + _FLOOR)
    # White cloth shows its folds faintly; dark cloth needs them a little deeper to look like cloth.
    depth = 0.95 if hair else 1 + 0.45 * np.clip(np.log2((cloth.light + 0.05) / (goal + 0.05)) / 3, -0.55, 1)
    shade = np.clip(shade, 0.02, None) ** np.float32(depth)
    gloss = np.maximum(shade - 1.45, 0) * np.float32(0.25 * (cloth.light + 0.03))
    body = target * _bounded(shade, goal)[..., None]
    return np.clip(srgb(body + gloss[..., None]), 0, 1).astype(np.float32)


def _bounded(shade: Floats, goal: float) -> Floats:
    """Light that runs out softly before the colour would clip."""
    room = max(1.02, 0.98 / max(goal, 0.05))
    knee = min(1.0, 0.85 * room)
    over = np.maximum(shade - knee, 0)
    return np.where(shade > knee, knee + (room - knee) * (1 - np.exp(-over / max(room - knee, 1e-3))), shade).astype(np.float32)


def _grown(rgb: Floats, cover: Floats, cloth: _Cloth, room: Floats) -> Floats:
    """The cover with what is like it, close by and joined to it: labels of parts end a little inside of cloth and hair."""
    unit = max(cover.shape)
    reach = max(2, round(_GROWTH * unit))
    near = cv2.distanceTransform((cover < 0.5).astype(np.uint8), cv2.DIST_L2, 3) <= reach
    like = (_alike(rgb, cloth) * near * room).astype(np.float32)
    _, labels = cv2.connectedComponents((like > 0.7).astype(np.uint8), connectivity=4)
    joined = np.unique(labels[(cover > 0.5) & (like > 0.7)])
    sure = (like * np.isin(labels, joined[joined > 0])).astype(np.float32)
    return np.asarray(np.maximum(cover, cv2.GaussianBlur(sure, (0, 0), max(0.7, 0.0007 * unit))), np.float32)


def _alike(rgb: Floats, cloth: _Cloth) -> Floats:
    """float32 (h, w): how far each pixel has the cloth's own colour, whatever light falls on it.

    Vivid cloth is told by hue: faded or shaded it keeps that, while a print is grey or of another hue. Grey cloth is told by
    having no hue.
    """
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 1.4), cv2.COLOR_RGB2LAB)
    if cloth.chroma < _VIVID:
        away = np.linalg.norm(lab[..., 1:] - cloth.lab[1:], axis=2) / _ALIKE
        # A print in black or white differs in lightness alone, by more than folds do.
        lighter = (lab[..., 0] - cloth.lab[0]) / 38
        darker = (cloth.lab[0] - lab[..., 0]) / max(30.0, 0.8 * float(cloth.lab[0]))
        away = np.hypot(away, np.maximum(np.maximum(lighter, darker), 0) ** 2)
        return np.asarray(np.clip(1.6 - 0.8 * away, 0, 1), np.float32)
    along = cloth.lab[1:] / cloth.chroma
    length = lab[..., 1:] @ along
    across = np.abs(lab[..., 1] * along[1] - lab[..., 2] * along[0])
    level = np.clip((lab[..., 0] + 6) / (cloth.lab[0] + 6), 0.2, 1.0)
    vivid = np.clip((length / (cloth.chroma * level) - 0.12) / 0.2, 0, 1)
    hue = np.clip(1.7 - across / np.maximum(0.55 * length, 7.0), 0, 1)
    return np.asarray(vivid * hue, np.float32)


def _main(rgb: Floats, cover: Floats) -> _Cloth:
    """The colour that most of the region has, by k-means of Lab."""
    scale = min(1.0, _SAMPLE_SIDE / max(rgb.shape[:2]))
    size = Size(max(8, round(rgb.shape[1] * scale)), max(8, round(rgb.shape[0] * scale)))
    small, inside = resized(rgb, size), resized(cover, size)
    chosen = inside > min(0.9, 0.8 * float(inside.max()))
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)[chosen]
    groups = _grouped(lab)
    middle = np.median(lab[groups == np.bincount(groups).argmax()], axis=0).astype(np.float32)
    same = _alike(small, _Cloth(middle, 0.0))[chosen] > 0.5
    light = (linear(small[chosen]) @ LUMINANCE)[same]
    return _Cloth(middle, float(np.quantile(light, 0.6)) if light.size else 0.2)


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
