"""How a garment is worn: what the words of a prompt ask for, and what of it the geometry allows."""

import re
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.vision.garments.drape import Frame
from pipelines.vision.garments.fit import Dressed, Layer
from pipelines.vision.garments.pattern import SIDES, Side
from pipelines.vision.people.view import gauss

CUFF_HEIGHT, CUFF_ROOM = 0.11, 1.14
"""Height of a rolled cuff in shoulder widths, and its breadth over that of the sleeve."""
BELOW_ELBOW = 0.10
"""Where it ends, in shoulder widths."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a prompt asks for."""

    tucked: bool = False
    untucked: bool = False
    rolled: bool = False
    opened: bool = False


def wish_of(prompt: str) -> Wish:
    """The words that say how something is worn; others are passed over."""
    words = prompt.lower()
    loose = re.search(r"\b(untuck\w*|not tucked|un-tucked|hanging out)\b", words) is not None
    return Wish(
        tucked=not loose and re.search(r"\btuck(ed|s|ing)?\b", words) is not None,
        untucked=loose,
        rolled=re.search(r"\broll(ed|s|ing)?\b", words) is not None,
        opened=re.search(r"\b(open|opened|unbuttoned|unzipped|undone)\b", words) is not None,
    )


def tucked(dressed: Dressed, frame: Frame) -> Dressed:
    """The torso ends at the waistband, a little lower in front than at the sides, and is shaded there."""
    rows, columns = np.mgrid[: dressed.torso.alpha.shape[0], : dressed.torso.alpha.shape[1]].astype(np.float32)
    left, right = frame.waists["left"], frame.waists["right"]
    across = np.clip((columns - left.x) / max(1.0, right.x - left.x), 0, 1)
    sag = 0.02 * frame.width * 4 * across * (1 - across)
    band = left.y + across * (right.y - left.y) + 0.12 * frame.width + sag
    kept = np.clip((band - rows) / 1.5 + 0.5, 0, 1)
    shade = 1 - 0.30 * np.exp(-np.maximum(band - rows, 0) / (0.03 * frame.width))
    torso = dressed.torso
    return replace(
        dressed, torso=replace(torso, alpha=torso.alpha * kept, colour=(torso.colour * shade[..., None]).astype(np.float32))
    )


def rolled(dressed: Dressed, frame: Frame) -> Dressed:
    """Sleeves end below the elbow in a turned-up cuff of their own cloth."""
    sleeves = dressed.sleeves
    for side in SIDES:
        sleeves = _rolled_up(sleeves, frame, side)
    return replace(dressed, sleeves=sleeves)


@dataclass(frozen=True, slots=True)
class _Forearm:
    """Coordinates along and across a forearm, in pixels, over a box of the canvas; `along` is 0 at the cuff's lower edge."""

    box: tuple[slice, slice]
    x: Floats
    y: Floats
    along: Floats
    across: Floats
    direction: tuple[float, float]


def _forearm(frame: Frame, side: Side, shape: tuple[int, ...]) -> _Forearm:
    elbow, wrist = frame.elbows[side], frame.wrists[side]
    reach = max(1.0, float(np.hypot(wrist.x - elbow.x, wrist.y - elbow.y)))
    ux, uy = (wrist.x - elbow.x) / reach, (wrist.y - elbow.y) / reach
    pad = 0.6 * frame.width
    xs, ys = sorted((elbow.x, wrist.x)), sorted((elbow.y, wrist.y))
    box = (slice(max(0, int(ys[0] - pad)), max(1, min(shape[0], int(ys[1] + pad)))),
           slice(max(0, int(xs[0] - pad)), max(1, min(shape[1], int(xs[1] + pad)))))  # fmt: skip
    y, x = np.mgrid[box].astype(np.float32)
    dx, dy = x - np.float32(elbow.x), y - np.float32(elbow.y)
    along = dx * ux + dy * uy - BELOW_ELBOW * frame.width
    return _Forearm(box, x, y, along.astype(np.float32), (dx * uy - dy * ux).astype(np.float32), (ux, uy))


def _rolled_up(sleeves: Layer, frame: Frame, side: Side) -> Layer:
    arm = _forearm(frame, side, sleeves.alpha.shape)
    alpha, colour = sleeves.alpha[arm.box], sleeves.colour[arm.box]
    height, near = CUFF_HEIGHT * frame.width, np.abs(arm.across) < 0.45 * frame.width
    band = near & (arm.along > -height) & (arm.along < 0) & (alpha > 0.5)
    if band.sum() < 20:
        return sleeves
    centre = float(np.median(arm.across[band]))
    # The cuff shows the cloth above it a second time, a little broader and standing off the arm.
    squeeze = (arm.across - centre) / CUFF_ROOM - (arm.across - centre)
    ux, uy = arm.direction
    x = arm.x + squeeze * uy - ux * 0.5 * height - arm.box[1].start
    y = arm.y - squeeze * ux - uy * 0.5 * height - arm.box[0].start
    where = (x.astype(np.float32), y.astype(np.float32))
    cloth = cv2.remap(colour, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    breadth = cv2.remap(alpha, *where, cv2.INTER_LINEAR)
    sag = 0.012 * frame.width * (1 - (np.abs(arm.across - centre) / (0.12 * frame.width)) ** 2)
    low = np.clip((sag - arm.along) + 0.5, 0, 1)
    cuff = breadth * low * np.clip(arm.along + height - sag + 0.5, 0, 1) * near
    share = np.clip((arm.along + height) / height, 0, 1)
    shade = 0.90 + 0.16 * np.sin(np.pi * np.clip(share, 0, 1)) - 0.20 * np.exp(-(((share - 0.48) / 0.06) ** 2))
    kept = np.where(near, alpha * low, alpha)
    shadow = 1 - 0.35 * np.exp(-np.abs(arm.along + height) / (0.02 * frame.width)) * near * (arm.along < -height)
    mixed = colour * shadow[..., None] * (1 - cuff[..., None]) + cloth * shade[..., None] * cuff[..., None]
    new_alpha, new_colour = sleeves.alpha.copy(), sleeves.colour.copy()
    new_alpha[arm.box] = gauss(np.maximum(kept, cuff).astype(np.float32), 0.4)
    new_colour[arm.box] = np.clip(mixed, 0, 1)
    return replace(sleeves, alpha=new_alpha, colour=new_colour)
