"""What moves by itself: hems and hair in the air, and a body that breathes and shifts its weight.

Each field of displacement is largest where something hangs free and 0 where it is held: cloth at the waist or the shoulders,
hair at the crown, a body at its feet. Faces, hands and shoes are never bent; they move as a whole with what carries them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Floats, Mask, blurred
from pipelines.vision.motion.brief import Brief
from pipelines.vision.motion.camera import FPS
from pipelines.vision.motion.grid import Grid, Motion
from pipelines.vision.motion.hems import has_legs
from pipelines.vision.motion.layers import Subject
from pipelines.vision.people.body import Body, Part

_STILL = (Part.FACE, Part.LEFT_HAND, Part.RIGHT_HAND, Part.SHOES, Part.LEFT_ARM, Part.RIGHT_ARM, Part.NECK)
_REACH = {Part.DRESS: 0.020, Part.LOWER: 0.018, Part.UPPER: 0.007}
"""How far the hem of each garment swings, as a share of its own length."""
_TROUSERS = 0.25
"""How much of that trousers do: a hem around a leg has little air in it."""
_HAIR_REACH = 0.035
"""How far the ends of hair swing, as a share of a head."""
_SHIFT, _BREATH = 0.0035, 0.0022
"""Of the figure's height: how far the head goes when the weight shifts, and the shoulders when it breathes."""
_SETTLING = 1.2
"""Seconds in which everything that is at rest in the picture begins to move."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """When things move: the frames' times, and whether the last is followed by the first."""

    count: int
    loop: bool

    @property
    def seconds(self) -> Floats:
        return np.arange(self.count, dtype=np.float32) / np.float32(FPS)

    def turn(self, hertz: float) -> Floats:
        """Radians at each frame of something with about that frequency; whole turns in a loop."""
        length = self.count / FPS
        cycles = max(1, round(hertz * length)) if self.loop else hertz * length
        return (2 * np.pi * cycles * self.seconds / length).astype(np.float32)

    def begun(self) -> Floats:
        """From 0 to 1 while things begin to move; 1 in a loop, where they never rested."""
        share = np.clip(self.seconds / _SETTLING, 0, 1)
        return np.ones(self.count, np.float32) if self.loop else (share * share * (3 - 2 * share)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Sway:
    """What moves by itself over the n frames of a clip; nothing at the first one."""

    whole: Motion
    """Of all of the subject: its body, its hair, and cloth that lies on it."""
    hung: Motion
    """Of what hangs free, beside."""
    reach: Floats
    """float32, for each node of the grid: pixels that what hangs swings there."""


def sway(subject: Subject, brief: Brief, grid: Grid, count: int, rng: np.random.Generator) -> Sway:
    """What moves in a subject over `count` frames, as its parts and the brief let it."""
    body, clock, none = subject.body, _Clock(count, brief.loop), Motion.none(grid, count)
    if body is None:
        return Sway(_hanging(subject, brief, grid, clock, rng) if brief.wind else none, none, np.zeros(grid.shape, np.float32))
    force = 0.75 if not brief.wind else 1.0 + 0.8 * brief.wind
    free = _free(subject, body, grid) * np.float32(force * brief.cloth)
    hung = (_hem(body, Part.DRESS, grid) + _hem(body, Part.LOWER, grid)) * free
    whole = _waves(_hem(body, Part.UPPER, grid) * free, grid, clock, brief, rng)
    whole = whole.plus(_waves(_hair(body, grid) * np.float32(force * brief.hair), grid, clock, brief, rng))
    if subject.sure:
        whole = whole.plus(_alive(subject, body, grid, clock, rng))
    return Sway(whole, _waves(hung, grid, clock, brief, rng), np.asarray(hung, np.float32))


def _waves(reach: Floats, grid: Grid, clock: _Clock, brief: Brief, rng: np.random.Generator) -> Motion:
    """Waves that travel down and along what hangs: a slow one, a ripple, and in wind a lean to one side with gusts.

    A wave of spatially varying phase is two fields, one for its sine and one for its cosine.
    """
    if float(reach.max()) < 0.05:
        return Motion.none(grid, clock.count)
    side = float(rng.choice((-1.0, 1.0)))
    extent = max(1.0, float(np.ptp(np.nonzero(reach > 0.3 * reach.max())[0]))) * grid.step
    places = grid.places() / np.float32(extent)
    fields, ways = [], []
    quick = 1.0 + 0.35 * brief.wind
    for strength, hertz, down, along in ((0.75, 0.34, 2.4, 1.6), (0.3, 0.71, 5.2, 3.1)):
        phase = down * rng.uniform(0.8, 1.2) * places[..., 1] + side * along * rng.uniform(0.7, 1.3) * places[..., 0]
        turn = clock.turn(hertz * quick * float(rng.uniform(0.85, 1.15))) + np.float32(rng.uniform(0, 2 * np.pi))
        for part, course in ((np.cos(phase), np.sin(turn)), (-np.sin(phase), np.cos(turn))):
            swing = strength * reach * part
            fields.append(np.stack([swing, 0.25 * swing], axis=-1))
            ways.append((course - (course[0] if clock.loop else 0)) * clock.begun())
    if brief.wind:
        gust = np.sin(clock.turn(0.22 * quick) + rng.uniform(0, 2 * np.pi))
        fields.append(np.stack([side * reach, -0.2 * reach], axis=-1))
        ways.append(0.5 * brief.wind * (gust - gust[0] if clock.loop else 1 + 0.5 * gust) * clock.begun())
    return Motion(np.stack(fields).astype(np.float32), np.stack(ways, axis=1).astype(np.float32))


def _hem(body: Body, part: Part, grid: Grid) -> Floats:
    """Pixels that each node of a garment may swing: 0 at its support, most at its hem."""
    mask = body.parts == part
    rows = np.flatnonzero(mask.any(axis=1))
    if mask.mean() < 0.004:
        return np.zeros(grid.shape, np.float32)
    top, bottom = (float(np.quantile(np.repeat(rows, mask[rows].sum(axis=1)), share)) for share in (0.02, 0.98))
    held = _waist(body, top) if part != Part.UPPER else top + 0.5 * (bottom - top)
    if bottom - held < 0.25 * (bottom - top):
        held = top + 0.4 * (bottom - top)
    down = np.clip((grid.places()[..., 1] - held) / max(1.0, bottom - held), 0, 1.15)
    length = (bottom - top) * _REACH[part] * (_TROUSERS if part == Part.LOWER and has_legs(mask) else 1.0)
    return np.asarray(blurred(_carried_down(mask, grid), 1.5) * length * down**1.6, np.float32)


def _carried_down(mask: Mask, grid: Grid) -> Floats:
    """The mask on the grid, a little larger, so that its edge moves as a whole and what is beyond it gives way."""
    return np.asarray(cv2.dilate(grid.sampled(mask.astype(np.float32)), np.ones((3, 3), np.uint8)), dtype=np.float32)


def _waist(body: Body, top: float) -> float:
    found = [body.joints[name].y for name in ("left_hip", "right_hip", "left_waist", "right_waist") if name in body.joints]
    return max(top, float(np.mean(found))) if found else top


def _hair(body: Body, grid: Grid) -> Floats:
    """Pixels that each node of hair may swing: none beside the eyes and above, more towards the ends."""
    mask = body.parts == Part.HAIR
    if "chin" not in body.joints or "head_top" not in body.joints or not mask.any():
        return np.zeros(grid.shape, np.float32)
    chin, top = body.joints["chin"].y, body.joints["head_top"].y
    head = max(8.0, chin - top)
    hanging = np.clip((grid.places()[..., 1] - (chin - 0.45 * head)) / (1.3 * head), 0, 1)
    face = blurred(grid.sampled((body.parts == Part.FACE).astype(np.float32)), 2)
    inner = np.clip(1 - 3 * face, 0, 1)
    return np.asarray(blurred(_carried_down(mask, grid), 2) * inner * _HAIR_REACH * head * hanging**1.3, np.float32)


def _free(subject: Subject, body: Body, grid: Grid) -> Floats:
    """0 to 1: where cloth is free to move; not under hands and arms, nor where the picture's edge cuts it off."""
    held = blurred(grid.sampled(np.isin(body.parts, _STILL).astype(np.float32)), 2)
    free = np.clip(1 - 1.6 * held, 0, 1) * _off_the_edges(grid)
    if not subject.sure:
        free = free * np.clip(2 * blurred(grid.sampled(subject.alpha), 3) - 1, 0, 1)
    return np.asarray(free, np.float32)


def _off_the_edges(grid: Grid) -> Floats:
    """0 at the picture's left and right edge, 1 from a few per cent within: behind the edge there is nothing to move in."""
    x, width = grid.places()[..., 0], grid.size.width
    return np.clip(np.minimum(x, width - x) / (0.06 * width), 0, 1).astype(np.float32)


def _alive(subject: Subject, body: Body, grid: Grid, clock: _Clock, rng: np.random.Generator) -> Motion:
    """Breathing, and weight that shifts from one leg to the other; the feet stay, the head goes along as a whole."""
    rows = np.flatnonzero((subject.alpha > 0.5).any(axis=1))
    top, foot = float(rows[0]), float(rows[-1])
    y = grid.places()[..., 1]
    if foot > 0.985 * grid.size.height:
        foot += 0.35 * (foot - top)
    chin = body.joints["chin"].y if "chin" in body.joints else top + 0.15 * (foot - top)
    shoulder = max(chin, top + 1.0)
    up = np.clip((foot - np.maximum(y, shoulder)) / max(1.0, foot - shoulder), 0, 1)
    tall = foot - top
    edges = _off_the_edges(grid)
    lean = (_SHIFT * tall * up**1.5 * edges).astype(np.float32)
    lift = (-_BREATH * tall * up**3 * edges).astype(np.float32)
    shift = np.sin(clock.turn(0.11 * float(rng.uniform(0.85, 1.2))) + rng.uniform(0, 2 * np.pi))
    breath = np.sin(clock.turn(0.27 * float(rng.uniform(0.9, 1.1))) + rng.uniform(0, 2 * np.pi))
    zero = np.zeros_like(lean)
    fields = np.stack([np.stack([lean, zero], axis=-1), np.stack([zero, lift], axis=-1)])
    ways = [(each - each[0] if clock.loop else each) * clock.begun() for each in (shift, breath)]
    return Motion(fields.astype(np.float32), np.stack(ways, axis=1).astype(np.float32))


def _hanging(subject: Subject, brief: Brief, grid: Grid, clock: _Clock, rng: np.random.Generator) -> Motion:
    """A garment without a wearer in the wind: held at its upper end, free at its hem."""
    rows = np.flatnonzero((subject.alpha > 0.5).any(axis=1))
    top, bottom = float(rows[0]), float(rows[-1])
    down = np.clip((grid.places()[..., 1] - top) / max(1.0, bottom - top), 0, 1.1)
    inside = blurred(_carried_down(subject.alpha > 0.5, grid), 1.5) * _off_the_edges(grid)
    return _waves((0.012 * (bottom - top) * inside * down**1.8).astype(np.float32), grid, clock, brief, rng)
