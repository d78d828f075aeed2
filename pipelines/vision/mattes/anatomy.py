"""Where the body of a person in a busy picture is, given the face: seeds for a graph cut.

Lengths are in sides of the face's box, of which a head has 1.3 and a figure about ten; sitting and leaning are allowed for.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.faces import Face
from pipelines.vision.mattes.background import lab_of
from pipelines.vision.mattes.superpixels import Superpixels, superpixels

_PARTS = 500
_COMPACTNESS = 0.15
_LEAST_STEP = 3.0
"""Difference of colour between neighbours that shading alone makes."""
_PLACE = 12.0
"""Difference of colour that a face's side of distance is worth: things of one colour far apart are different things."""
_THINNEST = 0.07


def body_labels(rgb: Bytes, face: Face) -> Bytes:
    """uint8 (h, w): OpenCV's GrabCut labels for the body below `face` in a small picture, uint8 (h, w, 3).

    Each superpixel is asked which seeds it is joined to by the smoother way, which of them it resembles, and whether bodies
    usually reach it. Seeds are face, chest and waist; and whatever meets the upper or lateral edges or is out of reach.
    """
    parts = superpixels(rgb, _PARTS, _COMPACTNESS)
    seeds, reach = _core(rgb, face), _reach(rgb, face)
    subject = parts.share(seeds) > 0.6
    background = parts.share(~reach) > 0.9
    labels = parts.labels
    edge = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))
    background[edge] |= parts.share(seeds)[edge] < 0.05
    if not subject.any() or not background.any():
        return np.where(reach, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    score = (
        _joined(parts, subject, background)
        + _alike(parts, subject, background, face)
        + 0.8 * (parts.share(_usual(rgb, face)) - 0.5)
    )
    result = np.where(score[labels] > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    result[background[labels]] = cv2.GC_BGD
    result[subject[labels] | seeds] = cv2.GC_FGD
    return result


def vivid(rgb: Bytes) -> Bytes:
    """uint8 (h, w, 3): Lab with chroma stretched, for cuts that are to go by hue rather than by light."""
    stretched = lab_of(rgb) * np.array([1.6, 3, 3], np.float32) + np.array([20, 128, 128], np.float32)
    return np.clip(stretched, 0, 255).astype(np.uint8)


def without_poles(mask: Mask, face: Face) -> Mask:
    """The mask without loose parts and without what is thinner than a finger."""
    radius = max(1, round(_THINNEST * face.side))
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _disc(radius))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas = stats[:, cv2.CC_STAT_AREA]
    large = [index for index in range(1, count) if areas[index] > 0.02 * areas[1:].sum()]
    body = np.isin(labels, large).astype(np.uint8)
    return mask & (cv2.dilate(body, _disc(radius + 2)) > 0)


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _across(rgb: Bytes, face: Face) -> Floats:
    return cast(Floats, (np.arange(rgb.shape[1], dtype=np.float32)[None] - face.x) / face.side)


def _down(rgb: Bytes, face: Face) -> Floats:
    return cast(Floats, (np.arange(rgb.shape[0], dtype=np.float32)[:, None] - face.y) / face.side)


def _core(rgb: Bytes, face: Face) -> Mask:
    x, y = _across(rgb, face), _down(rgb, face)
    head = (x / 0.4) ** 2 + (y / 0.5) ** 2 < 1
    chest = (x / 0.5) ** 2 + ((y - 1.8) / 0.7) ** 2 < 1
    waist = (x / 0.35) ** 2 + ((y - 2.9) / 0.4) ** 2 < 1
    return head | chest | waist


def _reach(rgb: Bytes, face: Face) -> Mask:
    """How far head, arms and legs can be."""
    y = _down(rgb, face)
    half = np.interp(y, [-1.6, -0.2, 0.4, 1.0, 2.5, 4.5], [1.0, 1.1, 1.1, 2.2, 2.9, 3.4])
    return (np.abs(_across(rgb, face)) < half) & (y > -1.7)


def _usual(rgb: Bytes, face: Face) -> Mask:
    """Where head, arms and legs mostly are."""
    y = _down(rgb, face)
    half = np.interp(y, [-1.3, -0.2, 0.5, 0.9, 2.0, 3.0], [0.5, 0.75, 0.5, 1.1, 1.3, 1.2])
    return (np.abs(_across(rgb, face)) < half) & (y > -1.7)


def _joined(parts: Superpixels, subject: Mask, background: Mask) -> Floats:
    """In [-1, 1]: least sum of steps on the way to the seeds of either kind."""
    edges = parts.edges((0.6, 1.5, 1.5))
    edges.data = np.maximum(edges.data - _LEAST_STEP, 0.3)
    ways = [dijkstra(edges, directed=False, indices=np.flatnonzero(each), min_only=True) for each in (subject, background)]
    return cast(Floats, (ways[1] - ways[0]) / (ways[1] + ways[0] + 1e-3))


def _alike(parts: Superpixels, subject: Mask, background: Mask, face: Face) -> Floats:
    """In [-1, 1]: difference of colour from the nearest seed of either kind; background far away counts less."""
    colours = parts.colours * (0.6, 1.5, 1.5)
    height, width = parts.labels.shape
    places = parts.places * (width, height) / face.side * _PLACE
    to_subject = _nearest(colours, subject)
    to_background = _nearest(np.hstack([colours, places]), background)
    return cast(Floats, (to_background - to_subject) / (to_background + to_subject + 4))


def _nearest(features: NDArray[np.float64], seeds: Mask) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(features[:, None] - features[None, seeds], axis=2).min(axis=1), np.float64)
