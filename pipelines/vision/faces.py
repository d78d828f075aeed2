"""Where faces are: the LBP cascade that scikit-image ships, asked at several sizes and tilts, its answers put to the vote.

The cascade (Liao et al. 2007, local binary patterns) answers false as readily as true on a single look. A face keeps
answering when the picture is turned or scaled a little and has the colour of skin; a fold of cloth seldom does both.
"""

from dataclasses import dataclass, replace
from math import hypot
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Size
from pipelines.vision.cascade import Hits, Scan, hits

SEARCH_SIDE = 420
"""Long side in pixels at which a picture is searched."""
TILTS = ((0.0, -20.0, 20.0), (-38.0, 38.0, -10.0, 10.0))
"""Degrees by which the picture is turned before the upright cascade looks at it; the second round where the first finds none."""
CLOSE_TILTS = tuple(float(tilt) for tilt in range(-48, 49, 8))
"""Degrees by which a place where a face may be is turned for a closer look."""
GLANCE_TILTS = (-40.0, -20.0, 0.0, 20.0, 40.0)
ENOUGH_VOTES = 26
"""Windows that have to pass at three neighbouring tilts; of what is no face at most some 18 do, of faces 30 to 150."""
FAINT_VOTES = 8
"""Windows from which something may be a face, for who has another witness: a fringe that hides the forehead costs most votes."""
SKIN_SHARE = 0.45
_COARSE = Scan(stride=2, step=1.2, share=0.4)
_CLOSE_SIDE, _CLOSE_FRAME = 32, 62
"""Pixels of a guess and of what is seen of it in a closer look."""
_GLANCE, _FINE = Scan(step=1.21, largest=48), Scan(step=1.1, largest=48)
_PER_GLANCE = 5
"""Votes wanted to one window that has to pass at a glance for a close look to be worth its time."""
_PEAK = 2
"""Tilts away from the best one up to which windows tell where the face is."""
_MOST_GUESSES = 8


@dataclass(frozen=True, slots=True)
class Face:
    """A face from brows to chin as a square box around `x`, `y`, in pixels of the picture."""

    x: float
    y: float
    side: float
    tilt: float
    """Degrees by which the head leans to the right of the picture."""
    votes: int
    """How many windows of a close look agree, at the tilt at which most do."""
    skin: float
    """0 to 1: how much of the box has a colour that skin can have."""

    @property
    def score(self) -> float:
        """Larger is surer; comparable within one picture."""
        return self.votes * self.skin


def find_faces(rgb: Bytes, search_side: int = SEARCH_SIDE, votes: int = ENOUGH_VOTES, rounds: int = len(TILTS)) -> list[Face]:
    """Frontal faces in uint8 (h, w, 3) with at least `votes`, the surest first; empty where there is none.

    Each further one of `rounds` of tilts is for pictures in which those before show none with `ENOUGH_VOTES`.

    Faces below a seventeenth of the long side are missed; cut the picture to where the head must be to find those.
    """
    scale = min(1.0, search_side / max(rgb.shape[:2]))
    small = resized(rgb, Size(max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))).astype(np.uint8)
    scene = _Scene(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.uint8), plausible_skin(small))
    faces: list[Face] = []
    for tilts in TILTS[:rounds]:
        guesses = [each for each in _guesses(scene, tilts) if not any(_agree(each, face) for face in faces)]
        faces += [face for face in (_confirmed(scene, guess, votes) for guess in guesses) if face is not None]
        if any(face.votes >= ENOUGH_VOTES for face in faces):
            break
    kept = _distinct(sorted(faces, key=lambda face: -face.score))
    return [replace(face, x=face.x / scale, y=face.y / scale, side=face.side / scale) for face in kept]


