"""Laying one face over another: a similarity through eyes, nose and mouth, and a smooth warp that never folds."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats
from pipelines.vision.portrait.features import Features

LEAST_JACOBIAN = 0.35
"""Least share of its area that any part of a face keeps under a warp."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Field:
    """Where each pixel of a picture of (h, w) takes its colour from: float32 (h, w) each, in pixels."""

    x: Floats
    y: Floats
    jacobian_min: float
    """Least determinant of the field, over the similarity's own; above 0 nothing folds."""

    def of(self, values: Floats) -> Floats:
        """float32 (h', w') or (h', w', c) as seen through the field; the edge repeats."""
        seen = cv2.remap(values, self.x, self.y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return cast(Floats, np.clip(seen, 0, 1))


def marks(face: Features) -> Values:
    """float64 (7, 2): eyes, nose, mouth and its corners, chin."""
    spots = (face.left_eye, face.right_eye, face.nose, face.mouth, face.mouth_corner(-1), face.mouth_corner(1), face.chin)
    return np.array([[spot.x, spot.y] for spot in spots])


def similarity(source: Values, target: Values, weight: Values) -> Values:
    """(2, 3) that takes points (n, 2) to points with the least weighted squared error, by scale, turn and shift.

    Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns".
    """
    share = (weight / weight.sum())[:, None]
    of, to = (source * share).sum(axis=0), (target * share).sum(axis=0)
    first, second = (source - of) @ (1, 1j), (target - to) @ (1, 1j)
    turn = complex((share[:, 0] * second * first.conj()).sum() / max(1e-9, float((share[:, 0] * np.abs(first) ** 2).sum())))
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, to - linear @ of])


def aligned(source: Features, target: Features, shape: tuple[int, int], bend: float) -> Field:
    """The field over a picture of `shape` (h, w) that lays `source` on `target`.

    A similarity through all features; of what it leaves off, a smooth warp takes out the share `bend`, less where it
    would squeeze.
    """
    weight = np.array([3, 3, 1.5, 3, 0.5, 0.5, 0.5])
    of, to = marks(source), marks(target)
    back = similarity(to, of, weight)
    off = of - (to @ back[:, :2].T + back[:, 2])
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x = back[0, 0] * columns + back[0, 1] * rows + back[0, 2]
    y = back[1, 0] * columns + back[1, 1] * rows + back[1, 2]
    unit = float(np.hypot(*back[:, 0]))
    # The corners of the mouth are measured too roughly to bend a face by.
    bent = smooth_field(to, off * np.array([1, 1, 0.8, 1, 0.4, 0.4, 0.5])[:, None], 0.75 * target.eye_distance, shape)
    for share in (bend, bend / 2, bend / 4, 0.0):
        field_x, field_y = x + np.float32(share) * bent[..., 0], y + np.float32(share) * bent[..., 1]
        least = jacobian_min(field_x, field_y) / unit**2
        if least > LEAST_JACOBIAN:
            break
    return Field(field_x.astype(np.float32), field_y.astype(np.float32), least)


def smooth_field(points: Values, offsets: Values, reach: float, shape: tuple[int, int]) -> Floats:
    """float32 (h, w, 2): offsets (n, 2) at points (n, 2), carried on smoothly and down to nothing over about `reach` pixels.

    Gaussian radial basis functions with a little regularisation, so that points close together don't fight.
    """
    step = max(1, round(reach / 12))
    away = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    gains = np.linalg.solve(np.exp(-away / (2 * reach**2)) + 0.05 * np.eye(len(points)), offsets)
    rows = np.arange(0, shape[0] + step, step)
    columns = np.arange(0, shape[1] + step, step)
    down = np.exp(-((rows[:, None] - points[None, :, 1]) ** 2) / (2 * reach**2))
    across = np.exp(-((columns[:, None] - points[None, :, 0]) ** 2) / (2 * reach**2))
    coarse = np.einsum("rn,cn,nk->rck", down, across, gains).astype(np.float32)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / step
    return cast(Floats, cv2.remap(coarse, x, y, cv2.INTER_LINEAR))


def jacobian_min(x: Floats, y: Floats) -> float:
    """Least determinant of a field's derivative, from central differences."""
    (x_down, x_across), (y_down, y_across) = np.gradient(x), np.gradient(y)
    return float((x_across * y_down - x_down * y_across).min())


def scale_of(source: Features, target: Features) -> float:
    """How much larger `target` is than `source`."""
    weight = np.array([3, 3, 1.5, 3, 0.5, 0.5, 0.5])
    return float(np.hypot(*similarity(marks(source), marks(target), weight)[:, 0]))
