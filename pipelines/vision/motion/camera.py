"""The camera's way through a clip: how close, how far aside, at each frame. Eased, monotone, and never beyond the picture."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.vision.motion.brief import Brief

FPS = 24
_RAMP = 0.32
"""Share of a clip in which the camera gathers speed, and in which it comes to rest."""
_PUSH, _ZOOM, _ASIDE, _ORBIT = 0.05, 0.13, 0.085, 0.075
"""How much closer the camera comes: unasked, asked, and to have room for what it does beside."""
_ROOM = 0.92
"""Share of the room that a closer camera has around it which it may use to move aside."""
_SHAKE = 0.0035
"""Of a frame's width: how far a hand moves a camera."""

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Path:
    """float32 (n,) each, for the n frames of a clip; all 0 where the camera shows the whole picture."""

    closer: Values
    """1 - 1 / zoom, for things at the subject's distance."""
    right: Values
    """Which way it looks aside, as a share of the room that `closer` leaves it: in [-1, 1]."""
    down: Values
    around: Values
    """How far it has gone around the subject, as a share of a frame's width."""

    @property
    def still(self) -> bool:
        """Whether nothing moves for the camera's sake."""
        return not any(np.any(each) for each in (self.closer, self.right, self.down, self.around))


def eased(count: int) -> Values:
    """float32 (count,) from 0 to 1 with speed 0 at both ends and constant speed between."""
    moment = np.linspace(0, 1, 1024)
    ramp = np.clip(np.minimum(moment, 1 - moment) / _RAMP, 0, 1)
    way = np.cumsum(ramp * ramp * (3 - 2 * ramp))
    way = (way - way[0]) / (way[-1] - way[0])
    return np.asarray(np.interp(np.linspace(0, 1, count), moment, way), np.float32)


def returning(count: int) -> Values:
    """float32 (count,) from 0 to 1 and back, so that the frame after the last is the first."""
    return ((1 - np.cos(2 * np.pi * np.arange(count) / count)) / 2).astype(np.float32)


def camera(brief: Brief, count: int, rng: np.random.Generator) -> Path:
    """The way that a brief asks for, over `count` frames. Unasked, a slow push-in that drifts a little to one side."""
    side = float(rng.choice((-1.0, 1.0)))
    none = np.zeros(count, np.float32)
    if "static" in brief.moves:
        return Path(none, none, none, none)
    way = returning(count) if brief.loop else eased(count)
    moves = brief.moves
    longer = 1.0 if count <= 5 * FPS else 1.35
    pace = brief.pace * longer
    aside = _sign(moves, "right", "left") + (side if "pan" in moves else 0.0)
    down = _sign(moves, "down", "up")
    closer = _closeness(brief) * pace * way
    if "out" in moves and not brief.loop:
        closer = _ZOOM * pace * (1 - way)
    around = _ORBIT * 0.34 * pace * side * way if "orbit" in moves else none
    right = np.full(count, _ROOM * aside, np.float32)
    if not moves:
        right, around = np.full(count, 0.25 * side, np.float32), 0.006 * longer * side * way
    path = Path(_limited(closer), right, np.full(count, _ROOM * down, np.float32), around.astype(np.float32))
    return _held_by_hand(path, brief, rng) if "handheld" in moves else path


def there_and_back(brief: Brief, count: int, rng: np.random.Generator) -> Path:
    """A way on which the first and the last of `count` frames show the whole picture."""
    path = camera(replace(brief, loop=True), count - 1, rng)
    closed = (np.append(each, each[0]) for each in (path.closer, path.right, path.down, path.around))
    return Path(*closed)


def _sign(moves: frozenset[str], more: str, less: str) -> float:
    return float(more in moves) - float(less in moves)


def _closeness(brief: Brief) -> float:
    moves = brief.moves
    if moves & {"in", "out"}:
        return _ZOOM
    if "orbit" in moves:
        return _ORBIT
    return _ASIDE if moves & {"left", "right", "up", "down", "pan"} else _PUSH


def _limited(closer: Values) -> Values:
    return np.minimum(closer, 0.3).astype(np.float32)


def _held_by_hand(path: Path, brief: Brief, rng: np.random.Generator) -> Path:
    """The path with the slow wander of a hand, which is still at the first frame, and always within the picture."""
    count = len(path.closer)
    turn = 2 * np.pi * np.arange(count) / count
    wander = []
    for _ in range(2):
        cycles, phases = np.arange(1, 8), rng.uniform(0, 2 * np.pi, 7)
        waves = np.sin(np.outer(turn, cycles) + phases) - np.sin(phases)
        wander.append((waves / cycles**0.7).sum(axis=1) * _SHAKE * brief.pace)
    start = 1.0 if brief.loop else np.clip(np.arange(count) / (0.6 * FPS), 0, 1)
    room = 2.6 * max(float(np.abs(each).max()) for each in wander)
    base = returning(count) if brief.loop else start * start * (3 - 2 * start)
    closer = np.maximum(path.closer, room * base + 0.7 * path.closer).astype(np.float32)
    shares = [np.clip(each / np.maximum(0.5 * closer, 1e-4), -1, 1) for each in wander]
    right, down = (
        np.clip(own + each, -1, 1).astype(np.float32) for own, each in zip((path.right, path.down), shares, strict=True)
    )
    return Path(closer, right, down, path.around)