def plausible_skin(rgb: Bytes) -> Mask:
    """bool (h, w): pixels whose chroma skin of any tone can have. Chai and Ngan 1999, widened for dark skin."""
    chroma = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.int16)
    luma, red, blue = chroma[..., 0], chroma[..., 1], chroma[..., 2]
    return (luma > 25) & (red >= 131) & (red <= 180) & (blue >= 75) & (blue <= 129) & (red > blue + 4)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is searched."""

    grey: Bytes
    skin: Mask


@dataclass(frozen=True, slots=True)
class _Guess:
    """Where a face may be."""

    x: float
    y: float
    side: float
    looks: int


def _guesses(scene: _Scene, tilts: tuple[float, ...]) -> list[_Guess]:
    """Places where some window of the picture turned by one of `tilts` passed, those with the most of them first."""
    height, width = scene.grey.shape
    turns = [cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0) for tilt in tilts]
    greys = [_warped(scene.grey, turn, (width, height)) for turn in turns]
    skins = [_warped(scene.skin.astype(np.uint8), turn, (width, height)) > 0 for turn in turns]
    found = hits(greys, skins, _COARSE)
    back = np.stack([cv2.invertAffineTransform(turn) for turn in turns])[found.picture]
    x, y = (back[:, axis, 0] * found.x + back[:, axis, 1] * found.y + back[:, axis, 2] for axis in (0, 1))
    groups: list[list[_Guess]] = []
    for each in (_Guess(*values, looks=1) for values in zip(x, y, found.side, strict=True)):
        home = next((group for group in groups if any(_agree(each, member) for member in group)), None)
        groups.append([each]) if home is None else home.append(each)
    return sorted(map(_mean, groups), key=lambda guess: -guess.looks)[:_MOST_GUESSES]


def _mean(group: list[_Guess]) -> _Guess:
    x, y, side = (float(np.median([getattr(each, name) for each in group])) for name in ("x", "y", "side"))
    return _Guess(x, y, side, len(group))


def _agree(first: _Guess | Face, second: _Guess | Face) -> bool:
    near = hypot(first.x - second.x, first.y - second.y) < 0.35 * min(first.side, second.side)
    return near and 0.6 < first.side / second.side < 1.65


def _confirmed(scene: _Scene, guess: _Guess, votes: int) -> Face | None:
    """The face at a guess, looked at closely from many tilts; None where fewer than `votes` windows see one."""
    if _look(scene, guess, GLANCE_TILTS, _GLANCE).x.size < votes // _PER_GLANCE:
        return None
    found = _look(scene, guess, CLOSE_TILTS, _FINE)
    per_tilt = np.bincount(found.picture, minlength=len(CLOSE_TILTS))
    best = np.convolve(per_tilt, np.ones(3, np.int64), mode="same")
    if best.max() < votes:
        return None
    found = found.of(np.abs(found.picture - int(best.argmax())) <= _PEAK)
    angle = np.radians(np.asarray(CLOSE_TILTS))[found.picture]
    x, y = found.x - _CLOSE_FRAME / 2, found.y - _CLOSE_FRAME / 2
    across, down = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    scale = guess.side / _CLOSE_SIDE
    face = Face(
        x=guess.x + float(np.median(across)) * scale, y=guess.y + float(np.median(down)) * scale,
        side=float(np.exp(np.log(found.side).mean())) * scale, tilt=float(np.degrees(angle).mean()),
        votes=int(best.max()), skin=float(_centre_of(scene.skin, guess.x, guess.y, 0.6 * guess.side).mean()),
    )  # fmt: skip
    return face if face.skin >= SKIN_SHARE else None


def _look(scene: _Scene, guess: _Guess, tilts: tuple[float, ...], scan: Scan) -> Hits:
    """Windows that pass in what is around a guess, turned by each of `tilts`; in pixels of the close look."""
    size = (_CLOSE_FRAME, _CLOSE_FRAME)
    turns = [cv2.getRotationMatrix2D((guess.x, guess.y), tilt, _CLOSE_SIDE / guess.side) for tilt in tilts]
    for turn in turns:
        turn[0, 2] += _CLOSE_FRAME / 2 - guess.x
        turn[1, 2] += _CLOSE_FRAME / 2 - guess.y
    greys = [_warped(scene.grey, turn, size) for turn in turns]
    skins = [_warped(scene.skin.astype(np.uint8), turn, size) > 0 for turn in turns]
    return hits(greys, skins, scan)


def _warped(values: Bytes, turn: NDArray[Any], size: tuple[int, int]) -> Bytes:
    return cv2.warpAffine(values, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def _distinct(faces: list[Face]) -> list[Face]:
    """Without those that lie on a surer one."""
    kept: list[Face] = []
    for face in faces:
        if not any(_agree(face, other) for other in kept):
            kept.append(face)
    return kept


def _centre_of(values: Mask | Floats, x: float, y: float, side: float) -> Mask | Floats:
    top, left = max(0, int(y - side / 2)), max(0, int(x - side / 2))
    return values[top : max(top + 1, int(y + side / 2)), left : max(left + 1, int(x + side / 2))]
