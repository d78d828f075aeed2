"""Hats on heads and bags in hands: products that are placed, not fitted."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.errors import UnsupportedTask
from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.garments.fit import Layer
from pipelines.vision.garments.garment import Garment
from pipelines.vision.people.body import Part, Point
from pipelines.vision.rendering.render import Rendered

HAT_WIDTH = 0.122
BAG_HEIGHT, BAG_WIDTH = 0.235, 0.21
"""Largest sizes, in body heights."""


@dataclass(frozen=True, slots=True)
class Accessory:
    """A product that keeps the shape of its picture."""

    product: Garment

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of what is seen of it."""
        seen = self.product.alpha > 0.5
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def carried(accessory: Accessory, body: Rendered, canvas: Size) -> Layer:
    """The accessory where it is worn, on a canvas of the body's aspect; `UnsupportedTask` where that isn't in the picture."""
    zoom = canvas.height / body.alpha.shape[0]
    unit = body.view.scale * zoom
    left, top, right, bottom = accessory.box
    joints = body.body.joints
    if accessory.product.category == "hat":
        scale = HAT_WIDTH * unit / (right - left)
        crown = _joint(joints.get("head_top"), "head", zoom)
        return _pasted(accessory, scale, Point(crown.x, crown.y + 0.046 * unit), (right + left) / 2, bottom, canvas)
    scale = min(BAG_HEIGHT * unit / (bottom - top), BAG_WIDTH * unit / (right - left))
    hand = _joint(joints.get("right_wrist"), "hand", zoom)
    layer = _pasted(accessory, scale, Point(hand.x - 0.010 * unit, hand.y + 0.048 * unit), (right + left) / 2, top, canvas)
    fingers = (body.body.parts == Part.RIGHT_HAND).astype(np.float32)
    shown = cv2.resize(cv2.GaussianBlur(fingers, (0, 0), 0.8), (canvas.width, canvas.height), interpolation=cv2.INTER_LINEAR)
    return Layer(layer.colour, (layer.alpha * (1 - shown)).astype(np.float32), layer.jacobian_min)


def _joint(at: Point | None, where: str, zoom: float) -> Point:
    if at is None:
        raise UnsupportedTask(f"this framing doesn't show the {where} that the product belongs to; ask for a full body picture")
    return Point(at.x * zoom, at.y * zoom)


def _pasted(accessory: Accessory, scale: float, at: Point, x: float, y: float, canvas: Size) -> Layer:
    """The product scaled, with its point (x, y) at `at`."""
    matrix = np.array([[scale, 0, at.x - scale * x], [0, scale, at.y - scale * y]], np.float32)
    sigma = max(0.0, 0.5 / scale - 0.5)

    def moved(values: Floats) -> Floats:
        soft = cv2.GaussianBlur(values, (0, 0), sigma) if sigma > 0.1 else values
        return cast(Floats, cv2.warpAffine(soft, matrix, (canvas.width, canvas.height), flags=cv2.INTER_LINEAR))

    alpha = np.clip(moved(accessory.product.alpha), 0, 1)
    paint = moved(cast(Floats, accessory.product.colour * accessory.product.alpha[..., None]))
    return Layer((paint / np.maximum(alpha, 1e-4)[..., None]).astype(np.float32), alpha, scale * scale)
